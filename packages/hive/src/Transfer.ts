/**
 * Events out of a store and into another one: as OTLP JSON, which every tool for traces reads, and as a SQLite file, which
 * another hive opens.
 *
 * Both keep everything: what is imported is what was exported, ids, buckets, feedback and all. Importing the same again
 * changes nothing.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ExportTraceServiceRequest, spans } from "@honeyhive/contract/Otlp"
import { settle } from "./internal/database.ts"
import { keepSpans } from "./internal/exactSpans.ts"
import { requestOf } from "./internal/otlpSpan.ts"
import { layer as recordsAt, RecordStore } from "./RecordStore.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { type SearchError, type Selection, TraceStore, TraceStoreError } from "./TraceStore.ts"

/** Spans of one line. */
const PER_LINE = 200

/**
 * The selected events, and the sessions they are in, as lines of OTLP JSON: each is one `ExportTraceServiceRequest`, as
 * OpenTelemetry's file exporter writes them, and can be sent to any OTLP endpoint. Another hive's keeps ids and parents.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { SqliteTraceStore, TraceStore, Transfer } from "@honeyhive/hive"
 *
 * const store = () => SqliteTraceStore.layer({ path: ":memory:" })
 *
 * const exported = Effect.gen(function*() {
 *   yield* TraceStore.use((store) => store.startSession({ session_name: "nightly" }))
 *   return yield* Stream.runCollect(Transfer.exportOtlp())
 * })
 *
 * const imported = Effect.gen(function*() {
 *   const lines = yield* Effect.provide(exported, store())
 *   yield* Transfer.importOtlp(Stream.fromIterable(lines))
 *   const sessions = yield* TraceStore.use((store) => store.sessions({ limit: 10, offset: 0 }))
 *   return sessions.map((session) => session.name)
 * })
 *
 * await Effect.runPromise(imported.pipe(Effect.provide(store()))) // => ["nightly"]
 * ```
 *
 * @category export
 * @since 0.1.0
 */
export const exportOtlp = (
  selection: Selection = {}
): Stream.Stream<string, TraceStoreError | SearchError, TraceStore> =>
  Stream.unwrap(Effect.map(TraceStore, (store) => store.records(selection))).pipe(
    Stream.grouped(PER_LINE),
    Stream.map((records) => `${JSON.stringify(requestOf(records))}\n`)
  )

/**
 * What an import did.
 *
 * @category models
 * @since 0.1.0
 */
export interface Imported {
  readonly events: number
  /** Why each of the others was refused. */
  readonly rejected: ReadonlyArray<string>
}

const decodeLine = Schema.decodeUnknownEffect(Schema.fromJsonString(ExportTraceServiceRequest))

const importLine = Effect.fnUntraced(function* (line: string) {
  const store = yield* TraceStore
  const request = yield* Effect.result(decodeLine(line))
  if (request._tag === "Failure") return { events: 0, rejected: [`a line is no OTLP JSON: ${request.failure.message}`] }
  const { accepted, rejected } = spans(request.success)
  yield* keepSpans(store, accepted)
  return { events: accepted.length, rejected }
})

/**
 * Reads lines of OTLP JSON, from {@link exportOtlp} or from any other tool, and keeps their spans. A line that cannot be
 * read is counted and the others are kept.
 *
 * @category import
 * @since 0.1.0
 */
export const importOtlp = <E, R>(
  text: Stream.Stream<string, E, R>
): Effect.Effect<Imported, E | TraceStoreError, R | TraceStore> =>
  Stream.splitLines(text).pipe(
    Stream.filter((line) => line.trim() !== ""),
    Stream.mapEffect(importLine),
    Stream.runFold(
      (): Imported => ({ events: 0, rejected: [] }),
      (all, { events, rejected }) => ({ events: all.events + events, rejected: [...all.rejected, ...rejected] })
    )
  )

/** What is kept beside traces, where both sides keep it. */
const copyRecords = (from: RecordStore["Service"], to: RecordStore["Service"]) =>
  from.records.pipe(Stream.grouped(PER_LINE), Stream.runForEach(to.restore))

/**
 * What to carry beside the selected events.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileOptions {
  /**
   * Runs, datasets, datapoints and metric definitions, all of them, where a `RecordStore` is provided (as `Hive` does).
   * Default true.
   */
  readonly records?: boolean | undefined
}

const copy = Effect.fnUntraced(function* (
  selection: Selection,
  from: TraceStore["Service"],
  to: TraceStore["Service"]
) {
  return yield* from.records(selection).pipe(
    Stream.grouped(PER_LINE),
    Stream.runFoldEffect(
      () => 0,
      (count, records) => Effect.as(to.restore(records), count + records.length)
    )
  )
})

/**
 * Writes the selected events, the sessions they are in, and what is kept beside traces into a new SQLite file, and answers how
 * many events. The file is a store: `Hive.layer({ path })` opens it, and {@link importFile} reads it. A file that exists is
 * refused.
 *
 * @category export
 * @since 0.1.0
 */
export const exportFile = (
  path: string,
  selection: Selection = {},
  { records = true }: FileOptions = {}
): Effect.Effect<number, TraceStoreError | SearchError, TraceStore> =>
  Effect.gen(function* () {
    if (existsSync(path)) {
      return yield* new TraceStoreError({ message: `${path} exists: export into a file that does not` })
    }
    const from = yield* TraceStore
    const count = yield* Effect.provide(
      TraceStore.use((to) => copy(selection, from, to)),
      SqliteTraceStore.layer({ path })
    )
    const beside = yield* Effect.serviceOption(RecordStore)
    if (records && Option.isSome(beside)) {
      yield* Effect.provide(
        RecordStore.use((to) => copyRecords(beside.value, to)),
        recordsAt({ path })
      )
    }
    yield* Effect.try({
      try: () => settle(path),
      catch: (cause) => new TraceStoreError({ message: `closing ${path}: ${String(cause)}`, cause })
    })
    return count
  })

/**
 * Reads events of another store's file, and what is kept beside them, and answers how many events. The file is opened as every store is: one of an earlier
 * version is brought to this one.
 *
 * @category import
 * @since 0.1.0
 */
export const importFile = (
  path: string,
  selection: Selection = {},
  { records = true }: FileOptions = {}
): Effect.Effect<number, TraceStoreError | SearchError, TraceStore> =>
  Effect.gen(function* () {
    if (!existsSync(path)) return yield* new TraceStoreError({ message: `${path} does not exist` })
    const to = yield* TraceStore
    const beside = yield* Effect.serviceOption(RecordStore)
    if (records && Option.isSome(beside)) {
      yield* Effect.provide(
        RecordStore.use((from) => copyRecords(from, beside.value)),
        recordsAt({ path })
      )
    }
    return yield* Effect.provide(
      TraceStore.use((from) => copy(selection, from, to)),
      SqliteTraceStore.layer({ path })
    )
  })
