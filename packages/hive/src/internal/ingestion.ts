/**
 * Spans as commands to the writer.
 */
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { toEvent } from "@honeyhive/contract/Projection"
import type { Command, SpanValues } from "./commands.ts"
import { processOf } from "./incoming.ts"
import { LINE_NUMBERS, LINE_TEXTS, NO_TEXT, SAME_TEXT } from "./lines.ts"
import { sourcesOf } from "./origins.ts"
import { MAX_BODY } from "./raw.ts"
import { pushRow } from "./row.ts"
import { withState } from "./running.ts"
import { LazySpan } from "./spanReader.ts"
import { tokensOf } from "./summaries.ts"

/** Spans as events, complete. */
const whole = (spans: ReadonlyArray<SpanRecord>, now: number): Command & { readonly op: "ingest" } => {
  const values: Array<SpanValues[number]> = []
  for (const span of spans) {
    const { event, session } = toEvent(span)
    pushRow(values, event.end_time === null ? withState(event, "running") : event, span)
    values.push(
      tokensOf(event.metadata),
      session.autoCreate ? session.name : null,
      session.autoCreate ? session.source : null,
      processOf(span)
    )
  }
  return { op: "ingest", count: spans.length, values, now, sources: sourcesOf(spans) }
}

/** Spans of one request, as it was read: what lists show of them, and the request itself for everything else. */
const raw = (spans: ReadonlyArray<LazySpan>, body: Uint8Array, now: number): Command & { readonly op: "ingestRaw" } => {
  const texts: Array<string> = []
  const lengths = new Int32Array(spans.length * LINE_TEXTS)
  const numbers = new Float64Array(spans.length * LINE_NUMBERS)
  let at = 0
  const before: Array<string | null | undefined> = []
  const text = (value: string | null | undefined): void => {
    const field = at % LINE_TEXTS
    if (value === null || value === undefined) lengths[at++] = NO_TEXT
    else if (value === before[field]) lengths[at++] = SAME_TEXT
    else {
      texts.push(value)
      lengths[at++] = value.length
    }
    before[field] = value
  }
  spans.forEach((span, index) => {
    const { event, session, tokens } = span.outline
    text(event.event_id)
    text(event.session_id)
    text(event.parent_id)
    text(span.traceId)
    text(span.spanId)
    text(span.parentSpanId)
    text(event.event_type)
    text(event.event_name)
    text(event.source)
    text(event.error)
    text(session.autoCreate ? session.name : null)
    text(processOf(span))
    const place = index * LINE_NUMBERS
    numbers[place] = event.start_time
    numbers[place + 1] = event.end_time ?? Number.NaN
    numbers[place + 2] = event.duration ?? Number.NaN
    numbers[place + 3] = tokensOf({ total_tokens: tokens })
    numbers[place + 4] = span.offset
  })
  return {
    op: "ingestRaw",
    count: spans.length,
    texts: texts.join(""),
    lengths,
    numbers,
    // What is part of a larger buffer would take all of that along to the other thread
    body: body.byteLength === body.buffer.byteLength ? body : new Uint8Array(body),
    now
  }
}

const isLazy = (span: SpanRecord): span is LazySpan => span instanceof LazySpan

export const ingestion = (
  spans: ReadonlyArray<SpanRecord>,
  now: number
): Command & { readonly op: "ingest" | "ingestRaw" } => {
  const [first] = spans
  if (first === undefined || !isLazy(first) || first.request.length > MAX_BODY) return whole(spans, now)
  // They are found again by their places in the request
  const ofRequest = spans.filter((span) => isLazy(span) && span.request === first.request)
  return ofRequest.length === spans.length ? raw(ofRequest.filter(isLazy), first.request, now) : whole(spans, now)
}
