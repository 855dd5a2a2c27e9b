/**
 * Finds the values of given keys in JSON text and replaces them where they stand, without parsing the text: it may be cut,
 * have prose around it, or be quoted in other JSON, any number of times. One pass, linear in the text.
 */

/** What stands in a value's place, given the value's own text; `undefined` leaves it alone. */
export type Replace = (key: string) => ((value: string) => string) | undefined

const backslashesBefore = (text: string, index: number): number => {
  let start = index
  while (start > 0 && text.charCodeAt(start - 1) === 92) start--
  return index - start
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13)

const skipSpace = (text: string, index: number): number => {
  let at = index
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    // A line end in text that is quoted in other text
    if (code === 92 && "nrt".includes(text[at + 1] ?? "-")) at++
    else if (!isSpace(code)) break
  }
  return at
}

/**
 * JSON that is quoted in JSON has its quotes escaped: 1 backslash before each, then 3, 7, ... A quote of that level ends a
 * text; one with fewer ends the text around it; one with more belongs to what is inside.
 */
const closes = (backslashes: number, level: number): boolean => backslashes % (2 * (level + 1)) === level

/** The index of the quote (or its first backslash) that ends the text which begins at `from`. */
const endOfText = (text: string, from: number, level: number): { readonly end: number; readonly next: number } => {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    const backslashes = Math.min(backslashesBefore(text, quote), quote - from)
    if (closes(backslashes, level)) return { end: quote - level, next: quote + 1 }
    if (backslashes < level) return { end: quote - backslashes, next: quote - backslashes }
  }
  return { end: text.length, next: text.length }
}

/** The index after the object or list that begins at `from`; the text's end where it does not end. */
const endOfNested = (text: string, from: number, level: number): number => {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === "{" || char === "[") depth++
    else if (char === "}" || char === "]") {
      if (--depth === 0) return at + 1
    } else if (char === '"') {
      if (backslashesBefore(text, at) < level) return at - backslashesBefore(text, at)
      at = endOfText(text, at + 1, level).next - 1
    }
  }
  return text.length
}

const endOfScalar = (text: string, from: number): number => {
  let at = from
  while (at < text.length && !',}]"\\'.includes(text[at] ?? "") && !isSpace(text.charCodeAt(at))) at++
  return at
}

const valueAt = (text: string, from: number, level: number): { readonly value: string; readonly next: number } => {
  let quote = from
  while (text[quote] === "\\") quote++
  if (text[quote] === '"') {
    const { end, next } = endOfText(text, quote + 1, quote - from)
    return { value: text.slice(quote + 1, end), next }
  }
  // Text that is nearly JSON, such as what Python prints
  const end = text[from] === "'" ? text.indexOf("'", from + 1) + 1 || text.length : 0
  const nested = text[from] === "{" || text[from] === "["
  const next = end > 0 ? end : nested ? endOfNested(text, from, level) : endOfScalar(text, from)
  return { value: text.slice(from, next), next }
}

const decoded = (key: string): string => {
  if (!key.includes("\\u")) return key
  return key.replaceAll(/\\+u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

const MAX_KEY = 512

export const replaceValues = (text: string, replace: Replace): string => {
  let done = 0
  let out = ""
  for (let colon = text.indexOf(":"); colon !== -1; colon = text.indexOf(":", colon + 1)) {
    let close = colon - 1
    while (close > done && isSpace(text.charCodeAt(close))) close--
    if (close < done || text.charCodeAt(close) !== 34) continue
    const level = backslashesBefore(text, close)
    const keyEnd = close - level
    const open = text.lastIndexOf('"', keyEnd - 1)
    if (open < 0 || keyEnd - open > MAX_KEY) continue
    const replacement = replace(decoded(text.slice(open + 1, keyEnd)))
    if (replacement === undefined) continue
    const from = skipSpace(text, colon + 1)
    const { next, value } = valueAt(text, from, level)
    const quote = "\\".repeat(level) + '"'
    out += text.slice(done, from) + quote + replacement(value) + quote
    done = next
    colon = Math.max(colon, next - 1)
  }
  return done === 0 ? text : out + text.slice(done)
}
