import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type { Event } from "@honeyhive/contract/Event"
import * as Tree from "../../Tree.ts"
import { Backend } from "../backend.ts"
import { Output } from "../output.ts"
import { and, is, oneOf } from "../query.ts"
import * as sessions from "../sessions.ts"
import { clean, GAP, milliseconds, moment, money, type Part, plural, widthOf, write } from "../text.ts"
import { connected, isJson } from "./root.ts"

/** What decides how a session looks. */
export interface Look extends Pick<Output["Service"], "colours" | "columns" | "paint"> {
  /** The moment, where what runs is to be seen running. */
  readonly now?: number
  /** US dollars of the calls whose price is known, by their events' ids. */
  readonly costs?: ReadonlyMap<string, number>
}

/** One session, or several of one trace, each under a line that says what it is. */
export const describe = (
  events: ReadonlyArray<Event>,
  { colours, columns, costs, now, paint }: Look
): ReadonlyArray<string> => {
  const byId = [...Map.groupBy(events, ({ session_id }) => session_id)]
  const width = columns()
  return byId.flatMap(([id, inside], index) => {
    const summary = sessions.summarize(inside)
    if (summary === undefined) return []
    const cost = inside.reduce((sum, { event_id }) => sum + (costs?.get(event_id) ?? 0), 0)
    const facts = [
      moment(summary.start_time),
      ...(summary.duration === null ? [] : [milliseconds(summary.duration)]),
      plural(summary.events, "event"),
      ...(summary.tokens === 0 ? [] : [plural(summary.tokens, "token")]),
      ...(cost === 0 ? [] : [money(cost)])
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
    const tree = Tree.render(inside, { colours, columns: width, costs, now })
    return [...(index === 0 ? [] : [""]), ...title, ...tree.split("\n")]
  })
}

/** What a hive's prices say of the model calls of sessions; nothing where nobody counts. */
const costsOf = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
  const models = events.filter(({ event_type }) => event_type === "model")
  const ids = [...new Set(models.map(({ session_id }) => session_id))]
  if (ids.length === 0) return new Map<string, number>()
  const { questions } = yield* Backend
  const query = and(oneOf("session", ids), is("type", "model"))
  const hits = yield* Effect.orElseSucceed(questions.hits(query, models.length), () => [])
  return new Map(hits.flatMap(({ cost, event_id }) => (cost === null ? [] : [[event_id, cost] as const])))
})

/** The same on stdout. */
export const print = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
  const output = yield* Output
  const costs = yield* costsOf(events)
  yield* Effect.forEach(describe(events, { ...output, costs }), output.line, { discard: true })
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
