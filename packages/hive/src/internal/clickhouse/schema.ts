/**
 * The tables on ClickHouse, as steps from one version to the next.
 *
 * `events` is sorted by day, session and time: a window of time is a range of it, a session in it another. What is said
 * again is a row with a higher version, of which reading (`FINAL`) sees the last; a row whose key changes leaves one behind
 * that says it is gone.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TraceStoreError } from "../../TraceStore.ts"
import type { Database } from "./database.ts"

/**
 * Each step with the version it leads to. A step that has been released is never changed; one that was interrupted is taken
 * again, so its statements must bear that.
 */
const migrations: ReadonlyArray<readonly [version: number, statements: ReadonlyArray<string>]> = [
  [
    1,
    [
      `CREATE TABLE IF NOT EXISTS events (
        day Date,
        session_id String CODEC(ZSTD(1)),
        start_time Float64 CODEC(ZSTD(1)),
        event_id String CODEC(ZSTD(1)),
        version UInt64 CODEC(Delta, ZSTD(1)),
        deleted UInt8,
        place Int64 CODEC(ZSTD(1)),
        name String CODEC(ZSTD(1)),
        parent_name Nullable(String) CODEC(ZSTD(1)),
        parent_id Nullable(String) CODEC(ZSTD(1)),
        trace_id Nullable(String) CODEC(ZSTD(1)),
        span_id Nullable(String) CODEC(ZSTD(1)),
        parent_span_id Nullable(String) CODEC(ZSTD(1)),
        event_type LowCardinality(String),
        event_name LowCardinality(String),
        source LowCardinality(String),
        end_time Nullable(Float64) CODEC(ZSTD(1)),
        duration Nullable(Float64) CODEC(ZSTD(1)),
        error Nullable(String) CODEC(ZSTD(3)),
        children_ids Array(String) CODEC(ZSTD(1)),
        inputs String CODEC(ZSTD(3)),
        outputs String CODEC(ZSTD(3)),
        config String CODEC(ZSTD(3)),
        metadata String CODEC(ZSTD(3)),
        metrics String CODEC(ZSTD(3)),
        feedback String CODEC(ZSTD(3)),
        user_properties String CODEC(ZSTD(3)),
        process LowCardinality(String),
        state LowCardinality(String),
        origin String CODEC(ZSTD(3)),
        extras String CODEC(ZSTD(3)),
        links UInt32,
        total_tokens Float64 CODEC(ZSTD(1)),
        fact_name LowCardinality(Nullable(String)),
        fact_source LowCardinality(Nullable(String)),
        fact_error LowCardinality(Nullable(String)),
        model LowCardinality(Nullable(String)),
        provider LowCardinality(Nullable(String)),
        user LowCardinality(Nullable(String)),
        tool LowCardinality(Nullable(String)),
        ttft Nullable(Float64) CODEC(ZSTD(1)),
        tokens Nullable(Float64) CODEC(ZSTD(1)),
        input Nullable(Float64) CODEC(ZSTD(1)),
        cache_read Nullable(Float64) CODEC(ZSTD(1)),
        cache_write Nullable(Float64) CODEC(ZSTD(1)),
        reasoning Nullable(Float64) CODEC(ZSTD(1)),
        output Nullable(Float64) CODEC(ZSTD(1)),
        cost Nullable(Float64) CODEC(ZSTD(1)),
        words String CODEC(ZSTD(3)),
        tags String CODEC(ZSTD(3)),
        INDEX by_start start_time TYPE minmax,
        INDEX by_trace trace_id TYPE bloom_filter(0.01),
        INDEX by_process process TYPE set(100),
        INDEX by_model model TYPE set(100),
        INDEX by_error fact_error TYPE set(100),
        INDEX by_duration duration TYPE minmax,
        INDEX by_cost cost TYPE minmax,
        INDEX by_word words TYPE tokenbf_v1(131072, 3, 0),
        INDEX by_tag tags TYPE tokenbf_v1(65536, 3, 0)
      ) ENGINE = ReplacingMergeTree(version, deleted)
      PARTITION BY toYYYYMM(day) PRIMARY KEY (day, session_id, start_time) ORDER BY (day, session_id, start_time, event_id)`,
      // Where an event is, by its own id and by the one that its span would give it: looked up for each that arrives
      `CREATE TABLE IF NOT EXISTS places (
        id String CODEC(ZSTD(1)),
        event_id String CODEC(ZSTD(1)),
        day Date,
        session_id String CODEC(ZSTD(1)),
        start_time Float64 CODEC(ZSTD(1)),
        version UInt64 CODEC(Delta, ZSTD(1)),
        deleted UInt8
      ) ENGINE = ReplacingMergeTree(version, deleted) ORDER BY (id, event_id) SETTINGS index_granularity = 256`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS places_of_events TO places AS
      SELECT arrayJoin(arrayDistinct([event_id, name])) AS id, event_id, day, session_id, start_time, version, deleted FROM events`,
      // One row per session, counted anew when something in it changes: a list of sessions reads no events
      `CREATE TABLE IF NOT EXISTS sessions (
        session_id String CODEC(ZSTD(1)),
        name Nullable(String),
        source Nullable(String),
        event_source String,
        start_time Float64,
        session_end Nullable(Float64),
        last_end Nullable(Float64),
        events UInt64,
        known UInt64,
        errors UInt64,
        tokens Float64,
        counted Float64,
        cost Float64,
        priced UInt64,
        unpriced UInt64,
        running UInt64,
        lost UInt64,
        models Array(String),
        user Nullable(String),
        version UInt64,
        deleted UInt8
      ) ENGINE = ReplacingMergeTree(version, deleted) ORDER BY session_id`,
      // Model events that tell a call which one below them tells too: their tokens do not count once more
      `CREATE TABLE IF NOT EXISTS repeats (
        session_id String CODEC(ZSTD(1)),
        event_id String CODEC(ZSTD(1)),
        version UInt64,
        deleted UInt8
      ) ENGINE = ReplacingMergeTree(version, deleted) ORDER BY (session_id, event_id)`,
      // When processes with running spans were last heard of
      `CREATE TABLE IF NOT EXISTS processes (
        process String,
        seen SimpleAggregateFunction(max, Float64)
      ) ENGINE = AggregatingMergeTree ORDER BY process`,
      `CREATE TABLE IF NOT EXISTS state (key String, value String, version UInt64) ENGINE = ReplacingMergeTree(version) ORDER BY key`
    ]
  ]
]

const version = Math.max(...migrations.map(([version]) => version))

const Found = Schema.Struct({ version: Schema.Int })

/** Brings the tables to this version; those of a newer hive are refused. */
export const migrate = (database: Database, where: string): Effect.Effect<void, TraceStoreError> =>
  Effect.gen(function* () {
    const what = `preparing ${where}`
    yield* database.run(what, {
      sql: "CREATE TABLE IF NOT EXISTS migrations (version UInt32, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version"
    })
    const [found] = yield* database.rows(what, Found, { sql: "SELECT max(version) AS version FROM migrations" })
    const before = found?.version ?? 0
    if (before > version) {
      return yield* Effect.fail(
        new TraceStoreError({
          message:
            `${where} has tables of version ${before}, this hive reads up to version ${version}: ` +
            "update @honeyhive/hive, or choose another database"
        })
      )
    }
    for (const [step, statements] of migrations) {
      if (step <= before) continue
      for (const sql of statements) yield* database.run(what, { sql })
      yield* database.insert(what, "migrations", [{ version: step }])
    }
  })
