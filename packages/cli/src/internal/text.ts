/**
 * Texts as a terminal shows them: what came with a trace cannot move the cursor, and columns line up.
 */
import * as CliOutput from "effect/cli/CliOutput"

const codes = {
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  blue: "34",
  magenta: "35",
  cyan: "36"
} as const

export type Style = keyof typeof codes

export type Paint = (style: Style, text: string) => string

export const painter = (colours: boolean): Paint =>
  colours ? (style, text) => (text === "" ? "" : `\u001b[${codes[style]}m${text}\u001b[0m`) : (_, text) => text

// oxlint-disable-next-line no-control-regex -- these are what is taken out
const controls = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g

/** One line without control characters: a span's name may hold escapes that would run in the reader's terminal. */
export const clean = (text: string): string => text.replace(controls, " ").trim()

/** The first line that says something. */
export const firstLine = (text: string): string => clean(text.split("\n").find((line) => line.trim() !== "") ?? "")

const ascii = /^[ -~]*$/

/** The cells that a text takes in a terminal. */
export const widthOf = (text: string): number => (ascii.test(text) ? text.length : CliOutput.displayWidth(text))

const segments = new Intl.Segmenter()

/** At most `width` cells of a text without colours, with a mark where it was cut. */
export const fit = (text: string, width: number): string => {
  if (text.length <= width && widthOf(text) <= width) return text
  if (width < 1) return ""
  let kept = ""
  let cells = 0
  for (const { segment } of segments.segment(text.slice(0, width * 16))) {
    cells += widthOf(segment)
    if (cells > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

const padEnd = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)))

const padStart = (text: string, width: number): string => " ".repeat(Math.max(0, width - widthOf(text))) + text

/** A piece of a line, with its colour. */
export type Part = readonly [style: Style | undefined, text: string]

/** Between the parts of a line. */
export const GAP = "  "

/** The parts in at most `width` cells: what does not fit is cut, colours are not. */
export const write = (parts: ReadonlyArray<Part>, width: number, paint: Paint): string => {
  let left = width
  const written: Array<string> = []
  for (const [style, text] of parts) {
    const kept = fit(text, left)
    if (kept !== "") written.push(style === undefined ? kept : paint(style, kept))
    left -= widthOf(kept) + GAP.length
    if (kept !== text) break
  }
  return written.join(GAP)
}

/** A length of time, given in milliseconds. */
export const milliseconds = (duration: number): string => {
  if (duration < 0) return `-${milliseconds(-duration)}`
  if (duration < 1000) return `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`
  if (duration < 60_000) return `${(duration / 1000).toFixed(2)} s`
  const seconds = Math.round(duration / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** A moment, given in milliseconds since 1970, in the reader's own time. */
export const moment = (time: number): string => {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return "unknown time"
  const two = (part: number) => String(part).padStart(2, "0")
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  )
}

export const bytes = (count: number): string =>
  count < 1024
    ? `${count} B`
    : count < 1024 ** 2
      ? `${(count / 1024).toFixed(1)} KiB`
      : count < 1024 ** 3
        ? `${(count / 1024 ** 2).toFixed(1)} MiB`
        : `${(count / 1024 ** 3).toFixed(1)} GiB`

/** US dollars. */
export const money = (cost: number): string => `$${cost.toFixed(cost < 1 ? 4 : 2)}`

/** `1 event`, `2 events`. */
export const plural = (count: number, word: string): string =>
  `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`

export interface Column {
  readonly title: string
  readonly align?: "right"
  /** Cells at most; longer texts are cut. */
  readonly max?: number
  readonly style?: (row: number) => Style | undefined
}

/** Rows under titles. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  paint: Paint
): ReadonlyArray<string> => {
  const cells = rows.map((row) => columns.map(({ max }, index) => fit(row[index] ?? "", max ?? Infinity)))
  const widths = columns.map(({ title }, index) =>
    cells.reduce((width, row) => Math.max(width, widthOf(row[index] ?? "")), widthOf(title))
  )
  const line = (texts: ReadonlyArray<string>, styleOf: (column: number) => Style | undefined): string =>
    texts
      .map((text, index) => {
        const padded = (columns[index]?.align === "right" ? padStart : padEnd)(text, widths[index] ?? 0)
        // The last column needs no blanks behind it
        const whole = index === texts.length - 1 ? padded.trimEnd() : padded
        const style = styleOf(index)
        return style === undefined ? whole : paint(style, whole)
      })
      .join("  ")
  return [
    line(
      columns.map(({ title }) => title),
      () => "dim"
    ),
    ...cells.map((row, index) => line(row, (column) => columns[column]?.style?.(index)))
  ]
}
