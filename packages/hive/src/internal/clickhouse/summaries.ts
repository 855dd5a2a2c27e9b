/**
 * One row per session on ClickHouse, counted from its events.
 */
import * as Effect from "effect/Effect"
import type { TraceStoreError } from "../../TraceStore.ts"
import { inParts } from "./binding.ts"
import type { Database } from "./database.ts"
import { isRepeat } from "./repeats.ts"

/** Sessions that are counted at a time: their ids are part of the URL, which proxies want short. */
const SESSIONS = 150

/** How often each value of a column is there. */
const counts = (column: string): string =>
  `sumMapIf(map(ifNull(toString(${column}), ''), toInt64(1)), ${column} IS NOT NULL)`

/** The values that were counted, the most frequent first. */
const ordered = (counts: string): string =>
  `arraySort((value, count) -> (-count, value), mapKeys(${counts}), mapValues(${counts}))`

/** A call that two events tell counts once. */
const once = (value: string): string => `if(repeats, NULL, ${value})`

/**
 * Counts sessions anew. The row's version is when the counting began, by the server's clock: whoever counts later has seen
 * more. A session of which nothing is left goes.
 */
const counting = (ids: string): string => `INSERT INTO sessions (session_id, name, source, event_source, start_time,
  session_end, last_end, events, known, errors, tokens, counted, cost, priced, unpriced, running, lost, models, user, version,
  deleted)
SELECT ids.id, name, source, event_source, start_time, session_end, last_end, events, known, errors, tokens, counted, cost,
  priced, unpriced, running, lost, ${ordered("by_model")}, nullIf(${ordered("by_user")}[1], ''), toUnixTimestamp64Micro(now64(6)), known = 0
FROM (${ids}) AS ids
LEFT JOIN (
  SELECT session_id,
    anyIf(CAST(event_name, 'Nullable(String)'), event_type = 'session') AS name,
    anyIf(CAST(e.source, 'Nullable(String)'), event_type = 'session') AS source,
    max(toString(e.source)) AS event_source,
    min(e.start_time) AS start_time,
    anyIf(end_time, event_type = 'session') AS session_end,
    max(end_time) AS last_end,
    countIf(event_type <> 'session') AS events,
    count() AS known,
    countIf(event_type <> 'session' AND error IS NOT NULL) AS errors,
    sumIf(total_tokens, NOT repeats) AS tokens,
    ifNull(sum(${once("e.tokens")}), 0) AS counted,
    ifNull(sum(${once("e.cost")}), 0) AS cost,
    count(${once("e.cost")}) AS priced,
    countIf(NOT repeats AND e.tokens IS NOT NULL AND e.cost IS NULL) AS unpriced,
    countIf(process <> '') AS running,
    countIf(process = '' AND state = 'lost') AS lost,
    ${counts("e.model")} AS by_model,
    ${counts("e.user")} AS by_user
  FROM (SELECT *, ${isRepeat(ids)} AS repeats FROM events FINAL WHERE session_id IN (${ids})) AS e GROUP BY session_id
) AS counted ON counted.session_id = ids.id`

const some = counting("SELECT arrayJoin({ids:Array(String)}) AS id")
const allWithTokens = counting("SELECT session_id AS id FROM sessions FINAL WHERE counted > 0")

export const recount = (
  database: Database,
  what: string,
  sessions: ReadonlySet<string>
): Effect.Effect<void, TraceStoreError> =>
  Effect.forEach(inParts(sessions, SESSIONS), (ids) => database.run(what, { sql: some, params: { ids } }), {
    discard: true
  })

/** Counts all sessions whose cost may be another one now. */
export const recountCosts = (database: Database, what: string): Effect.Effect<void, TraceStoreError> =>
  database.run(what, { sql: allWithTokens })
