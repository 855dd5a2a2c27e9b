/**
 * The tables, as steps from one version to the next.
 */

/** Step n takes a store from version n to n + 1; a step that has been released is never changed. */
export const migrations: ReadonlyArray<string> = [
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
]

export const version = migrations.length
