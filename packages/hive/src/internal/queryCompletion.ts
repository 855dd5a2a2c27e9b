/**
 * What may stand at a cursor.
 */
import type { Completion } from "../TraceQuery.ts"
import { buckets, fields } from "./queryFields.ts"

type Kind = Completion["options"][number]["kind"]

const orders = [":", ">", ">=", "<", "<="]

/** Where the term under the cursor begins: after the last space or parenthesis that is not in quotes. */
const termStart = (text: string): number => {
  let start = 0
  let inQuotes = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ""
    if (inQuotes && char === "\\") at++
    else if (char === '"') inQuotes = !inQuotes
    else if (!inQuotes && /[\s()]/u.test(char)) start = at + 1
  }
  // A minus before the term is not part of it
  while (text[start] === "-") start++
  return start
}

const split = (term: string): { readonly field: string; readonly valueFrom: number } | undefined => {
  const found = /^([A-Za-z_]\w*(?:\.(?:"(?:[^"\\]|\\.)*"|[^\s:<>="]+))?)(:?(?:>=|<=|>|<|=)|:)/.exec(term)
  return found?.[1] === undefined ? undefined : { field: found[1], valueFrom: found[0].length }
}

const clamp = (text: string, cursor: number): number =>
  Number.isNaN(cursor) ? text.length : Math.max(0, Math.min(text.length, Math.trunc(cursor)))

export const valueAt = (
  text: string,
  cursor: number
): { readonly field: string; readonly typed: string } | undefined => {
  const before = text.slice(0, clamp(text, cursor))
  const term = before.slice(termStart(before))
  const parts = split(term)
  return parts && { field: parts.field, typed: term.slice(parts.valueFrom).replace(/^"/, "") }
}

const asValue = (value: string): string =>
  /^[\p{L}\p{N}_.:/@+-]+$/u.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`

const fieldOptions = (typed: string): Completion["options"] => [
  ...[...fields]
    .filter(([name]) => name.startsWith(typed))
    .map(([name, { detail }]) => ({ text: `${name}:`, kind: "field" as const, detail })),
  ...buckets
    .filter((name) => name.startsWith(typed) && typed !== "")
    .map((name) => ({ text: `${name}.`, kind: "field" as const, detail: "a key in it" })),
  ...(typed !== "" && "OR".startsWith(typed) ? [{ text: "OR", kind: "keyword" as const }] : [])
]

export const complete = (text: string, cursor: number, known: ReadonlyArray<string> = []): Completion => {
  const to = clamp(text, cursor)
  const before = text.slice(0, to)
  const start = termStart(before)
  const term = before.slice(start)
  const parts = split(term)
  const options = (from: number, kind: Kind, texts: ReadonlyArray<string>): Completion => ({
    from,
    to,
    options: texts.map((text) => ({ text, kind }))
  })
  if (parts !== undefined) {
    const typed = term.slice(parts.valueFrom).replace(/^"/, "").toLowerCase()
    const values = [...new Set([...(fields.get(parts.field)?.values ?? []), ...known])]
    const fitting = values.filter((value) => value.toLowerCase().startsWith(typed))
    return options(start + parts.valueFrom, "value", fitting.map(asValue))
  }
  const info = fields.get(term)
  const isPath = buckets.some((bucket) => term.startsWith(`${bucket}.`) && term.length > bucket.length + 1)
  if (info !== undefined || isPath) {
    const ordered = isPath || info?.kind === "number" || info?.kind === "time"
    return options(to, "operator", ordered ? orders : [":"])
  }
  return { from: start, to, options: fieldOptions(term) }
}
