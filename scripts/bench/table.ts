/**
 * The rows of the bench: a value, and what it is compared with in the same run.
 */
import { styleText } from "node:util"

export interface Row {
  readonly what: string
  readonly value: string
  /** Of the baseline named in `against`; below 1 is better than it. */
  readonly ratio?: number
  readonly against?: string
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const print = (rows: ReadonlyArray<Row>): void => {
  const cells = rows.map((row) => [
    row.what,
    row.value,
    row.ratio === undefined ? "" : `${row.ratio.toFixed(2)}x`,
    row.against ?? ""
  ])
  const table = [["what", "value", "ratio", "against"], ...cells]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  table.forEach((row, index) => {
    const line = row
      .map((cell, column) =>
        column === 1 || column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
      )
      .join("  ")
      .trimEnd()
    // `styleText` leaves colours out where stdout is no terminal
    console.log(index === 0 ? styleText("bold", line) : line)
  })
}
