/**
 * Spans that are not exported because of their names; their children hang on the next ancestor that is.
 */
import type { SpanContext } from "@opentelemetry/api"

interface FilteredSpan {
  readonly name: string
  parentSpanContext?: SpanContext | undefined
  readonly spanContext: () => SpanContext
}

export interface SpanFilter {
  /** Looks at a span that starts, and gives it another parent where its own is not exported. */
  readonly start: (span: FilteredSpan) => void
  readonly drops: (span: object) => boolean
}

/** A child may start after its parent has ended: parents are remembered, the latest of them. */
const MAX_REMEMBERED = 65_536

const nothing: SpanFilter = { start: () => {}, drops: () => false }

/** Names are compared by their beginnings; without anything to include, everything is, but for what is excluded. */
export const make = (include: ReadonlyArray<string>, exclude: ReadonlyArray<string>): SpanFilter => {
  if (include.length === 0 && exclude.length === 0) return nothing
  const dropped = new WeakSet<object>()
  const ancestors = new Map<string, SpanContext | undefined>()
  const begins = (name: string, prefixes: ReadonlyArray<string>) => prefixes.some((prefix) => name.startsWith(prefix))
  return {
    start: (span) => {
      const parent = span.parentSpanContext?.spanId
      if (parent !== undefined && ancestors.has(parent)) span.parentSpanContext = ancestors.get(parent)
      if ((include.length === 0 || begins(span.name, include)) && !begins(span.name, exclude)) return
      dropped.add(span)
      ancestors.set(span.spanContext().spanId, span.parentSpanContext)
      if (ancestors.size > MAX_REMEMBERED) {
        for (const oldest of ancestors.keys()) {
          ancestors.delete(oldest)
          break
        }
      }
    },
    drops: (span) => dropped.has(span)
  }
}
