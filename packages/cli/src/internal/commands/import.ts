import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { Backend } from "../backend.ts"
import { requests, Unreadable } from "../documents.ts"
import * as location from "../location.ts"
import { pieces } from "../otlp.ts"
import { Output } from "../output.ts"
import { Problem } from "../problem.ts"
import * as progress from "../progress.ts"
import { clean, plural } from "../text.ts"
import { connected, isJson, place } from "./root.ts"

const failed = (path: string, error: unknown): Problem => {
  const reason = error instanceof Unreadable || error instanceof Error ? error.message : String(error)
  return new Problem({ message: `cannot import ${path}: ${reason}` })
}

export const importCommand = Command.make(
  "import",
  {
    files: Argument.String("file").pipe(
      Argument.withDescription("OTLP JSON or HoneyHive's events, plain or gzip; - is stdin"),
      Argument.atLeast(1)
    )
  },
  ({ files }) =>
    Effect.gen(function* () {
      const here = yield* place
      // A first import makes the store
      if (location.givenUrl(here) === undefined) yield* location.makeStore(location.dataFolder(here))
      const { json, note } = yield* Output
      const counts = { spans: 0, rejected: 0 }
      const reasons: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { ingest } = yield* Backend
          const bar = yield* progress.make("importing spans")
          yield* Effect.forEach(
            files,
            (path) =>
              Stream.fromAsyncIterable(requests(path), (error) => failed(path, error)).pipe(
                Stream.runForEach((request) =>
                  Effect.gen(function* () {
                    for (const { body, spans } of pieces(request)) {
                      const { message, rejected } = yield* ingest(body)
                      counts.spans += spans
                      counts.rejected += rejected
                      if (rejected > 0) reasons.push(message)
                      yield* bar.update(counts.spans)
                    }
                  })
                )
              ),
            { discard: true }
          )
        })
      ).pipe(
        Effect.tapError(() =>
          counts.spans === 0 ? Effect.void : note(`${plural(counts.spans, "span")} before that were imported`)
        ),
        Effect.provide(connected)
      )
      if (yield* isJson) yield* json(counts)
      else yield* note(`${plural(counts.spans - counts.rejected, "span")} imported`)
      if (counts.rejected > 0) {
        return yield* new Problem({
          message: `${plural(counts.rejected, "span")} refused: ${clean(reasons[0] ?? "no reason given")}`
        })
      }
    })
).pipe(
  Command.withDescription("Read files into a hive. What is there already stays as it is: an event is known by its id."),
  Command.withExamples([
    { command: "hive import session.json" },
    { command: "zcat old.jsonl.gz | hive import -" },
    { command: "hive import traces.json --url http://127.0.0.1:4318", description: "Into another hive" }
  ])
)
