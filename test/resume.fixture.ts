/**
 * An evaluation in a process of its own: it writes down what it evaluates, gets stuck where it is told to, and prints its
 * report. Kept in a file, or shared with others by way of PostgreSQL.
 */
import { appendFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { evaluate } from "@honeyhive/experiments/Evaluate"
import * as Resume from "@honeyhive/experiments/Resume"
import { HoneyHiveLive } from "@honeyhive/tracing/HoneyHive"
import { CONCURRENCY, options, RUN } from "./resume.ts"

const { LOG = "", NAME = "", STORE = "", STUCK_FROM = "Infinity" } = process.env
const concurrency = Number(process.env["CONCURRENCY"] ?? CONCURRENCY)

const journal = STORE.includes("PGSQL")
  ? Resume.layerShared({ runId: RUN, takeover: "4 seconds" }).pipe(
      Layer.provide(
        (await import("@effect/sql-pg/PgClient")).layer({ path: STORE, username: "postgres", database: "postgres" })
      )
    )
  : Resume.layer({ path: STORE })

// Those that were evaluated here and are not recorded yet
const open = new Set<number>()
let [evaluated, stuck] = [0, 0]
const tell = () => {
  if (stuck === concurrency && open.size === 0) process.stderr.write("stuck\n")
}

evaluate({
  ...options,
  concurrency,
  run: (n) => {
    if (evaluated++ === 0) process.stderr.write("first\n")
    appendFileSync(LOG, `${NAME}${n}\n`)
    if (n >= Number(STUCK_FROM)) {
      stuck++
      tell()
      return Effect.never
    }
    open.add(n)
    return options.run(n)
  },
  onItem: ({ inputs }) => {
    open.delete(Number(inputs))
    tell()
  }
}).pipe(
  Effect.flatMap(({ report }) => Effect.sync(() => process.stdout.write(JSON.stringify(report)))),
  Effect.provide([HoneyHiveLive, journal]),
  NodeRuntime.runMain
)
