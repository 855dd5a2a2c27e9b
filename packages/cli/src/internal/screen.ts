/**
 * The end of a terminal that is drawn again and again, below lines that stay.
 */

/** Moves to where the last drawing began and draws anew: first the lines that stay, then those that will be replaced. */
export const redraw = (drawn: number, staying: ReadonlyArray<string>, live: ReadonlyArray<string>): string =>
  `${drawn === 0 ? "" : `\u001b[${drawn}A`}\r\u001b[J${[...staying, ...live].map((line) => `${line}\n`).join("")}`

/** The last of the lines that a terminal of so many rows can take back, with a word on the others. */
export const cut = (lines: ReadonlyArray<string>, rows: number): ReadonlyArray<string> => {
  const room = Math.max(1, rows - 1)
  if (lines.length <= room) return lines
  const hidden = lines.length - room + 1
  return [`… ${hidden} lines above`, ...lines.slice(hidden)]
}
