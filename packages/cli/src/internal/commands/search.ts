import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { Hit } from "@honeyhive/hive/TraceQueries"
import { Backend } from "../backend.ts"
import { Output } from "../output.ts"
import * as queries from "../query.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, type Column, firstLine, milliseconds, moment, money, plural, table } from "../text.ts"
import { connected, isJson } from "./root.ts"

const print = Effect.fnUntraced(function* (hits: ReadonlyArray<Hit>) {
  const { columns, line, moves, paint } = yield* Output
  const hasTokens = hits.some(({ tokens }) => tokens !== null)
  const hasCosts = hits.some(({ cost }) => cost !== null)
  const room = moves ? Math.max(20, columns() - (hasTokens ? 80 : 60)) : Infinity
  const rows = hits.map(
    ({ cost, duration, error, event_name, event_type, model, session_id, start_time, tokens, tool }) => [
      session_id.slice(0, 8),
      moment(start_time),
      event_type,
      duration === null ? "-" : milliseconds(duration),
      ...(hasTokens ? [tokens === null ? "-" : tokens.toLocaleString("en-US")] : []),
      ...(hasCosts ? [cost === null ? "-" : money(cost)] : []),
      [
        clean(event_name),
        ...[event_type === "model" ? model : event_type === "tool" && tool !== event_name ? tool : null].flatMap(
          (more) => (more === null ? [] : [clean(more)])
        ),
        ...(error === null ? [] : [`! ${firstLine(error)}`])
      ].join("  ")
    ]
  )
  const tokens: Column = { title: "TOKENS", align: "right", style: () => "yellow" }
  const cost: Column = { title: "COST", align: "right" }
  const lines = table(
    [
      { title: "SESSION", style: () => "cyan" },
      { title: "STARTED", style: () => "dim" },
      { title: "TYPE", style: () => "blue" },
      { title: "TIME", align: "right" },
      ...(hasTokens ? [tokens] : []),
      ...(hasCosts ? [cost] : []),
      { title: "NAME", max: room, style: (row) => (hits[row]?.error === null ? undefined : "red") }
    ],
    rows,
    paint
  )
  yield* Effect.forEach(lines, line, { discard: true })
})

export const search = Command.make(
  "search",
  {
    query: Argument.String("query").pipe(
      Argument.withDescription("Conditions and texts, all of which must be true: type:model duration>2s refund"),
      Argument.atLeast(1)
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Events at most"),
      Flag.filter(
        (limit) => limit >= 1,
        () => "1 or more"
      ),
      Flag.withDefault(50)
    ),
    since: sinceFlag("Not before this")
  },
  ({ limit, query: words, since }) =>
    Effect.gen(function* () {
      const { json, note } = yield* Output
      const query = yield* queries.read(words, Option.getOrUndefined(since))
      const found = yield* Backend.use(({ questions }) => questions.hits(query, limit)).pipe(Effect.provide(connected))
      if (yield* isJson) return yield* Effect.forEach(found, json, { discard: true })
      if (found.length === 0) return yield* note("no event is like that")
      yield* print(found)
      if (found.length === limit) yield* note(`the newest ${plural(limit, "event")}: --limit shows more`)
    })
).pipe(
  Command.withDescription(
    'Search events, newest first: field:value with * for anything, > < >= <= for numbers, words and "phrases" in names, inputs, outputs and errors; OR, parentheses, and - for the contrary.'
  ),
  Command.withExamples([
    { command: "hive search type:model 'model:gpt*' 'duration>2s'", description: "Slow calls of a model" },
    { command: "hive search 'error:true -name:lookUp'", description: "What failed, but for one tool" },
    { command: "hive search 'refund for order 42'", description: "A phrase, in names, inputs, outputs and errors" },
    { command: "hive search 'cost>0.01 OR tokens>10000' --since 1d --json" }
  ])
)
