/**
 * What a link or a parent may be written as.
 */
import type * as OtelApi from "@opentelemetry/api"
import * as Tracer from "effect/Tracer"
import { safely } from "./safely.ts"

/** Ids of a span: its own, or those that came from another process. */
interface SpanIds {
  readonly traceId: string
  readonly spanId: string
  /** Whether the other side records it. Default: true. */
  readonly sampled?: boolean | undefined
}

/**
 * A span of this program (Effect's, OpenTelemetry's or a handle), the ids of one, or a W3C `traceparent`.
 */
export type LinkTarget = SpanIds | OtelApi.Span | string

const traceparent = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-)/

const idsOf = (target: LinkTarget): SpanIds | undefined => {
  if (typeof target === "string") {
    const [, traceId, spanId, flags] = traceparent.exec(target.trim().toLowerCase()) ?? []
    return traceId === undefined || spanId === undefined
      ? undefined
      : { traceId, spanId, sampled: (Number.parseInt(flags ?? "0", 16) & 1) === 1 }
  }
  if (!("spanContext" in target)) return target
  const { spanId, traceFlags, traceId } = target.spanContext()
  return { traceId, spanId, sampled: (traceFlags & 1) === 1 }
}

const isValid = ({ spanId, traceId }: SpanIds): boolean =>
  /^(?!0{32})[\da-f]{32}$/.test(traceId) && /^(?!0{16})[\da-f]{16}$/.test(spanId)

const isSpan = (target: LinkTarget): target is Tracer.Span & SpanIds =>
  typeof target === "object" && "_tag" in target && target._tag === "Span"

/** Total: what names no span is `undefined`. */
export const toAnySpan = (target: LinkTarget): Tracer.AnySpan | undefined =>
  safely(() => {
    const ids = idsOf(target)
    if (ids === undefined || !isValid(ids)) return undefined
    return isSpan(target) ? target : Tracer.externalSpan(ids)
  })
