/**
 * What OTLP's two encodings have in common: a span becomes bytes of its own, so that a batch is put together, divided and
 * kept on disk without encoding a span twice.
 */
import type { HrTime } from "@opentelemetry/api"
import type { InstrumentationScope } from "@opentelemetry/core"
import type { Resource } from "@opentelemetry/resources"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import type { Slice } from "./slab.ts"

/** Where a span comes from; a request names it once for all its spans. */
export interface Origin {
  readonly resource: Pick<Resource, "attributes">
  readonly scope: InstrumentationScope
}

export interface Encoding {
  readonly contentType: string
  readonly span: (span: ReadableSpan) => Slice
  /** The span is not needed any more. */
  readonly release: (span: Slice) => void
  /** A whole request, in pieces. */
  readonly request: (groups: ReadonlyMap<Origin, ReadonlyArray<Slice>>) => ReadonlyArray<Buffer>
}

/** The origins of a request by their resource, which is named once for all its scopes. */
export const byResource = <A>(
  groups: ReadonlyMap<Origin, A>
): ReadonlyMap<Origin["resource"], ReadonlyMap<Origin, A>> => {
  const resources = new Map<Origin["resource"], Map<Origin, A>>()
  for (const [origin, spans] of groups) {
    const scopes = resources.get(origin.resource) ?? new Map<Origin, A>()
    resources.set(origin.resource, scopes.set(origin, spans))
  }
  return resources
}

const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

/** OTLP's span flags: the trace flags, and whether the context came from another process. */
export const flagsOf = (traceFlags: number, isRemote: boolean | undefined): number =>
  (traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote === true ? IS_REMOTE : 0)

/** Nanoseconds since the epoch, as decimal text: a number has not enough bits. */
export const nanosOf = ([seconds, nanos]: HrTime): string =>
  seconds === 0 ? String(nanos) : `${seconds}${String(nanos).padStart(9, "0")}`

const MAX_NAMES = 2048

/** Remembers what became of a name; a program that makes up names without end gets no map without end. */
export const memoize = <A>(encode: (name: string) => A): ((name: string) => A) => {
  const known = new Map<string, A>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    if (known.size >= MAX_NAMES) known.clear()
    const encoded = encode(name)
    known.set(name, encoded)
    return encoded
  }
}
