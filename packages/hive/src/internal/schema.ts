/**
 * The tables, as steps from one version to the next.
 */

/**
 * Each step with the version it leads to, in ascending order; a store of version n has taken every step up to n. A step
 * that has been released is never changed.
 */
export const migrations: ReadonlyArray<readonly [version: number, sql: string]> = [
  [
    1,
    `
CREATE TABLE events (
  event_id TEXT PRIMARY KEY,
  session_id TEXT NOT NULL,
  parent_id TEXT,
  trace_id TEXT,
  span_id TEXT,
  parent_span_id TEXT,
  event_type TEXT NOT NULL,
  event_name TEXT NOT NULL,
  source TEXT NOT NULL,
  start_time REAL NOT NULL,
  end_time REAL,
  duration REAL,
  error TEXT,
  children_ids TEXT NOT NULL,
  inputs TEXT NOT NULL,
  outputs TEXT NOT NULL,
  config TEXT NOT NULL,
  metadata TEXT NOT NULL,
  metrics TEXT NOT NULL,
  feedback TEXT NOT NULL,
  user_properties TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_by_span ON events (trace_id, span_id) WHERE span_id IS NOT NULL;
CREATE INDEX events_by_session ON events (session_id, start_time);
CREATE INDEX events_by_start ON events (start_time);
CREATE INDEX events_by_parent ON events (parent_id);
CREATE INDEX events_by_parent_span ON events (trace_id, parent_span_id) WHERE parent_span_id IS NOT NULL;
`
  ],
  // A list of sessions reads one row per session; the writer keeps them in step with the events. A parent's span is found
  // through the event id that it has or would have, so its own index only cost time.
  [
    10,
    `
DROP INDEX events_by_parent_span;
CREATE TABLE session_summaries (
  session_id TEXT PRIMARY KEY,
  name TEXT,
  source TEXT,
  event_source TEXT NOT NULL,
  start_time REAL NOT NULL,
  session_end REAL,
  last_end REAL,
  events INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  tokens REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_summaries_by_start ON session_summaries (start_time);
INSERT INTO session_summaries
SELECT session_id,
  MAX(CASE WHEN event_type = 'session' THEN event_name END),
  MAX(CASE WHEN event_type = 'session' THEN source END),
  MAX(source),
  MIN(start_time),
  MAX(CASE WHEN event_type = 'session' THEN end_time END),
  MAX(end_time),
  SUM(event_type <> 'session'),
  SUM(event_type <> 'session' AND error IS NOT NULL),
  SUM(CASE WHEN event_type = 'model' THEN COALESCE(CAST(json_extract(metadata, '$.total_tokens') AS REAL), 0) ELSE 0 END)
FROM events GROUP BY session_id;
`
  ],
  // Content that several events share, and who shares it, so that what nobody needs any more can go
  [
    11,
    `
CREATE TABLE blobs (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
CREATE TABLE chains (id INTEGER PRIMARY KEY, before INTEGER NOT NULL, blob INTEGER NOT NULL, UNIQUE (before, blob)) STRICT;
CREATE TABLE shares (event_id TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (event_id, kind, id))
  STRICT, WITHOUT ROWID;
`
  ],
  // Spans that have not ended, and when their processes were last heard of (milliseconds since 1970, by the hive's clock)
  [
    12,
    `
CREATE TABLE running (event_id TEXT PRIMARY KEY, instance TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE instances (instance TEXT PRIMARY KEY, seen REAL NOT NULL) STRICT, WITHOUT ROWID;
`
  ],
  // Who made a span (resource, scope, kind), once for all that say the same; links and events of the few that have some.
  // Events without an end are found without reading those that have one.
  [
    20,
    `
CREATE TABLE origins (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;
ALTER TABLE events ADD COLUMN origin INTEGER;
CREATE TABLE span_extras (event_id TEXT PRIMARY KEY, body TEXT NOT NULL, links INTEGER NOT NULL) STRICT;
CREATE TRIGGER span_extras_deleted AFTER DELETE ON events BEGIN
  DELETE FROM span_extras WHERE event_id = OLD.event_id;
END;
CREATE INDEX events_open ON events (session_id) WHERE end_time IS NULL;
`
  ],
  // Events whose buckets still are in the request that their span came in (`raw`: which, and where in it), with the
  // tokens that the summaries need; `before` counts the spans of all requests before this one
  [
    21,
    `
ALTER TABLE events ADD COLUMN raw INTEGER;
ALTER TABLE events ADD COLUMN tokens REAL;
CREATE INDEX events_by_raw ON events (raw) WHERE raw IS NOT NULL;
CREATE TABLE raw_requests (id INTEGER PRIMARY KEY AUTOINCREMENT, before INTEGER NOT NULL, spans INTEGER NOT NULL, body BLOB NOT NULL)
  STRICT;
`
  ],
  // A span whose id follows from it is found by that id; only the others are in an index of spans
  [
    22,
    `
DROP INDEX events_by_span;
ALTER TABLE events ADD COLUMN own_id INTEGER;
UPDATE events SET own_id = 1 WHERE span_id IS NOT NULL AND event_id <>
  substr(trace_id, -14, 8) || '-' || substr(trace_id, -6, 4) || '-8' || substr(trace_id, -2) || substr(span_id, 1, 1)
    || '-8' || substr(span_id, 2, 3) || '-' || substr(span_id, 5);
CREATE UNIQUE INDEX events_by_own_id ON events (trace_id, span_id) WHERE own_id;
`
  ],
  // The bytes of most raw requests are in files beside the store: in which, where in it, and how many
  [
    23,
    `
ALTER TABLE raw_requests ADD COLUMN file INTEGER;
ALTER TABLE raw_requests ADD COLUMN place INTEGER;
ALTER TABLE raw_requests ADD COLUMN bytes INTEGER;
CREATE INDEX raw_requests_by_file ON raw_requests (file, place, bytes) WHERE file IS NOT NULL;
`
  ]
]

export const version = Math.max(...migrations.map(([version]) => version))
