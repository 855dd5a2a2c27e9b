import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Backend } from "../backend.ts"
import { Output } from "../output.ts"
import * as queries from "../query.ts"
import * as sessions from "../sessions.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, milliseconds, moment, money, table } from "../text.ts"
import { connected, isJson } from "./root.ts"

/** Sessions as a table, newest first. */
export const print = Effect.fnUntraced(function* (found: ReadonlyArray<sessions.Summary>) {
  const { columns, line, moves, paint } = yield* Output
  // A pipe has no width: names stay whole
  const hasCosts = found.some(({ cost }) => cost > 0)
  const name = moves ? Math.max(12, columns() - 75) : Infinity
  const rows = found.map((session) => [
    session.session_id.slice(0, 8),
    moment(session.start_time),
    session.duration === null ? "-" : milliseconds(session.duration),
    String(session.events),
    session.errors === 0 ? "-" : String(session.errors),
    session.tokens === 0 ? "-" : session.tokens.toLocaleString("en-US"),
    ...(hasCosts ? [session.cost === 0 ? "-" : money(session.cost)] : []),
    clean(session.source),
    clean(session.name)
  ])
  const titles = table(
    [
      { title: "SESSION", style: () => "cyan" },
      { title: "STARTED", style: () => "dim" },
      { title: "TIME", align: "right" },
      { title: "EVENTS", align: "right" },
      { title: "ERRORS", align: "right", style: (row) => (found[row]?.errors === 0 ? undefined : "red") },
      { title: "TOKENS", align: "right", style: () => "yellow" },
      ...(hasCosts ? [{ title: "COST", align: "right" } as const] : []),
      { title: "SOURCE", max: 12 },
      { title: "NAME", max: name }
    ],
    rows,
    paint
  )
  yield* Effect.forEach(titles, line)
})

export const ls = Command.make(
  "ls",
  {
    query: Argument.String("query").pipe(
      Argument.withDescription("Sessions with an event like that, as `hive search` takes it"),
      Argument.variadic()
    ),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Sessions at most"),
      Flag.filter(
        (limit) => limit >= 1 && limit <= 1000,
        () => "1 to 1000"
      ),
      Flag.withDefault(20)
    ),
    since: sinceFlag("Not before this")
  },
  ({ limit, query: words, since }) =>
    Effect.gen(function* () {
      const from = Option.getOrUndefined(since)
      const { json, note } = yield* Output
      const query = words.length === 0 ? undefined : yield* queries.read(words, undefined)
      const found = yield* sessions.list({ limit, since: from, query })
      if (yield* isJson) return yield* Effect.asVoid(Effect.forEach(found, json))
      if (found.length > 0) return yield* print(found)
      if (query !== undefined) return yield* note("no session holds an event like that")
      const { label } = yield* Backend
      yield* note(`no sessions in ${label} yet: \`hive run -- <command>\` makes some`)
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription("List sessions, newest first."),
  Command.withExamples([
    { command: "hive ls" },
    { command: "hive ls --since 1h -n 5" },
    { command: "hive ls error:true model:gpt*", description: "Sessions in which a call of these models failed" },
    { command: "hive ls --json | jq -r 'select(.errors > 0).session_id'", description: "Sessions with errors" }
  ])
)
