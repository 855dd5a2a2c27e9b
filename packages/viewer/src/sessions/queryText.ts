/**
 * Terms in the text of a query: what a click on a facet puts in and takes out. The hive parses the query; this only knows
 * where one term ends.
 */

/** `model:gpt-4.1`, `name:"search docs"`. */
export const term = (field: string, value: string): string =>
  `${field}:${/^[\p{L}\p{N}_.:/@+-]+$/u.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`

/** The terms that stand side by side, quotes and parentheses kept together. */
const terms = (query: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let from = 0
  let depth = 0
  let quoted = false
  const take = (to: number) => {
    if (to > from) found.push(query.slice(from, to))
    from = to + 1
  }
  for (let at = 0; at < query.length; at++) {
    const character = query[at]
    if (quoted && character === "\\") at++
    else if (character === '"') quoted = !quoted
    else if (quoted) continue
    else if (character === "(") depth++
    else if (character === ")") depth--
    else if (depth === 0 && (character === " " || character === "\t" || character === "\n")) take(at)
  }
  take(query.length)
  return found
}

/** Whether the term is one of those that must hold. */
export const isAsked = (query: string, field: string, value: string): boolean =>
  terms(query).includes(term(field, value))

/** The query with the term, or without it when it is there. */
export const toggle = (query: string, field: string, value: string): string => {
  const wanted = term(field, value)
  const before = terms(query)
  if (before.includes(wanted)) return before.filter((one) => one !== wanted).join(" ")
  // What stands beside an OR would belong to its last part only
  const rest = before.includes("OR") ? `(${query.trim()})` : before.join(" ")
  return rest === "" ? wanted : `${rest} ${wanted}`
}

/** Where the hive stopped understanding a query, from its answer. */
export const mistakeAt = (details: unknown): number | undefined =>
  typeof details === "object" && details !== null && "position" in details && typeof details.position === "number"
    ? details.position
    : undefined
