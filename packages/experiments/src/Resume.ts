/**
 * Runs that go on where they stopped, on one machine or on several. A module of its own, so that runs that are not kept do not
 * load it: `@honeyhive/experiments/Resume`.
 *
 * Every item is a durable workflow: what has been recorded is not evaluated, and not paid for, again. An item that was in work
 * when its process ended is evaluated once more (at least once), but it is recorded exactly once.
 *
 * @since 0.1.0
 */
import { mkdir } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as itemWorkflow from "./internal/itemWorkflow.ts"
import * as sqliteClient from "./internal/sqliteClient.ts"
import { Journal, type Service } from "./Journal.ts"

/**
 * The journal's file cannot be used; `message` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class ResumeError extends Schema.TaggedError<ResumeError>()("ResumeError", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

const toError = (path: string, error: unknown): ResumeError => {
  const cause = Cause.isUnknownError(error) ? error.cause : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ResumeError({
    path,
    reason: reason.includes("locked") ? "another process has it open: wait for it, or take another file" : reason
  })
}

const PREFIX = "honeyhive_eval"

const Rows = Schema.Array(Schema.Struct({ run_id: Schema.String }))

/** The run of a name in this database, begun now if there is none. */
const runIds = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const table = sql(`${PREFIX}_runs`)
  yield* sql`CREATE TABLE IF NOT EXISTS ${table} (name TEXT PRIMARY KEY, run_id TEXT NOT NULL)`
  return (name: string) =>
    sql`INSERT INTO ${table} (name, run_id) VALUES (${name}, ${crypto.randomUUID()}) ON CONFLICT (name) DO NOTHING`.pipe(
      Effect.andThen(sql`SELECT run_id FROM ${table} WHERE name = ${name}`),
      Effect.flatMap(Schema.decodeUnknownEffect(Rows)),
      Effect.map(([row]) => row?.run_id ?? crypto.randomUUID()),
      // The file was sound a moment ago
      Effect.orDie,
      Effect.withTracerEnabled(false)
    )
})

/**
 * Keeps runs in a file (SQLite, made where it is missing): a run that was killed or interrupted goes on from there when the
 * same program is started again.
 *
 * A file knows its runs by their names: a run goes by the same id until it is given a `runId` of its own, here or in
 * `evaluate`, or another file. The file belongs to one process at a time: for whoever comes second this fails. A run whose
 * file fails (a full disk) dies with a {@link ResumeError}, and can be resumed.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs"
 * import { tmpdir } from "node:os"
 * import { join } from "node:path"
 * import { Effect } from "effect"
 * import { Dataset, evaluate } from "@honeyhive/experiments"
 * import * as Resume from "@honeyhive/experiments/Resume"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const path = join(mkdtempSync(join(tmpdir(), "runs-")), "nightly.db")
 * let asked = 0
 *
 * const program = evaluate({
 *   name: "nightly",
 *   dataset: Dataset.make([{ inputs: 1 }, { inputs: 2 }]),
 *   run: (n) => n * ++asked
 * }).pipe(Effect.provide([HoneyHive.layerMemory(), Resume.layer({ path })]))
 *
 * const first = await Effect.runPromise(program)
 * const again = await Effect.runPromise(program)
 *
 * asked // => 2
 * again.runId === first.runId // => true
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = ({
  path,
  runId
}: {
  readonly path: string
  /** Of runs that bring none. Default: the one that the file has under the run's name, else a new UUID. */
  readonly runId?: string | undefined
}): Layer.Layer<never, ResumeError> =>
  Effect.gen(function* () {
    yield* Effect.tryPromise(() => mkdir(dirname(resolve(path)), { recursive: true }))
    const { failure, sql } = yield* sqliteClient.make(path)
    const idOf = yield* Effect.withTracerEnabled(runIds(sql), false)
    let machines = 0
    const options = { prefix: PREFIX, nextMachineId: () => machines++ }
    const broken = failure.pipe(Effect.catch((error) => Effect.die(toError(path, error))))
    const service: Service = {
      runId: (name) => (runId === undefined ? idOf(name) : Effect.succeed(runId)),
      open: (run) =>
        itemWorkflow.open(options, run).pipe(
          Effect.provideService(SqlClient.SqlClient, sql),
          // The engine would wait for better times
          Effect.map((kept) => ({ ...kept, entry: (key) => Effect.raceFirst(kept.entry(key), broken) }))
        )
    }
    return Option.some(service)
  }).pipe(
    Effect.mapError((error) => toError(path, error)),
    Layer.effect(Journal)
  )

/**
 * Keeps a run in PostgreSQL, and shares it with every process that opens the same run there: they take their parts of its items
 * and all have all results. When one ends, however suddenly, the others take over what it had.
 *
 * They meet in the database alone and need no connection to each other. All of them start the same program with the same
 * dataset; the tables (`honeyhive_eval_...`) are made where they are missing. The client is yours, such as that of
 * `@effect/sql-pg`.
 *
 * @example
 * ```ts no-run
 * import { PgClient } from "@effect/sql-pg"
 * import { Effect, Layer, Redacted } from "effect"
 * import { Dataset, evaluate } from "@honeyhive/experiments"
 * import * as Resume from "@honeyhive/experiments/Resume"
 * import { HoneyHiveLive } from "@honeyhive/tracing"
 *
 * const Database = PgClient.layer({ url: Redacted.make("postgres://evals@db.internal/evals") })
 *
 * const program = evaluate({
 *   name: "nightly",
 *   dataset: Dataset.make([{ inputs: 1 }, { inputs: 2 }]),
 *   run: (n) => n * 2
 * })
 * // The same on every machine
 * const shared = Resume.layerShared({ runId: "nightly-2026-11-21" }).pipe(Layer.provide(Database))
 * await Effect.runPromise(program.pipe(Effect.provide([HoneyHiveLive, shared])))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerShared = ({
  runId,
  runners = 4,
  takeover = "15 seconds"
}: {
  readonly runId: string
  /** How long a process may be silent before the others take its items over; whole seconds. Default: 15 seconds. */
  readonly takeover?: Duration.Input | undefined
  /** About how many processes share the run: each asks for enough items to keep so many busy. Default: 4. */
  readonly runners?: number | undefined
}): Layer.Layer<never, never, SqlClient.SqlClient> =>
  Layer.effect(
    Journal,
    Effect.map(SqlClient.SqlClient, (sql) => {
      const shared = {
        runners: Math.max(1, runners),
        takeover: Duration.max(Duration.fromInputUnsafe(takeover), Duration.seconds(1))
      }
      const service: Service = {
        runId: () => Effect.succeed(runId),
        open: (run) =>
          Effect.provideService(itemWorkflow.open({ prefix: PREFIX, shared }, run), SqlClient.SqlClient, sql)
      }
      return Option.some(service)
    })
  )
