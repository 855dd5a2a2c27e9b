/**
 * The baggage of HoneyHive's wire: which members mean something, and what they become on a span.
 */
import * as OtelApi from "@opentelemetry/api"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import { Attributes } from "@honeyhive/contract/Attributes"
import { isUuid } from "@honeyhive/contract/Uuid"
import { TracerId } from "./registry.ts"
import { CurrentSession, type SessionInfo } from "../Session.ts"

/** Members at most on the wire, in either direction; W3C guarantees that as many get through. */
const MAX_MEMBERS = 64

const PROJECT = "honeyhive_project"
const SOURCE = "source"
const SESSION = ["honeyhive_session_id", "session_id"] as const
const RUN = ["run_id", "dataset_id", "datapoint_id"] as const
const TRACER = "honeyhive_tracer_id"

// In the order in which they are kept when there is no room for all
const known: ReadonlyArray<string> = [...SESSION, ...RUN, PROJECT, SOURCE, TRACER]

const rank = (key: string): number => {
  const index = known.indexOf(key)
  return index === -1 ? known.length : index
}

type Entries = ReadonlyArray<readonly [string, OtelApi.BaggageEntry]>

/** As many members as may travel, whole ones, HoneyHive's first. */
const limit = (entries: Entries): OtelApi.Baggage =>
  entries
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .slice(0, MAX_MEMBERS)
    .reduce((baggage, [key, entry]) => baggage.setEntry(key, entry), OtelApi.propagation.createBaggage())

export const limited = (baggage: OtelApi.Baggage): OtelApi.Baggage => limit(baggage.getAllEntries())

/** Members by key; `undefined` removes one. */
export type Members = { readonly [key: string]: string | undefined }

export const change = (baggage: OtelApi.Baggage | undefined, members: Members): OtelApi.Baggage =>
  Object.entries(members).reduce(
    (baggage, [key, value]) =>
      value === undefined
        ? baggage.removeEntry(key)
        : key === ""
          ? baggage
          : // Half a surrogate pair could not be written to a header
            baggage.setEntry(key.toWellFormed(), { value: String(value).toWellFormed() }),
    baggage ?? OtelApi.propagation.createBaggage()
  )

/** The members of both; those of the second win. */
export const merge = (
  first: OtelApi.Baggage | undefined,
  second: OtelApi.Baggage | undefined
): OtelApi.Baggage | undefined =>
  first === undefined || second === undefined
    ? (second ?? first)
    : second.getAllEntries().reduce((baggage, [key, entry]) => baggage.setEntry(key, entry), first)

/** The session that a caller is in. What is no UUID is not taken for one: such an id comes from nobody's tracer. */
export const sessionOf = (baggage: OtelApi.Baggage, now: number): SessionInfo | undefined => {
  const id = SESSION.map((key) => baggage.getEntry(key)?.value).find(isUuid)
  return id === undefined ? undefined : { id: id.toLowerCase(), name: "", startTime: now, continued: true }
}

/** What baggage becomes on every span: HoneyHive's members under their names, all others as `baggage.<key>`. */
export const attributesOf = (baggage: OtelApi.Baggage): OtelApi.Attributes => {
  const attributes: OtelApi.Attributes = {}
  for (const [key, { value }] of baggage.getAllEntries()) {
    if (key === SOURCE) attributes[Attributes.SOURCE] = value
    else if (key === PROJECT) attributes[Attributes.ASSOCIATION_PROJECT] = value
    else if (RUN.some((name) => name === key)) {
      attributes[`honeyhive_metadata.${key}`] = value
      attributes[Attributes.ASSOCIATION_PREFIX + key] = value
    } else if (!known.includes(key)) attributes[`baggage.${key}`] = value
  }
  return attributes
}

/** What an instance says of itself to the services it calls. */
export interface Identity {
  readonly id: string
  readonly source: string
  readonly project: string | undefined
}

/** The baggage for a call to another service: the program's, and where its spans belong. */
export const outgoing = (
  baggage: OtelApi.Baggage | undefined,
  session: SessionInfo | undefined,
  identity: Identity | undefined
): OtelApi.Baggage =>
  limited(
    change(baggage, {
      ...(session === undefined ? {} : { session_id: session.id, honeyhive_session_id: session.id }),
      ...(identity === undefined
        ? {}
        : {
            [PROJECT]: baggage?.getEntry(PROJECT)?.value ?? identity.project,
            [SOURCE]: baggage?.getEntry(SOURCE)?.value ?? identity.source,
            [TRACER]: identity.id
          })
    })
  )

/** Whether a member is the session's id: that is kept as the current session, so that a later session is not undone. */
export const isSessionKey = (key: string): boolean => SESSION.some((name) => name === key)

/** The reference behind `CurrentBaggage`. */
export const CurrentBaggage = Context.Reference<OtelApi.Baggage | undefined>(
  "@honeyhive/tracing/Baggage/CurrentBaggage",
  {
    defaultValue: () => undefined
  }
)

/** A context with this baggage, in which session and instance are those that the new members name, if they do. */
export const enter = <R>(
  context: Context.Context<R>,
  baggage: OtelApi.Baggage,
  added: OtelApi.Baggage
): Context.Context<R> => {
  const session = sessionOf(added, Context.get(context, Clock.Clock).currentTimeMillisUnsafe())
  const tracer = added.getEntry(TRACER)?.value
  const inside = Context.add(context, CurrentBaggage, baggage)
  const named = tracer === undefined ? inside : Context.add(inside, TracerId, tracer)
  return session === undefined ? named : Context.add(named, CurrentSession, session)
}
