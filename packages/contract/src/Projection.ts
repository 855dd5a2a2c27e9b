/**
 * From a span to HoneyHive's event, and from an event's fields to span attributes.
 *
 * `honeyhive_<bucket>.*` attributes become the buckets, `honeyhive.*` and `traceloop.association.properties.*` decide the
 * session, GenAI attributes become configuration, messages and token counts, and whatever no rule knows stays in
 * `metadata` under its own name.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import { type AttributeRecord, Attributes, type AttributeValue } from "./Attributes.ts"
import * as Bucket from "./Bucket.ts"
import type { Event, EventType } from "./Event.ts"
import * as EventKind from "./EventKind.ts"
import { messageAttributes } from "./GenAi.ts"
import { conventionOf } from "./internal/conventions.ts"
import { langfuse } from "./internal/langfuse.ts"
import { planOf } from "./internal/countingPlan.ts"
import type { SpanRecord } from "./Otlp.ts"
import * as Usage from "./Usage.ts"
import * as Uuid from "./Uuid.ts"

/**
 * The session a span says it belongs to.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionClaim {
  readonly id: string
  /** Whether the span may create the session; without it, a span of an unknown session is an orphan. */
  readonly autoCreate: boolean
  readonly name: string
  readonly source: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Projected {
  readonly event: Event
  readonly session: SessionClaim
}

/** Consumed by the rules below; they do not show in `metadata`. */
const consumed: ReadonlySet<string> = new Set([
  Attributes.SESSION_ID,
  Attributes.SESSION_NAME,
  Attributes.SESSION_AUTO_CREATE,
  Attributes.SOURCE,
  Attributes.PROJECT,
  Attributes.PARENT_ID,
  Attributes.EVENT_NAME,
  Attributes.EVENT_ID,
  Attributes.ERROR,
  Attributes.ASSOCIATION_SESSION_ID,
  Attributes.ASSOCIATION_PROJECT,
  Attributes.ASSOCIATION_SOURCE,
  Attributes.ASSOCIATION_PARENT_ID
])

const text = (attributes: AttributeRecord, ...names: ReadonlyArray<string>): string | undefined => {
  for (const name of names) {
    const value = attributes[name]
    if (typeof value === "string" && value !== "") return value
    if (typeof value === "number") return String(value)
  }
  return undefined
}

/** An id that is no UUID gets the same one wherever it is said, so that events still find each other. */
const uuid = (attributes: AttributeRecord, ...names: ReadonlyArray<string>): string | undefined => {
  const value = text(attributes, ...names)
  return value === undefined || Uuid.isUuid(value) ? value?.toLowerCase() : Uuid.fromText(value)
}

const sessionNames = [
  Attributes.SESSION_ID,
  Attributes.ASSOCIATION_SESSION_ID,
  Attributes.OTEL_SESSION_ID,
  // What HoneyHive's route for the Vercel AI SDK read
  "ai.telemetry.metadata.sessionId"
]

const sessionOf = (span: SpanRecord, attributes: AttributeRecord): SessionClaim => {
  const said = uuid(attributes, ...sessionNames)
  const flag = attributes[Attributes.SESSION_AUTO_CREATE]
  return {
    id: said ?? Uuid.fromTrace(span.traceId),
    autoCreate: said !== undefined && (flag === true || flag === "true"),
    name: text(attributes, Attributes.SESSION_NAME) ?? "Session",
    source: text(attributes, Attributes.SOURCE, Attributes.ASSOCIATION_SOURCE) ?? "otlp"
  }
}

const millis = (nanos: bigint): number => Number(nanos / 1000n) / 1000

const errorOf = (span: SpanRecord, attributes: AttributeRecord): string | null => {
  const said = attributes[Attributes.ERROR] ?? ""
  if (said !== "") return typeof said === "string" ? said : JSON.stringify(said)
  if (span.status.code !== 2) return null
  const exception = span.events.findLast((event) => event.name === "exception")?.attributes ?? {}
  return span.status.message || (text(exception, Attributes.EXCEPTION_MESSAGE, Attributes.EXCEPTION_TYPE) ?? "error")
}

/** Which of HoneyHive's readers a span is for, by its scope and attributes; the first that matches. */
const instrumentors: ReadonlyArray<
  readonly [name: string, matches: (scope: string, attributes: AttributeRecord) => boolean]
