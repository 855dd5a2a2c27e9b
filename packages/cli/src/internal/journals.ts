/**
 * Evaluations that have not come to their end: a journal for each run in the hive's data folder, and beside it what the run was
 * started with, so that it can be told to go on.
 */
import * as Fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { reasonOf } from "./backend.ts"
import { isRunning } from "./location.ts"

const Begun = Schema.Struct({
  run_id: Schema.String,
  name: Schema.String,
  /** Of the evaluation, absolute. */
  file: Schema.String,
  limit: Schema.optionalKey(Schema.Int),
  repetitions: Schema.optionalKey(Schema.Int),
  /** Unix milliseconds. */
  started_at: Schema.Number,
  pid: Schema.Int
})

/** A run as it was started. */
export type Begun = typeof Begun.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Begun))

const folderOf = (data: string): string => join(data, "evaluations")

const noteOf = (data: string, runId: string): string => join(folderOf(data), `${runId}.json`)

/** The file that the run is kept in. */
export const fileOf = (data: string, runId: string): string => join(folderOf(data), `${runId}.sqlite`)

/** Those that were begun and have not been forgotten, newest first. What is no note of ours is none of them. */
export const begun = (data: string): ReadonlyArray<Begun> => {
  const read = (file: string): ReadonlyArray<Begun> => {
    try {
      return Option.toArray(decode(Fs.readFileSync(join(folderOf(data), file), "utf8")))
    } catch {
      return []
    }
  }
  const names = Fs.existsSync(folderOf(data)) ? Fs.readdirSync(folderOf(data)) : []
  return names
    .filter((name) => name.endsWith(".json"))
    .flatMap(read)
    .toSorted((a, b) => b.started_at - a.started_at)
}

/** Whether another process has it in work, as far as can be seen. */
export const isInWork = ({ pid }: Begun): boolean => pid !== process.pid && isRunning(pid)

/** The run has come to its end, or has nothing worth keeping. */
export const forget = (data: string, runId: string): Effect.Effect<void> =>
  Effect.sync(() => {
    const path = fileOf(data, runId)
    for (const file of [path, `${path}-wal`, `${path}-shm`, noteOf(data, runId)]) Fs.rmSync(file, { force: true })
  }).pipe(
    // What stays behind is forgotten with the next run of its kind
    Effect.ignoreCause
  )

/** Nobody goes on with a run after so long: the application is another by then. */
const KEPT_DAYS = 30

/** Writes down that a run begins, and forgets very old ones; where nothing can be written, says why. */
export const begin = (data: string, run: Begun): Effect.Effect<void, string> =>
  Effect.try({
    try: () => {
      // For their owner only: answers are in it
      Fs.mkdirSync(folderOf(data), { recursive: true, mode: 0o700 })
      Fs.writeFileSync(noteOf(data, run.run_id), JSON.stringify(run), { mode: 0o600 })
    },
    catch: reasonOf
  }).pipe(
    Effect.andThen(
      Effect.forEach(
        begun(data).filter((it) => it.started_at < run.started_at - KEPT_DAYS * 86_400_000 && !isInWork(it)),
        ({ run_id }) => forget(data, run_id),
        { discard: true }
      )
    )
  )

/** The run that is meant: `last` (the newest of this file), an id, the beginning of one, or a name. */
export const find = (
  data: string,
  { file, reference }: { readonly reference: string; readonly file: string }
): Option.Option<Begun> => {
  const ours = begun(data).filter((run) => run.file === file)
  return Option.fromUndefinedOr(
    reference === "last"
      ? ours[0]
      : (ours.find(({ name }) => name === reference) ??
          ours.find(({ run_id }) => reference !== "" && run_id.startsWith(reference.toLowerCase())))
  )
}
