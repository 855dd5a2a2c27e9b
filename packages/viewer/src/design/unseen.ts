/**
 * Characters that nobody sees but that change how a text reads: overrides of its direction, controls of terminals, joiners of
 * nothing. A trace may hold them by accident or to deceive; the page shows them as what they are.
 */

// Tabs and ends of lines are what they seem; joiners and variation selectors are parts of many scripts and of emoji
const pattern =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- they are what is looked for
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu

const names: Readonly<Record<string, string>> = {
  "\u00ad": "soft hyphen",
  "\u200b": "zero width space",
  "\u200e": "left-to-right mark",
  "\u200f": "right-to-left mark",
  "\u202a": "left-to-right embedding",
  "\u202b": "right-to-left embedding",
  "\u202c": "end of a direction",
  "\u202d": "left-to-right override",
  "\u202e": "right-to-left override",
  "\u2066": "left-to-right isolate",
  "\u2067": "right-to-left isolate",
  "\u2068": "isolate",
  "\u2069": "end of an isolate",
  "\ufeff": "byte order mark"
}

export interface Unseen {
  /** What stands in its place: `␛`, `U+202E`. */
  readonly mark: string
  readonly name: string
}

const describe = (character: string): Unseen => {
  const code = character.codePointAt(0) ?? 0
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
  if (code < 0x20) return { mark: String.fromCodePoint(0x2400 + code), name: `control character ${point}` }
  if (code >= 0xd800 && code <= 0xdfff) return { mark: point, name: "half of a character" }
  return { mark: point, name: names[character] ?? "a character that is not seen" }
}

/** The text in pieces, what is not seen described; undefined when there is nothing of that kind. */
export const reveal = (text: string): ReadonlyArray<string | Unseen> | undefined => {
  if (text.search(pattern) === -1) return undefined
  const pieces: Array<string | Unseen> = []
  let from = 0
  for (const { 0: character, index } of text.matchAll(pattern)) {
    if (index > from) pieces.push(text.slice(from, index))
    pieces.push(describe(character))
    from = index + character.length
  }
  if (from < text.length) pieces.push(text.slice(from))
  return pieces
}

const cutMark = /…\[cut: (\d+) more characters\]$/

/** What the tracer left of a text that was too long, and how many characters it cut. */
export const withoutCutMark = (text: string): readonly [kept: string, cut: number | undefined] => {
  // The mark is at the very end: a text of megabytes is not searched
  const found = text.length > 12 ? cutMark.exec(text.slice(-60)) : null
  return found === null ? [text, undefined] : [text.slice(0, text.length - found[0].length), Number(found[1])]
}

/** The beginning of a text, never half of a character. */
export const beginning = (text: string, length: number): string =>
  text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, "")