> = [
  ["openinference", (scope) => scope.includes("openinference")],
  ["aws-strands", (scope) => scope.includes("strands")],
  ["google-adk", (scope) => scope.includes("gcp.vertex.agent") || scope.includes("google.adk")],
  ["traceloop", (scope) => scope.includes("traceloop") || scope.startsWith("opentelemetry.instrumentation.")],
  [
    "standardgenai",
    (_, attributes) => {
      for (const name in attributes) if (name.startsWith("gen_ai.")) return true
      return false
    }
  ]
]

type Buckets = { [B in Bucket.Bucket]: Record<string, unknown> }

// Written out: this runs for every span that comes in
const bucketwise = <A>(make: (bucket: Bucket.Bucket) => A): { [B in Bucket.Bucket]: A } => ({
  inputs: make("inputs"),
  outputs: make("outputs"),
  config: make("config"),
  metadata: make("metadata"),
  metrics: make("metrics"),
  feedback: make("feedback"),
  user_properties: make("user_properties")
})

/** A name such as `__proto__` is a name like any other. */
const put = (bucket: Record<string, unknown>, name: string, value: unknown): void => {
  if (name !== "__proto__") bucket[name] = value
  else Object.defineProperty(bucket, name, { value, enumerable: true, configurable: true, writable: true })
}

const bucketsOf = (span: SpanRecord, attributes: AttributeRecord): Buckets => {
  const convention = conventionOf(span.scope.name, attributes)
  const content = convention.contentOf(attributes)
  const found = bucketwise((): Record<string, unknown> => ({}))
  const own: { [B in Bucket.Bucket]?: Array<readonly [path: string, value: unknown]> } = {}
  const siblings = new Map<string, readonly [name: string, bucket: Bucket.Bucket, path: string, value: unknown]>()
  /** Who has a field; where nobody is named, the attribute of the field's own name. */
  let claims: Map<string, string> | undefined
  /** Of two attributes for the same field the one that comes first in the alphabet has it, whatever order they come in. */
  const claim = (name: string, bucket: Bucket.Bucket, path: string, value: unknown): void => {
    // Most attributes are fields of their own name in `metadata`: until another kind comes, nothing stands in their way
    if (claims !== undefined || name !== path) {
      claims ??= new Map()
      const field = `${bucket}.${path}`
      if (Object.hasOwn(found[bucket], path) && name > (claims.get(field) ?? path)) return
      claims.set(field, name)
    }
    put(found[bucket], path, value)
  }
  const foreign = attributes["langfuse.observation.type"] === undefined ? undefined : langfuse(attributes)
  for (const name of Object.keys(attributes)) {
    if (consumed.has(name) || convention.reads(name) || foreign?.consumed.has(name) === true) continue
    const value = attributes[name]
    const split = Bucket.split(name)
    if (split !== undefined) {
      ;(own[split[0]] ??= []).push([split[1], value])
      continue
    }
    if (name.startsWith(Attributes.ASSOCIATION_PREFIX)) {
      claim(name, "metadata", name.slice(Attributes.ASSOCIATION_PREFIX.length), value)
      continue
    }
    const fields = convention.fieldsOf(name)
    if (fields === undefined) {
      claim(name, "metadata", name, value)
      continue
    }
    const [[bucket, path], ...others] = fields
    claim(name, bucket, path, value)
    for (const [bucket, path] of others) {
      const field = `${bucket}.${path}`
      if (name <= (siblings.get(field)?.[0] ?? name)) siblings.set(field, [name, bucket, path, value])
    }
  }
  for (const [, bucket, path, value] of siblings.values()) {
    if (!Object.hasOwn(found[bucket], path) && !Object.hasOwn(content[bucket] ?? {}, path)) {
      put(found[bucket], path, value)
    }
  }
  for (const [bucket, path, value] of foreign?.fields ?? []) {
    if (!Object.hasOwn(found[bucket], path)) put(found[bucket], path, value)
  }
  return bucketwise((bucket) => {
    const entries = own[bucket]
    return content[bucket] === undefined && entries === undefined
      ? found[bucket]
      : { ...content[bucket], ...found[bucket], ...(entries && Bucket.nest(entries)) }
  })
}

