/**
 * `pnpm bench`: what tracing costs, as ratios to a baseline in the same run. `--json` prints the rows for a machine.
 */
import { parseArgs } from "node:util"
import { calls } from "./calls.ts"
import { footprint } from "./footprint.ts"
import { print } from "./table.ts"

const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } })

if (values.help) {
  console.log("pnpm bench [--json]\n\nMeasures the SDK against bare OpenTelemetry and prints a table.")
} else {
  const progress = (text: string) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  }
  const rows = [...(await footprint(progress)), ...(await calls(progress))]
  progress("")
  if (values.json) console.log(JSON.stringify(rows, null, 2))
  else print(rows)
}
