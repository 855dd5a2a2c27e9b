/**
 * Calls of a model that two spans tell: a framework's span of the call around the provider's own. Each call counts once.
 *
 * The rule is the one of the store on SQLite: a model event repeats another one when an event below it, at any depth, is a model
 * event with the same usage, bucket by bucket. It is looked for within each session that something was written to.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { TraceStoreError } from "../../TraceStore.ts"
import { inParts } from "./binding.ts"
import type { Database } from "./database.ts"

/** Higher up nothing is looked for. */
const MAX_DEPTH = 64

const Text = Schema.NullOr(Schema.String)

const node = {
  session_id: Schema.String,
  event_id: Schema.String,
  name: Schema.String,
  parent_id: Text,
  parent_name: Text
}
const Node = Schema.Struct(node)
type Node = typeof Node.Type

const Call = Schema.Struct({ ...node, usage: Schema.String })
const Noted = Schema.Struct({ session_id: Schema.String, event_id: Schema.String, version: Schema.Finite })

const columns = Object.keys(node).join(", ")

/** Model events of a session that say the same of tokens as another one in it. */
const calls = `SELECT ${columns}, usage FROM (
    SELECT ${columns}, toString((input, cache_read, cache_write, reasoning, output)) AS usage,
      count() OVER (PARTITION BY session_id, input, cache_read, cache_write, reasoning, output) AS same
    FROM events FINAL WHERE session_id IN {ids:Array(String)} AND tokens IS NOT NULL
  ) WHERE same > 1`

const above = `SELECT ${columns} FROM events FINAL WHERE (day, session_id, start_time, event_id) IN
  (SELECT day, session_id, start_time, event_id FROM places FINAL WHERE id IN {ids:Array(String)})`

/** Looks at all that is above some events, a level at a time; answers how to find an event's parent. */
const climb = (database: Database, what: string, from: ReadonlyArray<Node>) =>
  Effect.gen(function* () {
    const byId = new Map<string, Node>()
    const byName = new Map<string, Node>()
    const asked = new Set<string>()
    const parentOf = ({ parent_id, parent_name }: Node): Node | undefined =>
      (parent_name === null ? undefined : byName.get(parent_name)) ??
      (parent_id === null ? undefined : byId.get(parent_id))
    let level = from
    for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
      for (const one of level) {
        byId.set(one.event_id, one)
        byName.set(one.name, one)
      }
      const missing = new Set<string>()
      for (const one of level) {
        if (parentOf(one) !== undefined) continue
        for (const id of [one.parent_name, one.parent_id]) {
          // A session tells no call
          if (id !== null && id !== one.session_id && !asked.has(id)) missing.add(id)
        }
      }
      for (const id of missing) asked.add(id)
      const found = yield* Effect.forEach(inParts(missing), (ids) =>
        database.rows(what, Node, { sql: above, params: { ids } })
      )
      level = found.flat().filter(({ event_id }) => !byId.has(event_id))
    }
    return parentOf
  })

/** The events that repeat another one, with their sessions. */
const repeating = (database: Database, what: string, ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const told = yield* database.rows(what, Call, { sql: calls, params: { ids } })
    const parentOf = yield* climb(database, what, told)
    const usages = new Map(told.map(({ event_id, usage }) => [event_id, usage]))
    const found = new Map<string, string>()
    for (const call of told) {
      const seen = new Set([call.event_id])
      for (let up = parentOf(call); up !== undefined && !seen.has(up.event_id) && seen.size < MAX_DEPTH;) {
        seen.add(up.event_id)
        if (usages.get(up.event_id) === call.usage) found.set(up.event_id, up.session_id)
        up = parentOf(up)
      }
    }
    return found
  })

/** Sessions that are looked at together. */
const SESSIONS = 150

/** Notes anew which events of some sessions repeat another one. */
export const noteRepeats = (
  database: Database,
  what: string,
  sessions: ReadonlySet<string>
): Effect.Effect<void, TraceStoreError> =>
  Effect.forEach(
    inParts(sessions, SESSIONS),
    (ids) =>
      Effect.gen(function* () {
        // Later is more on every hive whose clock is right
        const version = Date.now() * 1000
        const noting = database.rows(what, Noted, {
          sql: "SELECT session_id, event_id, version FROM repeats FINAL WHERE session_id IN {ids:Array(String)}",
          params: { ids }
        })
        const [noted, found] = yield* Effect.all([noting, repeating(database, what, ids)], { concurrency: 2 })
        const known = new Set(noted.map(({ event_id }) => event_id))
        const added = [...found].filter(([id]) => !known.has(id))
        const gone = noted.filter(({ event_id, session_id }) => found.get(event_id) !== session_id)
        yield* database.insert(what, "repeats", [
          ...added.map(([event_id, session_id]) => ({ session_id, event_id, version, deleted: 0 })),
          ...gone.map((old) => ({ ...old, version: Math.max(version, old.version + 1), deleted: 1 }))
        ])
      }),
    { discard: true }
  )

/** Whether an event repeats another one, as SQL over `event_id`; of some sessions, where it is known that no other matters. */
export const isRepeat = (sessions?: string): string =>
  `event_id IN (SELECT event_id FROM repeats FINAL${sessions === undefined ? "" : ` WHERE session_id IN (${sessions})`})`
