import * as Fs from "node:fs"
import { createGzip, type Gzip } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { TraceQuery } from "@honeyhive/hive/TraceQuery"
import { Backend, eachPage, sessionEvents } from "../backend.ts"
import { toRequest } from "../otlp.ts"
import { Output } from "../output.ts"
import { Misuse, Problem } from "../problem.ts"
import * as progress from "../progress.ts"
import * as queries from "../query.ts"
import * as sessions from "../sessions.ts"
import { since as sinceFlag } from "../since.ts"
import { plural } from "../text.ts"
import { connected } from "./root.ts"

/** A file that is written beside its place and moved there when it is whole, for its owner only. */
const file = Effect.fnUntraced(function* (path: string) {
  const failed = (error: unknown) =>
    new Problem({ message: `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}` })
  const partial = `${path}.partial`
  const out = Fs.createWriteStream(partial, { mode: 0o600 })
  yield* Effect.addFinalizer(() => Effect.sync(() => out.destroy()))
  const target: Gzip | Fs.WriteStream = path.endsWith(".gz") ? createGzip() : out
  let broken: unknown
  out.on("error", (error) => (broken = error))
  if (target !== out) target.pipe(out)
  const write = (text: string) =>
    Effect.callback<void, Problem>((resume) => {
      if (broken !== undefined) return resume(Effect.fail(failed(broken)))
      out.once("error", fail)
      target.write(text, (error) => {
        out.off("error", fail)
        resume(error ? Effect.fail(failed(error)) : Effect.void)
      })
      function fail(error: Error): void {
        resume(Effect.fail(failed(error)))
      }
    })
  const close = Effect.callback<void, Problem>((resume) => {
    out.once("error", (error) => resume(Effect.fail(failed(error))))
    out.once("finish", () =>
      resume(
        Effect.try({
          try: () => Fs.renameSync(partial, path),
          catch: failed
        })
      )
    )
    target.end()
  })
  return { write, close }
})

/** The ids of the sessions that are meant, newest first. */
const idsOf = Effect.fnUntraced(function* (
  said: ReadonlyArray<string>,
  query: TraceQuery | undefined,
  since: number | undefined
) {
  if (said.length > 0) {
    const found = yield* Effect.forEach(said, sessions.find)
    return new Set(found.flat().map(({ session_id }) => session_id))
  }
  if (query !== undefined) {
    const hits = yield* Backend.use(({ questions }) => questions.hits(query, Infinity))
    return new Set(hits.map(({ session_id }) => session_id))
  }
  const bar = yield* progress.make("looking for sessions")
  const ids = new Set<string>()
  let read = 0
  yield* eachPage(since === undefined ? {} : { since }, (events, total) => {
    for (const event of events) ids.add(event.session_id)
    read += events.length
    return bar.update(read, total)
  })
  return ids
})

interface Choice {
  readonly format: "otlp" | "events"
  readonly output: string | undefined
  readonly said: ReadonlyArray<string>
  readonly wanted: TraceQuery | undefined
  readonly from: number | undefined
}

const write = Effect.fnUntraced(function* ({ format, from, output, said, wanted }: Choice) {
  const { note, raw } = yield* Output
  const ids = yield* Effect.scoped(idsOf(said, wanted, from))
  const target = output === undefined ? { write: raw, close: Effect.void } : yield* file(output)
  let events = 0
  yield* Effect.scoped(
    Effect.gen(function* () {
      const bar = yield* progress.make("exporting sessions")
      let done = 0
      for (const id of ids) {
        const inside = yield* sessionEvents(id)
        events += inside.length
        const lines = format === "otlp" ? [toRequest(inside)] : inside
        yield* target.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
        yield* bar.update(++done, ids.size)
      }
    })
  )
  yield* target.close
  const { label } = yield* Backend
  if (output !== undefined) {
    yield* note(`${plural(ids.size, "session")} with ${plural(events, "event")} from ${label} in ${output}`)
  }
})

export const exportCommand = Command.make(
  "export",
  {
    sessions: Argument.String("session").pipe(
      Argument.withDescription("Sessions, as `hive show` takes them; all of them otherwise"),
      Argument.variadic()
    ),
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withDescription("File to write, compressed where its name ends in .gz; stdout otherwise"),
      Flag.withMetavar("file"),
      Flag.optional
    ),
    format: Flag.Literals("format", ["otlp", "events"]).pipe(
      Flag.withDescription("OTLP JSON, one session per line, or HoneyHive's events, one per line"),
      Flag.withDefault("otlp" as const)
    ),
    since: sinceFlag("Sessions since"),
    query: Flag.String("query").pipe(
      Flag.withDescription("Sessions with an event like that, as `hive search` takes it"),
      Flag.optional
    )
  },
  ({ format, output, query, sessions: said, since }) =>
    Effect.gen(function* () {
      const from = Option.getOrUndefined(since)
      if (said.length > 0 && (Option.isSome(query) || from !== undefined)) {
        return yield* new Misuse({ message: "sessions are named, or chosen with --since and --query, but not both" })
      }
      const wanted = Option.isSome(query) ? yield* queries.read([query.value], from) : undefined
      yield* write({ format, from, output: Option.getOrUndefined(output), said, wanted }).pipe(
        Effect.scoped,
        Effect.provide(connected)
      )
    })
).pipe(
  Command.withDescription("Write sessions as OTLP JSON, which `hive import` and any OpenTelemetry tool read."),
  Command.withExamples([
    { command: "hive export last -o session.json" },
    { command: "hive export --since 1d --query error:true -o failed.jsonl.gz" },
    { command: "hive export --format events | jq -c 'select(.event_type == \"model\").inputs'" }
  ])
)
