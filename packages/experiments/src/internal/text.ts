/**
 * Numbers and values as a few characters.
 */

/** Four significant digits, without what says nothing. */
export const short = (value: number): string =>
  Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)))

export const percent = (rate: number): string => `${Number((rate * 100).toFixed(1))} %`

export const signed = (value: number): string => (value > 0 ? `+${short(value)}` : short(value))

export const millis = (value: number): string => (value >= 10_000 ? `${short(value / 1000)} s` : `${short(value)} ms`)

/** One line, cut where it is too long. */
export const line = (value: unknown, most = 80): string => {
  const text = (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).replaceAll(/\s+/g, " ").trim()
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** Two texts from shortly before the place where they part, so that what differs is in what is shown. */
export const apart = (one: string, other: string, most = 100): readonly [one: string, other: string] => {
  const [left, right] = [line(one, Infinity), line(other, Infinity)]
  let same = 0
  while (same < left.length && left[same] === right[same]) same++
  const from =
    left.length <= most && right.length <= most ? 0 : Math.max(0, Math.min(same, left.length, right.length) - 30)
  const show = (text: string): string => line(from === 0 ? text : `…${text.slice(from)}`, most)
  return [show(left), show(right)]
}

/** Columns as wide as their widest cell; the first is left-aligned, the others right. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}

/** A table of GitHub's Markdown. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")))
  const write = (row: ReadonlyArray<string>): string => `| ${row.join(" | ")} |`
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"))
  return [head, rule, ...body].map(write).join("\n")
}
