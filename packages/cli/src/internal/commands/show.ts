import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type { Event } from "@honeyhive/contract/Event"
import * as Tree from "../../Tree.ts"
import { Output } from "../output.ts"
import * as sessions from "../sessions.ts"
import { clean, GAP, milliseconds, moment, type Part, plural, widthOf, write } from "../text.ts"
import { connected, isJson } from "./root.ts"

/** What decides how a session looks. */
export type Look = Pick<Output["Service"], "colours" | "columns" | "paint">

/** One session, or several of one trace, each under a line that says what it is. */
export const describe = (events: ReadonlyArray<Event>, { colours, columns, paint }: Look): ReadonlyArray<string> => {
  const byId = [...Map.groupBy(events, ({ session_id }) => session_id)]
  const width = columns()
  return byId.flatMap(([id, inside], index) => {
    const summary = sessions.summarize(inside)
    if (summary === undefined) return []
    const facts = [
      moment(summary.start_time),
      ...(summary.duration === null ? [] : [milliseconds(summary.duration)]),
      plural(summary.events, "event"),
      ...(summary.tokens === 0 ? [] : [plural(summary.tokens, "token")])
    ]
    const name: ReadonlyArray<Part> = [
      ["bold", clean(summary.name)],
      ["cyan", id]
    ]
    const rest: ReadonlyArray<Part> = [
      ["dim", facts.join(" · ")],
      ...(summary.errors === 0 ? [] : [["red", plural(summary.errors, "error")] satisfies Part])
    ]
    const isOneLine = [...name, ...rest].reduce((sum, [, text]) => sum + widthOf(text) + GAP.length, 0) <= width
    const title = (isOneLine ? [[...name, ...rest]] : [name, rest]).map((parts) => write(parts, width, paint))
    const tree = Tree.render(inside, { colours, columns: width })
    return [...(index === 0 ? [] : [""]), ...title, ...tree.split("\n")]
  })
}

/** The same on stdout. */
export const print = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
  const output = yield* Output
  yield* Effect.forEach(describe(events, output), output.line, { discard: true })
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
