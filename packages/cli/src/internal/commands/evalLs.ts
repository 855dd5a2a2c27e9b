import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { Backend } from "../backend.ts"
import { Output } from "../output.ts"
import { clean, milliseconds, moment, table } from "../text.ts"
import { connectedRuns } from "./evalRuns.ts"
import { connected, isJson } from "./root.ts"

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const count = (value: unknown): string => (typeof value === "number" ? value.toLocaleString("en-US") : "-")

/** `facts 0.89  score 0.93`, as the run itself summed it up. */
const means = (metrics: unknown): string =>
  Object.entries(isObject(metrics) ? metrics : {})
    .flatMap(([name, metric]) =>
      name !== "duration" && isObject(metric) && typeof metric["mean"] === "number"
        ? [`${name} ${Number(metric["mean"].toPrecision(3))}`]
        : []
    )
    .join("  ")

export const ls = Command.make(
  "ls",
  {
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Runs at most"),
      Flag.filter(
        (limit) => limit >= 1 && limit <= 1000,
        () => "1 to 1000"
      ),
      Flag.withDefault(20)
    ),
    name: Flag.String("name").pipe(Flag.withDescription("Only runs of this name"), Flag.optional)
  },
  ({ limit, name }) =>
    Effect.gen(function* () {
      const { json, line, note, paint } = yield* Output
      const runs = yield* connectedRuns
      const found = yield* runs.list({ limit, ...(Option.isSome(name) ? { name: name.value } : {}) })
      if (yield* isJson) return yield* Effect.forEach(found, json, { discard: true })
      if (found.length === 0) {
        const { label } = yield* Backend
        return yield* note(`no runs in ${label} yet: \`hive eval run <file>\` makes some`)
      }
      const rows = found.map(({ created_at, name, results, run_id, status }) => [
        run_id.slice(0, 8),
        moment(Date.parse(created_at)),
        typeof results["duration"] === "number" ? milliseconds(results["duration"]) : "-",
        status,
        count(results["items"]),
        clean(name),
        clean(means(results["metrics"]))
      ])
      const lines = table(
        [
          { title: "RUN", style: () => "cyan" },
          { title: "STARTED", style: () => "dim" },
          { title: "TIME", align: "right" },
          { title: "STATUS", style: (row) => (found[row]?.status === "failed" ? "red" : undefined) },
          { title: "ITEMS", align: "right" },
          { title: "NAME", max: 40 },
          { title: "MEANS" }
        ],
        rows,
        paint
      )
      yield* Effect.forEach(lines, line, { discard: true })
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription("List runs, newest first."),
  Command.withExamples([
    { command: "hive eval ls" },
    { command: "hive eval ls --name nightly -n 5" },
    { command: "hive eval ls --json | jq -r .run_id" }
  ])
)
