/**
 * What every span of an instance says of where it belongs: session, source, run.
 *
 * The nearest word counts: the session that the program started around the span, else the one of whoever called this
 * service, else the instance's own.
 */
import * as OtelApi from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import { Attributes } from "@honeyhive/contract/Attributes"
import { CurrentSession, type SessionInfo, type Sessions } from "../Session.ts"
import type { Settings } from "../TracerConfig.ts"
import { attributesOf, CurrentBaggage, type Identity, sessionOf } from "./baggage.ts"
import { experimentAttributes } from "./experiment.ts"
import * as instance from "./instance.ts"
import type { ServerSessions, Started } from "./serverSessions.ts"

export interface Stamp {
  readonly identity: Identity
  /** Members that every span of the instance has, unless its own baggage says otherwise. */
  baggage: OtelApi.Baggage | undefined
  /** The session that the calling code says it runs in. */
  readonly current: () => SessionInfo | undefined
  /** The session of the calling code. */
  readonly session: () => SessionInfo
  /**
   * Writes what a span says of where it belongs; directly: no attribute limit may cut the routing, and it need not be
   * checked on every span again.
   */
  readonly write: (attributes: OtelApi.Attributes, span: Started, parent: OtelApi.Context) => void
  /** Stamps a span again that was started before it was known where it belongs. */
  readonly rewrite: (span: OtelApi.Span) => void
}

/** The run of a session, before that of the instance. */
const runOf = ({ experiment }: SessionInfo): Partial<Settings> => ({
  ...(experiment?.run_id === undefined ? {} : { runId: experiment.run_id }),
  ...(experiment?.dataset_id === undefined ? {} : { datasetId: experiment.dataset_id }),
  ...(experiment?.datapoint_id === undefined ? {} : { datapointId: experiment.datapoint_id })
})

/** What every span of a session carries; the legacy twins are for older readers. */
const routing = (session: SessionInfo, settings: Settings): OtelApi.Attributes => ({
  [Attributes.SESSION_ID]: session.id,
  [Attributes.SESSION_AUTO_CREATE]: true,
  // A continued session has the name that its caller gave it
  ...(session.continued === true ? {} : { [Attributes.SESSION_NAME]: session.name }),
  [Attributes.SOURCE]: settings.source,
  [Attributes.ASSOCIATION_SESSION_ID]: session.id,
  ...(settings.project === undefined ? {} : { [Attributes.ASSOCIATION_PROJECT]: settings.project }),
  ...experimentAttributes({ ...settings, ...runOf(session) })
})

/** Computes once per object; what is never seen again is forgotten. */
const memoized = <K extends object, A>(compute: (key: K) => A): ((key: K) => A) => {
  const known = new WeakMap<K, { readonly value: A }>()
  return (key) => {
    let entry = known.get(key)
    if (entry === undefined) {
      entry = { value: compute(key) }
      known.set(key, entry)
    }
    return entry.value
  }
}

/** OpenTelemetry's SDK keeps a span's attributes where they can be seen. */
const hasAttributes = (span: OtelApi.Span): span is OtelApi.Span & ReadableSpan =>
  Predicate.hasProperty(span, "attributes") && Predicate.isObject(span.attributes)

interface Around {
  session: SessionInfo | undefined
  baggage: OtelApi.Baggage | undefined
}

/** Session and baggage of the calling code, found in one look: this happens for every span. */
const around = (): Around => {
  const found: Around = { session: undefined, baggage: undefined }
  instance.find((context) => {
    found.session ??= Context.get(context, CurrentSession)
    found.baggage ??= Context.get(context, CurrentBaggage)
    return found.session === undefined || found.baggage === undefined ? undefined : found
  })
  return found
}

/**
 * For a provider that others use, too: a span that starts under another instance gets nothing of that one, and a span
 * below one of ours gets its session, wherever it starts.
 */
const aroundShared = (open: instance.OpenSpans) => {
  const known = new WeakMap<object, SessionInfo>()
  return (span: object, parent: OtelApi.Context): Around => {
    const found = instance.current()?.tracer.open === open ? around() : { session: undefined, baggage: undefined }
    const above = OtelApi.trace.getSpan(parent)
    if (above !== undefined) found.session ??= known.get(above)
    if (found.session !== undefined) known.set(span, found.session)
    return found
  }
}

/** @param open of the instance; it tells the instance's own code from that of others */
export const make = (
  settings: Settings,
  sessions: Sessions["Service"],
  open: instance.OpenSpans,
  requests: ServerSessions | undefined
): Stamp => {
  const look = settings.provider === "independent" ? around : aroundShared(open)
  const routingOf = memoized((session: SessionInfo) => routing(session, settings))
  const memberAttributes = memoized(attributesOf)
  const callersSession = memoized((baggage: OtelApi.Baggage) => sessionOf(baggage, Date.now()))

  const write = (attributes: OtelApi.Attributes, span: Started, parent: OtelApi.Context): void => {
    const found = look(span, parent)
    // A library that speaks OpenTelemetry's API has the baggage in its own context
    const baggage = found.baggage ?? OtelApi.propagation.getBaggage(parent)
    const session =
      found.session ?? (baggage === undefined ? undefined : callersSession(baggage)) ?? requests?.started(span)
    Object.assign(attributes, routingOf(sessions.here(session)))
    if (stamp.baggage !== undefined) Object.assign(attributes, memberAttributes(stamp.baggage))
    if (baggage !== undefined) Object.assign(attributes, memberAttributes(baggage))
  }
  const stamp: Stamp = {
    identity: { id: crypto.randomUUID(), source: settings.source, project: settings.project },
    baggage: undefined,
    current: () => around().session,
    session: () => sessions.here(around().session),
    write,
    rewrite: (span) => {
      if (!hasAttributes(span)) return
      delete span.attributes[Attributes.SESSION_NAME]
      write(span.attributes, span, OtelApi.ROOT_CONTEXT)
    }
  }
  return stamp
}
