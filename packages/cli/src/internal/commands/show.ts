import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type { Event } from "@honeyhive/contract/Event"
import * as Tree from "../../Tree.ts"
import { Output } from "../output.ts"
import * as sessions from "../sessions.ts"
import { clean, milliseconds, moment, plural } from "../text.ts"
import { connected, isJson } from "./root.ts"

const FEWEST_COLUMNS = 60

/** One session, or several of one trace, under a line that says what they are. */
export const print = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
  const { colours, columns, line, paint } = yield* Output
  const byId = Map.groupBy(events, ({ session_id }) => session_id)
  for (const [id, inside] of byId) {
    const summary = sessions.summarize(inside)
    if (summary === undefined) continue
    const facts = [
      moment(summary.start_time),
      ...(summary.duration === null ? [] : [milliseconds(summary.duration)]),
      plural(summary.events, "event"),
      ...(summary.tokens === 0 ? [] : [plural(summary.tokens, "token")])
    ]
    yield* line(
      [
        paint("bold", clean(summary.name)),
        paint("cyan", id),
        paint("dim", facts.join(" · ")),
        ...(summary.errors === 0 ? [] : [paint("red", plural(summary.errors, "error"))])
      ].join("  ")
    )
    const width = columns()
    yield* line(Tree.render(inside, { colours, ...(width < FEWEST_COLUMNS ? {} : { columns: width }) }))
    if (byId.size > 1) yield* line("")
  }
})

export const show = Command.make(
  "show",
  {
    session: Argument.String("session").pipe(
      Argument.withDescription(
        "Id of a session, a trace or an event, the beginning of one, a session's name, or `last`"
      )
    )
  },
  ({ session }) =>
    Effect.gen(function* () {
      const events = yield* sessions.find(session)
      const { json } = yield* Output
      if (yield* isJson) return yield* Effect.asVoid(Effect.forEach(events, json))
      yield* print(events)
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription("Show a session or a trace as a tree, with bars for time, tokens and errors."),
  Command.withExamples([
    { command: "hive show last" },
    { command: "hive show 3f2a9c41", description: "The beginning of an id is enough" },
    { command: "hive show last --json | jq -r 'select(.error).event_name'", description: "What failed" }
  ])
)
