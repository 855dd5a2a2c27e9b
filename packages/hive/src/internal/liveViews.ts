/**
 * What a listener is shown of what has changed.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sse from "effect/encoding/Sse"
import type { Change } from "../LiveFeed.ts"
import type { TraceQueries } from "../TraceQueries.ts"
import type { TraceStore } from "../TraceStore.ts"

export interface LiveView {
  /** Changes that are looked at at a time: what is read waits in memory until the client takes it. */
  readonly batch: number
  /** The messages about some changes; `next` is the place after them. */
  readonly show: (
    changes: ReadonlyArray<readonly [place: number, change: Change]>,
    next: number
  ) => Effect.Effect<ReadonlyArray<string>>
  /** When something is to be said without a change; `undefined` when there is nothing. */
  readonly due: Effect.Effect<Duration.Duration | undefined>
  readonly later: (place: number) => Effect.Effect<ReadonlyArray<string>>
}

export const message = (event: string, id: string, data: unknown): string =>
  Sse.encoder.write({ _tag: "Event", event, id, data: JSON.stringify(data) })

const isElsewhere = (change: Change, sessionId: string | undefined): boolean =>
  sessionId !== undefined && change.session_id !== undefined && change.session_id !== sessionId

/** Whole events. */
export const whole = (
  store: TraceStore["Service"],
  sessionId: string | undefined,
  idOf: (place: number) => string
): LiveView => ({
  batch: 16,
  show: (changes) =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      for (const [place, change] of changes) {
        if (isElsewhere(change, sessionId)) continue
        if (change.deleted === true) {
          shown.push(message("deleted", idOf(place), { session_id: change.session_id }))
          continue
        }
        const event = Option.getOrUndefined(yield* Effect.orDie(store.event(change.event_id)))
        if (event === undefined || (sessionId !== undefined && event.session_id !== sessionId)) continue
        shown.push(message("event", idOf(place), event))
      }
      return shown
    }),
  due: Effect.succeed(undefined),
  later: () => Effect.succeed([])
})

/** A session is said again after this, however often it changes. */
const EVERY = 100

/** Its sums come with the index, a moment later than the events. */
const UNTIL_INDEXED = 300

const MAX_REMEMBERED = 1000

/** Rows of trees and lists: the events of a session without payloads, and the session with its sums. */
export const rows = (
  queries: TraceQueries["Service"],
  sessionId: string | undefined,
  idOf: (place: number) => string,
  withEvents: boolean
): LiveView => {
  /** Sessions that have something to say, and when. */
  const pending = new Map<string, number>()
  const said = new Map<string, { readonly at: number; readonly text: string }>()

  const note = (id: string, now: number): void => {
    const last = said.get(id)?.at
    const at = last === undefined ? now : Math.max(now, last + EVERY)
    pending.set(id, Math.min(pending.get(id) ?? at, at))
  }

  const sessions = Effect.fnUntraced(function* (place: number, now: number) {
    const shown: Array<string> = []
    const due = [...pending].filter(([, at]) => at <= now)
    const behind = due.length === 0 ? 0 : yield* Effect.orDie(queries.behind)
    for (const [id] of due) {
      pending.delete(id)
      const row = Option.getOrUndefined(yield* Effect.orDie(queries.sessionRow(id, { wait: false })))
      if (row === undefined) continue
      if (behind > 0) pending.set(id, now + UNTIL_INDEXED)
      const text = JSON.stringify(row)
      if (said.get(id)?.text === text) continue
      if (said.size >= MAX_REMEMBERED) said.clear()
      said.set(id, { at: now, text })
      shown.push(message("session", idOf(place), row))
    }
    return shown
  })

  return {
    batch: 64,
    show: Effect.fnUntraced(function* (changes, next) {
      const now = yield* Clock.currentTimeMillis
      const shown: Array<string> = []
      const here = changes.filter(([, change]) => !isElsewhere(change, sessionId))
      const ids = here.flatMap(([, change]) => (change.deleted === true ? [] : change.event_id))
      const found = new Map(
        (yield* Effect.orDie(queries.spanRowsOf(ids))).map((found) => [found.row[0], found] as const)
      )
      for (const [place, { deleted, event_id, session_id }] of here) {
        const event = found.get(event_id)
        if (deleted === true) {
          pending.delete(event_id)
          shown.push(message("deleted", idOf(place), { session_id: event_id }))
        } else if (event !== undefined) {
          if (sessionId !== undefined && event.session_id !== sessionId) continue
          if (withEvents) shown.push(message("row", idOf(place), event))
          note(event.session_id, now)
        } else if (session_id !== undefined) {
          note(session_id, now)
        }
      }
      return [...shown, ...(yield* sessions(next, now))]
    }),
    due: Effect.map(Clock.currentTimeMillis, (now) =>
      pending.size === 0 ? undefined : Duration.millis(Math.max(0, Math.min(...pending.values()) - now))
    ),
    later: (place) => Effect.flatMap(Clock.currentTimeMillis, (now) => sessions(place, now))
  }
}