const addLineage = (span: SpanRecord, attributes: AttributeRecord, { config, metadata }: Buckets): void => {
  if (metadata["total_tokens"] === undefined) {
    const usage = Usage.ofEvent({ config, metadata })
    // Not prompt plus completion: with some providers the cached tokens come on top
    if (usage !== undefined) metadata["total_tokens"] = Usage.total(usage)
  }
  // HoneyHive's rule: the model that answered, else the one that was asked
  if (config["model"] !== undefined) metadata["model_name"] ??= config["model"]
  const session = text(attributes, ...sessionNames)
  if (session !== undefined && !Uuid.isUuid(session)) metadata["session_id"] ??= session
  const instrumentor = instrumentors.find(([, matches]) => matches(span.scope.name, attributes))
  if (instrumentor !== undefined) metadata["instrumentor"] = instrumentor[0]
  metadata["trace_id"] = span.traceId
  metadata["span_id"] = span.spanId
  if (span.parentSpanId !== undefined) metadata["parent_span_id"] = span.parentSpanId
  metadata["has_otlp_lineage"] = true
}

/** Everything but the buckets. */
const lineOf = (span: SpanRecord, attributes: AttributeRecord, session: SessionClaim): EventLine => {
  const eventType = EventKind.detect(span.name, attributes)
  const parent =
    span.parentSpanId === undefined
      ? (uuid(attributes, Attributes.PARENT_ID, Attributes.ASSOCIATION_PARENT_ID) ?? session.id)
      : Uuid.fromSpan(span.traceId, span.parentSpanId)
  return {
    event_id:
      eventType === "session"
        ? session.id
        : (uuid(attributes, Attributes.EVENT_ID) ?? Uuid.fromSpan(span.traceId, span.spanId)),
    session_id: session.id,
    parent_id: eventType === "session" ? null : parent,
    children_ids: [],
    event_type: eventType,
    event_name: text(attributes, Attributes.EVENT_NAME) ?? span.name,
    source: session.source,
    start_time: millis(span.startTimeUnixNano),
    // No end: it still runs
    end_time: span.endTimeUnixNano === 0n ? null : millis(span.endTimeUnixNano),
    duration: span.endTimeUnixNano === 0n ? null : millis(span.endTimeUnixNano - span.startTimeUnixNano),
    error: errorOf(span, attributes)
  }
}

/**
 * The event that a span is, and the session it claims.
 *
 * @example
 * ```ts
 * import { Otlp, Projection } from "@honeyhive/contract"
 *
 * const { accepted } = Otlp.spans({
 *   resourceSpans: [{
 *     scopeSpans: [{
 *       spans: [{
 *         name: "search",
 *         traceId: "5b8efff798038103d269b633813fc60c",
 *         spanId: "eee19b7ec3c1b174",
 *         startTimeUnixNano: "1790000000000000000",
 *         endTimeUnixNano: "1790000000012000000",
 *         attributes: [{ key: "honeyhive_inputs.query", value: { stringValue: "refund" } }]
 *       }]
 *     }]
 *   }]
 * })
 *
 * const events = accepted.map((span) => Projection.toEvent(span).event)
 *
 * events.map((event) => [event.event_type, event.inputs, event.duration]) // => [["tool", { query: "refund" }, 12]]
 * ```
 *
 * @category projection
 * @since 0.1.0
 */
export const toEvent = (span: SpanRecord): Projected => {
  const session = sessionOf(span, span.attributes)
  const buckets = bucketsOf(span, span.attributes)
  addLineage(span, span.attributes, buckets)
  return {
    session,
    event: {
      ...lineOf(span, span.attributes, session),
      // Attribute values come from `Otlp.spans`, which produces JSON only
      ...(buckets as { [B in Bucket.Bucket]: { readonly [key: string]: Schema.Json } })
    }
  }
}

/**
 * An event without its buckets.
 *
 * @category models
 * @since 0.1.0
 */
export type EventLine = Omit<Event, Bucket.Bucket>

/**
 * What a list shows of the event that a span is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outlined {
  readonly event: EventLine
  readonly session: SessionClaim
  /** A model event's `metadata.total_tokens`; `undefined` for others. */
  readonly tokens: unknown
}

/**
 * Whether an attribute is content: inputs or outputs, which {@link outline} can do without.
 *
 * @example
 * ```ts
 * import { Projection } from "@honeyhive/contract"
 *
 * Projection.isContent("gen_ai.input.messages") // => true
 * Projection.isContent("gen_ai.request.model") // => false
 * ```
 *
 * @category projection
 * @since 0.1.0
 */
export const isContent = (attribute: string): boolean =>
  messageAttributes.has(attribute) ||
  attribute.startsWith(Bucket.prefixOf("inputs")) ||
  attribute.startsWith(Bucket.prefixOf("outputs"))

