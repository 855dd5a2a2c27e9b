/**
 * Spans out of a hive's own export: those that alone do not say the event they stand for have it in an attribute.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Event } from "@honeyhive/contract/Event"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import type { StoredEvent, TraceStore, TraceStoreError } from "../TraceStore.ts"
import { fromTexts, sourceTextsOf } from "./origins.ts"
import { EXACT, UNKNOWN_SCOPE } from "./otlpSpan.ts"
import { LazySpan } from "./spanReader.ts"

const Exact = Schema.fromJsonString(
  Schema.Struct({
    event: Event,
    span: Schema.optionalKey(
      Schema.Struct({ traceId: Schema.String, spanId: Schema.String, parentSpanId: Schema.optionalKey(Schema.String) })
    )
  })
)
const decodeExact = Schema.decodeUnknownOption(Exact)

/** Exports are JSON. To look for it in protobuf would cost every exporter the reading of its spans. */
const exactOf = (span: SpanRecord): StoredEvent | undefined => {
  const said = span instanceof LazySpan ? undefined : span.attributes[EXACT]
  const found = said === undefined ? undefined : Option.getOrUndefined(decodeExact(said))
  if (found === undefined) return undefined
  const { event, span: own } = found
  if (own === undefined) return { event, span: undefined }
  // Resource, scope, links and events are where every span has them
  const source = span.scope.name === UNKNOWN_SCOPE ? undefined : fromTexts(...sourceTextsOf(span))
  return { event, span: { parentSpanId: undefined, ...own }, ...(source === undefined ? {} : { source }) }
}

/** Keeps spans as the events that they mean, and those of an export as the events that they were. */
export const keepSpans = (
  store: Pick<TraceStore["Service"], "ingest" | "restore">,
  spans: ReadonlyArray<SpanRecord>
): Effect.Effect<void, TraceStoreError> => {
  const exact = spans.map(exactOf)
  const restored = exact.filter((record) => record !== undefined)
  if (restored.length === 0) return store.ingest(spans)
  const others = spans.filter((_, index) => exact[index] === undefined)
  return Effect.andThen(store.restore(restored), others.length === 0 ? Effect.void : store.ingest(others))
}
