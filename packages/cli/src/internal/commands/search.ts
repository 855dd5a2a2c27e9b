import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { Filter } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import { eachPage } from "../backend.ts"
import { Output } from "../output.ts"
import { Misuse } from "../problem.ts"
import * as progress from "../progress.ts"
import * as queries from "../query.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, firstLine, milliseconds, moment, plural, table } from "../text.ts"
import { connected, isJson } from "./root.ts"

/** The fields that a text may stand in; the backend knows only conditions that hold together, so each is asked for. */
const textFields = ["event_name", "inputs", "outputs", "error"]

const newestFirst = (a: Event, b: Event): number => b.start_time - a.start_time || (a.event_id < b.event_id ? -1 : 1)

/** The newest events that the query is true of. */
const find = Effect.fnUntraced(function* (query: queries.Query, limit: number, since: number | undefined) {
  const { text } = query
  const searches: ReadonlyArray<ReadonlyArray<Filter>> =
    text === undefined
      ? [query.filters]
      : textFields.map((field) => [...query.filters, { field, operator: "contains", value: text }])
  const bar = yield* progress.make("searching")
  const found = new Map<string, Event>()
  for (const filters of searches) {
    let matched = 0
    let seen = 0
    yield* eachPage({ filters, ...(since === undefined ? {} : { since }) }, (events, total) => {
      for (const event of events) {
        if (matched >= limit || !query.test(event)) continue
        matched++
        found.set(event.event_id, event)
      }
      seen += events.length
      return Effect.as(bar.update(seen, total), matched < limit)
    })
  }
  return [...found.values()].toSorted(newestFirst).slice(0, limit)
})

const print = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
  const { columns, line, moves, paint } = yield* Output
  const room = moves ? Math.max(20, columns() - 60) : Infinity
  const rows = events.map(({ config, duration, error, event_name, event_type, session_id, start_time }) => [
    session_id.slice(0, 8),
    moment(start_time),
    event_type,
    duration === null ? "-" : milliseconds(duration),
    [
      clean(event_name),
      ...(event_type === "model" && typeof config["model"] === "string" ? [clean(config["model"])] : []),
      ...(error === null ? [] : [`! ${firstLine(error)}`])
    ].join("  ")
  ])
  const lines = table(
    [
      { title: "SESSION", style: () => "cyan" },
      { title: "STARTED", style: () => "dim" },
      { title: "TYPE", style: () => "blue" },
      { title: "TIME", align: "right" },
      { title: "NAME", max: room, style: (row) => (events[row]?.error === null ? undefined : "red") }
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
      // An argument with blanks was one word to the shell, and is a text here, unless it holds a query of its own
      const text = words.map((word) => (/^[^:<>="]*\s[^:<>="]*$/.test(word) ? JSON.stringify(word) : word)).join(" ")
      const query = queries.parse(text)
      if (Result.isFailure(query)) return yield* new Misuse({ message: queries.underline(text, query.failure) })
      const from = Option.getOrUndefined(since)
      const found = yield* find(query.success, limit, from).pipe(Effect.scoped, Effect.provide(connected))
      if (yield* isJson) return yield* Effect.forEach(found, json, { discard: true })
      if (found.length === 0) return yield* note("no event is like that")
      yield* print(found)
      if (found.length === limit) yield* note(`the newest ${plural(limit, "event")}: --limit shows more`)
    })
).pipe(
  Command.withDescription(
    `Search events, newest first. Conditions: ${queries.names.join(", ")}; with : and * for texts, > < >= <= for numbers, - in front for the contrary.`
  ),
  Command.withExamples([
    { command: "hive search type:model 'model:gpt*' 'duration>2s'", description: "Slow calls of a model" },
    { command: "hive search 'error:true -name:lookUp'", description: "What failed, but for one tool" },
    { command: "hive search 'refund for order 42'", description: "In names, inputs, outputs and errors" },
    { command: "hive search metadata.user:u1 --since 1d --json" }
  ])
)
