import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { type Aggregate, Grouping, Order } from "@honeyhive/hive/TraceQueries"
import type { TraceQuery } from "@honeyhive/hive/TraceQuery"
import { Backend } from "../backend.ts"
import { Output } from "../output.ts"
import * as queries from "../query.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, type Column, milliseconds, money, plural, table } from "../text.ts"
import { connected, isJson } from "./root.ts"

const percent = ({ error_rate, errors, events }: Aggregate): string =>
  errors === 0 ? "-" : `${(error_rate * 100).toFixed(errors === events ? 0 : 1)} %`

const number = (count: number): string => (count === 0 ? "-" : count.toLocaleString("en-US"))

const time = (duration: number | undefined): string => (duration === undefined ? "-" : milliseconds(duration))

/** A cost that leaves out calls without a known price is at least so much. */
const cost = ({ cost, unpriced }: Aggregate): string =>
  cost === 0 ? (unpriced > 0 ? "?" : "-") : `${unpriced > 0 ? ">" : ""}${money(cost)}`

const right = { align: "right" } as const
const tokenColumns: ReadonlyArray<Column> = ["IN", "OUT", "TOKENS"].map((title) => ({
  title,
  ...right,
  style: () => "yellow"
}))

const printGroups = Effect.fnUntraced(function* (by: Grouping, groups: ReadonlyArray<Aggregate>) {
  const { columns, line, moves, paint } = yield* Output
  const hasTokens = groups.some(({ tokens }) => tokens > 0)
  const hasFirsts = groups.some(({ time_to_first_token }) => time_to_first_token !== null)
  const title = by === "day" || by === "hour" ? `${by.toUpperCase()} (UTC)` : by.toUpperCase()
  const lines = table(
    [
      { title, max: moves ? Math.max(16, columns() - 80) : Infinity },
      { title: "EVENTS", ...right },
      { title: "ERRORS", ...right, style: (row) => (groups[row]?.errors === 0 ? undefined : "red") },
      { title: "P50", ...right },
      { title: "P95", ...right },
      { title: "P99", ...right },
      ...(hasFirsts ? [{ title: "FIRST TOKEN", ...right }] : []),
      ...(hasTokens ? [...tokenColumns, { title: "COST", ...right }] : [])
    ],
    groups.map((group) => {
      const { duration, events, key, label, time_to_first_token, tokens, usage } = group
      return [
        clean(label === null ? (key ?? "(none)") : `${label}  ${key}`),
        number(events),
        percent(group),
        time(duration?.p50),
        time(duration?.p95),
        time(duration?.p99),
        ...(hasFirsts ? [time(time_to_first_token?.p50)] : []),
        ...(hasTokens
          ? [
              number(usage.input + usage.cacheRead + usage.cacheWrite),
              number(usage.output + usage.reasoning),
              number(tokens),
              cost(group)
            ]
          : [])
      ]
    }),
    paint
  )
  yield* Effect.forEach(lines, line, { discard: true })
})

const MOST_DAYS = 31

/** The tables of everything: the largest first, days as a calendar has them. */
const tables: ReadonlyArray<readonly [by: Grouping, among: TraceQuery]> = [
  ["model", queries.is("type", "model")],
  ["name", queries.everything],
  ["day", queries.everything]
]

const groupsOf = Effect.fnUntraced(function* (
  query: TraceQuery,
  by: Grouping,
  order: Order | undefined,
  limit: number | undefined
) {
  const { questions } = yield* Backend
  const isTime = by === "day" || by === "hour"
  const groups = yield* questions.aggregate(query, {
    by,
    order: order ?? (isTime ? "newest" : "events"),
    limit: limit ?? (isTime ? MOST_DAYS : 10)
  })
  return isTime && order === undefined ? groups.toReversed() : groups
})

/** Everything that matches on one line; nothing where nothing does. */
const printSum = Effect.fnUntraced(function* (all: Aggregate, sessions: number) {
  const { line, paint } = yield* Output
  const facts = [
    ...(sessions === 0 ? [] : [plural(sessions, "session")]),
    plural(all.events, "event"),
    ...(all.tokens === 0 ? [] : [plural(all.tokens, "token")]),
    ...(all.tokens === 0 ? [] : [cost(all)])
  ]
  yield* line(
    `${paint("bold", facts.join(" · "))}${all.errors === 0 ? "" : paint("red", `  ${plural(all.errors, "error")} (${percent(all)})`)}`
  )
})

export const stats = Command.make(
  "stats",
  {
    query: Argument.String("query").pipe(
      Argument.withDescription("Only of events like that, as `hive search` takes it"),
      Argument.variadic()
    ),
    by: Flag.Literals("by", Grouping.literals).pipe(
      Flag.withDescription("One table by this instead of those by model, name and day"),
      Flag.optional
    ),
    order: Flag.Literals("order", Order.literals).pipe(
      Flag.withDescription("What comes first: those with the most, or the newest"),
      Flag.optional
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Lines of a table at most: 10, and 31 days"),
      Flag.filter(
        (limit) => limit >= 1 && limit <= 10_000,
        () => "1 to 10000"
      ),
      Flag.optional
    ),
    since: sinceFlag("Not before this")
  },
  ({ by, limit, order, query: words, since }) =>
    Effect.gen(function* () {
      const { json, line, note } = yield* Output
      const { label, questions } = yield* Backend
      const from = Option.getOrUndefined(since)
      const asJson = yield* isJson
      const said = yield* queries.read(words, from)
      // A session lasts as long as what is in it, and would be counted beside it
      const query = queries.and(said, queries.not(queries.is("type", "session")))
      const ask = (among: TraceQuery, by: Grouping) =>
        groupsOf(queries.and(query, among), by, Option.getOrUndefined(order), Option.getOrUndefined(limit))
      if (Option.isSome(by)) {
        const groups = yield* ask(queries.everything, by.value)
        if (asJson) return yield* Effect.forEach(groups, (group) => json({ by: by.value, ...group }), { discard: true })
        return groups.length === 0 ? yield* note("no event is like that") : yield* printGroups(by.value, groups)
      }
      const [all] = yield* questions.aggregate(query, { by: "all" })
      // Of some events only, sessions are not a number that means anything
      const sessions =
        words.length > 0
          ? 0
          : ((yield* questions.aggregate(queries.and(said, queries.is("type", "session")), { by: "all" }))[0]?.events ??
            0)
      if (all === undefined) {
        return yield* note(
          words.length > 0 || from !== undefined
            ? "no event is like that"
            : `no events in ${label} yet: \`hive run -- <command>\` makes some`
        )
      }
      if (asJson) yield* json({ by: "all", ...(words.length > 0 ? {} : { sessions }), ...all })
      else yield* printSum(all, sessions)
      for (const [by, among] of tables) {
        const groups = yield* ask(among, by)
        if (asJson) yield* Effect.forEach(groups, (group) => json({ by, ...group }), { discard: true })
        else if (groups.length > 0) yield* Effect.andThen(line(""), printGroups(by, groups))
      }
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription("Latencies, tokens, costs and error rates: by model, name and day, or by what --by says."),
  Command.withExamples([
    { command: "hive stats --since 1d" },
    { command: "hive stats --by session --order cost -n 5", description: "The most expensive sessions" },
    { command: "hive stats 'model:gpt*' --by day", description: "Tokens and cost of some models, day by day" },
    { command: "hive stats --json | jq 'select(.by == \"model\")'", description: "One row per model" }
  ])
)
