/**
 * One row per session on ClickHouse, counted from its events.
 */
import * as Effect from "effect/Effect"
import type { TraceStoreError } from "../../TraceStore.ts"
import { inParts } from "./binding.ts"
import type { Database } from "./database.ts"

/** Sessions that are counted at a time: their ids are part of the URL, which proxies want short. */
const SESSIONS = 150

const columns = `session_id, name, source, event_source, start_time, session_end, last_end, events, known, errors, tokens,
  running, version, deleted`

/**
 * Counts sessions anew. The row's version is when the counting began, by the server's clock: whoever counts later has seen
 * more. A session of which nothing is left goes.
 */
const counting = `INSERT INTO sessions (${columns})
SELECT ids.id, name, source, event_source, start_time, session_end, last_end, events, known, errors, tokens, running,
  toUnixTimestamp64Micro(now64(6)), known = 0
FROM (SELECT arrayJoin({ids:Array(String)}) AS id) AS ids
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
    sum(total_tokens) AS tokens,
    countIf(process <> '') AS running
  FROM events AS e FINAL WHERE session_id IN {ids:Array(String)} GROUP BY session_id
) AS counted ON counted.session_id = ids.id`

export const recount = (
  database: Database,
  what: string,
  sessions: ReadonlySet<string>
): Effect.Effect<void, TraceStoreError> =>
  Effect.forEach(inParts(sessions, SESSIONS), (ids) => database.run(what, { sql: counting, params: { ids } }), {
    discard: true
  })