/**
 * What {@link toEvent} says of a span without its buckets, at a fraction of the cost. `known` are its attributes, of which
 * those that are {@link isContent} may be missing; the others are asked for only where they are needed.
 *
 * @example
 * ```ts
 * import { Otlp, Projection } from "@honeyhive/contract"
 *
 * const { accepted } = Otlp.spans({
 *   resourceSpans: [{
 *     scopeSpans: [{
 *       spans: [{
 *         name: "chat",
 *         traceId: "5b8efff798038103d269b633813fc60c",
 *         spanId: "eee19b7ec3c1b174",
 *         attributes: [
 *           { key: "gen_ai.usage.input_tokens", value: { intValue: 7 } },
 *           { key: "gen_ai.usage.output_tokens", value: { intValue: 2 } }
 *         ]
 *       }]
 *     }]
 *   }]
 * })
 *
 * const outlines = accepted.map((span) => Projection.outline(span))
 *
 * outlines.map(({ event, tokens }) => [event.event_type, tokens]) // => [["model", 9]]
 * ```
 *
 * @category projection
 * @since 0.1.0
 */
export const outline = (span: SpanRecord, known: AttributeRecord = span.attributes): Outlined => {
  const session = sessionOf(span, known)
  const event = lineOf(span, known, session)
  return { event, session, tokens: event.event_type === "model" ? totalOf(span, known) : undefined }
}

const totalOf = (span: SpanRecord, known: AttributeRecord): unknown => {
  const plan = planOf(span.scope.name, known)
  if (plan !== undefined) {
    const config: Record<string, unknown> = {}
    const metadata: Record<string, unknown> = {}
    for (const [field, attribute] of plan.config) config[field] = known[attribute]
    for (const [field, attribute] of plan.metadata) metadata[field] = known[attribute]
    const usage = metadata["total_tokens"] === undefined ? Usage.ofEvent({ config, metadata }) : undefined
    return usage === undefined ? metadata["total_tokens"] : Usage.total(usage)
  }
  const buckets = bucketsOf(span, span.attributes)
  addLineage(span, span.attributes, buckets)
  return buckets.metadata["total_tokens"]
}

const saidToBe = [Attributes.EVENT_TYPE_RAW, Attributes.EVENT_TYPE, Attributes.TRACELOOP_SPAN_KIND]

/**
 * The ids of the event that a span is, without making the event.
 *
 * @category projection
 * @since 0.1.0
 */
export const identify = (span: SpanRecord): { readonly event_id: string; readonly session_id: string } => {
  const session_id = sessionOf(span, span.attributes).id
  const isSession =
    saidToBe.some((name) => span.attributes[name] === "session") &&
    EventKind.detect(span.name, span.attributes) === "session"
  const event_id = isSession
    ? session_id
    : (uuid(span.attributes, Attributes.EVENT_ID) ?? Uuid.fromSpan(span.traceId, span.spanId))
  return { event_id, session_id }
}

/**
 * The parts of an event that a program says itself: everything but ids of others and times.
 *
 * @category models
 * @since 0.1.0
 */
export type EventFields = {
  readonly event_type?: EventType | undefined
  readonly event_name?: string | undefined
  readonly event_id?: string | undefined
  readonly error?: string | undefined
} & { readonly [B in Bucket.Bucket]?: { readonly [key: string]: unknown } | undefined }

/**
 * Hands the attributes that carry these fields to `set`; {@link toEvent} reads them back.
 *
 * @example
 * ```ts
 * import { Projection } from "@honeyhive/contract"
 *
 * const attributes: Record<string, unknown> = {}
 * Projection.writeFields({ event_type: "chain", metrics: { score: 0.5 } }, (name, value) => {
 *   attributes[name] = value
 * })
 *
 * attributes // => { honeyhive_event_type: "chain", "honeyhive_metrics.score": 0.5 }
 * ```
 *
 * @category projection
 * @since 0.1.0
 */
export const writeFields = (fields: EventFields, set: (name: string, value: AttributeValue) => void): void => {
  if (fields.event_type !== undefined) set(Attributes.EVENT_TYPE, fields.event_type)
  if (fields.event_name !== undefined) set(Attributes.EVENT_NAME, fields.event_name)
  if (fields.event_id !== undefined) set(Attributes.EVENT_ID, fields.event_id)
  if (fields.error !== undefined) set(Attributes.ERROR, fields.error)
  for (const bucket of Bucket.Bucket.literals) {
    const content = fields[bucket]
    const prefix = Bucket.prefixOf(bucket).slice(0, -1)
    if (content === undefined) continue
    Bucket.flatten(prefix, content, (name, value) => {
      // An empty bucket says nothing; without a path it would land in `metadata`
      if (name !== prefix || value !== "{}") set(name, value)
    })
  }
}
