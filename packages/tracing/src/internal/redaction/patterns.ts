/**
 * Patterns on RE2, whose time is linear in the text whatever the pattern: rules may come from a file or a variable.
 */
import { createHash } from "node:crypto"
import type * as RE2 from "re2js"
import { type Action, MARKER } from "../../Redaction.ts"

const hash = (text: string): string => `[sha256:${createHash("sha256").update(text).digest("hex").slice(0, 16)}]`

/** What stands in the place of a text. */
export const standIn = (action: Action, text: string): string =>
  action === "hash" ? hash(text) : action === "remove" ? "" : MARKER

/** The check digit of payment cards. */
const isCard = (text: string): boolean => {
  let sum = 0
  let count = 0
  for (let index = text.length - 1; index >= 0; index--) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) continue
    const doubled = count++ % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return count >= 13 && count <= 19 && sum % 10 === 0
}

const isMasked = (text: string): boolean => text.startsWith(MARKER.slice(0, -1)) || text.startsWith("[sha256:")

/** `undefined` where the pattern is not one of RE2's, or would find nothing at all in an empty text. */
export const finder = (engine: typeof RE2, pattern: string) => {
  let re: RE2.RE2JS
  try {
    re = engine.RE2JS.compile(pattern)
    if (re.matcher("").find()) return undefined
  } catch {
    return undefined
  }
  const groups = re.groupCount()
  return {
    test: (text: string): boolean => re.test(text),
    replacer:
      (action: Action, luhn: boolean) =>
      (text: string): string => {
        if (!re.test(text)) return text
        return re.matcher(text).replaceAll((match: string, ...captured: ReadonlyArray<unknown>) => {
          const [before, after] = [groups > 0 ? captured[0] : "", groups > 1 ? captured[1] : ""].map((group) =>
            typeof group === "string" ? group : ""
          ) as [string, string] // two of two
          const found = match.slice(before.length, match.length - after.length)
          if (found === "" || isMasked(found) || (luhn && !isCard(found))) return match
          return before + standIn(action, found) + after
        })
      }
  }
}
