/**
 * What keeps markdown that was made to be slow, or is merely long, from stopping the page.
 */

/** Characters of a piece: even the slowest of that length is parsed in a moment. */
const LENGTH = 12_000

/** Blocks in blocks in blocks, deeper than anybody writes: the parser would recurse into each. */
export const isTangled = (text: string): boolean => /^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])[ \t])){30}/m.test(text)

/** The place at which to part a text: between two blocks, else two lines, else two words, else anywhere. */
const partAt = (text: string, from: number): number => {
  const end = from + LENGTH
  // A search backwards in the whole of a long text would go on to its beginning
  const window = text.slice(from, end)
  for (const mark of ["\n\n", "\n", " "]) {
    const at = window.lastIndexOf(mark)
    if (at > LENGTH / 2) return from + at + mark.length
  }
  return /[\ud800-\udbff]/.test(text[end - 1] ?? "") ? end - 1 : end
}

/** The text in pieces of about the same length; a block of code that is parted goes on as code. */
export const pieces = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let fence: string | undefined
  for (let from = 0; from < text.length || found.length === 0;) {
    const to = text.length - from <= LENGTH ? text.length : partAt(text, from)
    let piece = text.slice(from, to)
    if (fence !== undefined) piece = `${fence}\n${piece}`
    fence = openFence(piece)
    if (fence !== undefined && to < text.length) piece += `\n${/^[`~]+/.exec(fence)?.[0]}`
    found.push(piece)
    from = to
    if (to >= text.length) break
  }
  return found
}

/** The line that opens a block of code which is still open at the end. */
const openFence = (text: string): string | undefined => {
  let open: string | undefined
  for (const [, line = "", marks = ""] of text.matchAll(/^ {0,3}((`{3,}|~{3,})[^\n]*)$/gm)) {
    if (open === undefined) open = line
    else if (line.trim() === marks && open.startsWith(marks)) open = undefined
  }
  return open
}
