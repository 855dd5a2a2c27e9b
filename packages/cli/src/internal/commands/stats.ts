import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Aggregate, type Row } from "../aggregate.ts"
import { Backend, eachPage } from "../backend.ts"
import { Output } from "../output.ts"
import * as progress from "../progress.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, type Column, milliseconds, plural, table } from "../text.ts"
import { connected, isJson } from "./root.ts"

const percent = ({ errors, events }: Row): string =>
  errors === 0 ? "-" : `${((errors / events) * 100).toFixed(errors === events ? 0 : 1)} %`

const number = (count: number): string => (count === 0 ? "-" : count.toLocaleString("en-US"))

const time = (duration: number | null): string => (duration === null ? "-" : milliseconds(duration))

const money = (cost: number): string => (cost === 0 ? "-" : `$${cost.toFixed(cost < 1 ? 4 : 2)}`)

const tokenColumns: ReadonlyArray<Column> = ["IN", "OUT", "TOKENS"].map((title) => ({
  title,
  align: "right",
  style: () => "yellow"
}))

const printRows = Effect.fnUntraced(function* (title: string, rows: ReadonlyArray<Row>, most: number) {
  const { columns, line, moves, paint } = yield* Output
  if (rows.length === 0) return
  const shown = rows.slice(0, most)
  const hasCost = rows.some(({ cost }) => cost > 0)
  const hasTokens = rows.some(({ tokens }) => tokens > 0)
  const right = { align: "right" } as const
  const lines = table(
    [
      { title, max: moves ? Math.max(16, columns() - 80) : Infinity },
      { title: "EVENTS", ...right },
      { title: "ERRORS", ...right, style: (row) => (shown[row]?.errors === 0 ? undefined : "red") },
      { title: "P50", ...right },
      { title: "P95", ...right },
      { title: "P99", ...right },
      ...(hasTokens ? tokenColumns : []),
      ...(hasCost ? [{ title: "COST", ...right }] : [])
    ],
    shown.map((row) => [
      clean(row.key),
      number(row.events),
      percent(row),
      time(row.p50),
      time(row.p95),
      time(row.p99),
      ...(hasTokens ? [number(row.input_tokens), number(row.output_tokens), number(row.tokens)] : []),
      ...(hasCost ? [money(row.cost)] : [])
    ]),
    paint
  )
  yield* line("")
  yield* Effect.forEach(lines, line, { discard: true })
  if (rows.length > most) yield* line(paint("dim", `and ${rows.length - most} more`))
})

export const stats = Command.make(
  "stats",
  {
    since: sinceFlag("Not before this"),
    top: Flag.Int("top").pipe(
      Flag.withDescription("Names and models at most"),
      Flag.filter(
        (top) => top >= 1,
        () => "1 or more"
      ),
      Flag.withDefault(10)
    )
  },
  ({ since, top }) =>
    Effect.gen(function* () {
      const { json, line, note, paint } = yield* Output
      const from = Option.getOrUndefined(since)
      const aggregate = new Aggregate()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const bar = yield* progress.make("reading events")
          let read = 0
          yield* eachPage(from === undefined ? {} : { since: from }, (events, total) => {
            for (const event of events) aggregate.add(event)
            read += events.length
            return bar.update(read, total)
          })
        })
      )
      const { all, days, models, names, sessions } = aggregate.totals()
      if (yield* isJson) {
        const { key: _, ...sums } = all
        yield* json({ by: "all", sessions, ...sums })
        const kinds = [
          ["model", models],
          ["name", names],
          ["day", days]
        ] as const
        return yield* Effect.forEach(
          kinds.flatMap(([by, rows]) => rows.map((row) => ({ by, ...row }))),
          json,
          { discard: true }
        )
      }
      if (sessions === 0) {
        const { label } = yield* Backend
        return yield* note(`no sessions in ${label} yet: \`hive run -- <command>\` makes some`)
      }
      const facts = [
        plural(sessions, "session"),
        plural(all.events, "event"),
        ...(all.tokens === 0 ? [] : [plural(all.tokens, "token")]),
        ...(all.cost === 0 ? [] : [money(all.cost)])
      ]
      yield* line(
        `${paint("bold", facts.join(" · "))}${all.errors === 0 ? "" : paint("red", `  ${plural(all.errors, "error")} (${percent(all)})`)}`
      )
      yield* printRows("MODEL", models, top)
      yield* printRows("NAME", names, top)
      yield* printRows("DAY", days, 31)
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription("Sessions, latencies, tokens, costs and error rates, by model, name and day."),
  Command.withExamples([
    { command: "hive stats --since 1d" },
    { command: "hive stats --json | jq 'select(.by == \"model\")'", description: "One row per model" }
  ])
)
