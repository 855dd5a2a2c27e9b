/**
 * What every span of an instance says of where it belongs: session, source, run.
 *
 * The nearest word counts: the session that the program started around the span, else the one of whoever called this
 * service, else the instance's own.
 */
import * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import { Attributes } from "@honeyhive/contract/Attributes"
import { CurrentSession, type SessionInfo, type Sessions } from "../Session.ts"
import type { Settings } from "../TracerConfig.ts"
import { attributesOf, CurrentBaggage, type Identity, sessionOf } from "./baggage.ts"
import * as instance from "./instance.ts"

export interface Stamp {
  readonly identity: Identity
  /** Members that every span of the instance has, unless its own baggage says otherwise. */
  baggage: OtelApi.Baggage | undefined
  /** The session of the calling code. */
  readonly session: () => SessionInfo
  /** Writes directly: no attribute limit may cut the routing, and it need not be checked on every span again. */
  readonly write: (attributes: OtelApi.Attributes, parent: OtelApi.Context) => void
  /** Stamps a span again that was started before it was known where it belongs. */
  readonly rewrite: (span: OtelApi.Span) => void
}

/** What every span of a session carries; the legacy twins are for older readers. */
const routing = (session: SessionInfo, settings: Settings): OtelApi.Attributes => ({
  [Attributes.SESSION_ID]: session.id,
  [Attributes.SESSION_AUTO_CREATE]: true,
  // A continued session has the name that its caller gave it
  ...(session.continued === true ? {} : { [Attributes.SESSION_NAME]: session.name }),
  [Attributes.SOURCE]: settings.source,
  [Attributes.ASSOCIATION_SESSION_ID]: session.id,
  ...(settings.project === undefined ? {} : { [Attributes.ASSOCIATION_PROJECT]: settings.project })
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
const hasAttributes = (span: OtelApi.Span): span is OtelApi.Span & { readonly attributes: OtelApi.Attributes } =>
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

export const make = (settings: Settings, sessions: Sessions["Service"]): Stamp => {
  const routingOf = memoized((session: SessionInfo) => routing(session, settings))
  const memberAttributes = memoized(attributesOf)
  const callersSession = memoized((baggage: OtelApi.Baggage) => sessionOf(baggage, Date.now()))

  const write = (attributes: OtelApi.Attributes, parent: OtelApi.Context): void => {
    const found = around()
    // A library that speaks OpenTelemetry's API has the baggage in its own context
    const baggage = found.baggage ?? OtelApi.propagation.getBaggage(parent)
    const session = found.session ?? (baggage === undefined ? undefined : callersSession(baggage)) ?? sessions.own()
    Object.assign(attributes, routingOf(session))
    if (stamp.baggage !== undefined) Object.assign(attributes, memberAttributes(stamp.baggage))
    if (baggage !== undefined) Object.assign(attributes, memberAttributes(baggage))
  }
  const stamp: Stamp = {
    identity: { id: crypto.randomUUID(), source: settings.source, project: settings.project },
    baggage: undefined,
    session: () => around().session ?? sessions.own(),
    write,
    rewrite: (span) => {
      if (!hasAttributes(span)) return
      delete span.attributes[Attributes.SESSION_NAME]
      write(span.attributes, OtelApi.ROOT_CONTEXT)
    }
  }
  return stamp
}
