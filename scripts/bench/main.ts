/**
 * `pnpm bench`: what tracing costs, as ratios to a baseline in the same run. `--json` prints the rows for a machine.
 */
import { parseArgs } from "node:util"
import { calls } from "./calls.ts"
import { deliver } from "./deliver.ts"
import { experiments } from "./experiments.ts"
import { footprint } from "./footprint.ts"
import { print, type Row } from "./table.ts"
import { viewer } from "./viewer.ts"

const { positionals, values } = parseArgs({
  options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  allowPositionals: true
})

const parts = { footprint, calls, delivery: deliver, experiments, viewer }
const isPart = (name: string): name is keyof typeof parts => name in parts
const unknown = positionals.filter((name) => !isPart(name))

if (values.help || unknown.length > 0) {
  console.log(
    "pnpm bench [footprint] [calls] [delivery] [experiments] [viewer] [--json]\n\n" +
      "Measures the SDK against OpenTelemetry, evaluations against Effect.forEach, the page against its promises, and prints a table."
  )
  process.exitCode = unknown.length > 0 ? 2 : 0
} else {
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  }
  const rows: Array<Row> = []
  for (const name of positionals.length > 0 ? positionals.filter(isPart) : Object.keys(parts).filter(isPart)) {
    rows.push(...(await parts[name](progress)))
  }
  progress("")
  if (values.json) console.log(JSON.stringify(rows, null, 2))
  else print(rows)
}
