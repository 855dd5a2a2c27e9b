/**
 * What searches, facets and aggregates know of an event: a few words and numbers instead of its payloads, and its texts.
 */
import { createHash } from "node:crypto"
import type { Event } from "@honeyhive/contract/Event"
import * as Prices from "@honeyhive/contract/Prices"
import * as Usage from "@honeyhive/contract/Usage"

/** Columns that hold a word, by the number under which the dictionary keeps their words. */
export const wordColumns = ["session", "type", "name", "model", "provider", "source", "user", "tool", "error"] as const

export type WordColumn = (typeof wordColumns)[number]

export const numberColumns = [
  "start_time",
  "end_time",
  "duration",
  "ttft",
  "tokens",
  "input",
  "cache_read",
  "cache_write",
  "reasoning",
  "output",
  "cost"
] as const

export interface Facts {
  readonly words: { readonly [column in WordColumn]: string | null }
  readonly numbers: { readonly [column in (typeof numberColumns)[number]]: number | null }
}

type Content = { readonly [key: string]: unknown }

const MAX_WORD = 200

const word = (...values: ReadonlyArray<unknown>): string | null => {
  const found = values.find((value) => (typeof value === "string" && value !== "") || typeof value === "number")
  return found === undefined ? null : String(found).slice(0, MAX_WORD)
}

const number = (...values: ReadonlyArray<unknown>): number | null =>
  values.find((value): value is number => typeof value === "number" && Number.isFinite(value)) ?? null

// Messages of errors carry ids and stacks in their later lines; the first one says which error it is
const errorWord = (error: string | null): string | null =>
  error === null ? null : (word(error.trimStart().split("\n", 1)[0]?.trim()) ?? "error")

export const factsOf = (event: Event, prices: Prices.PriceTable): Facts => {
  const config: Content = event.config
  const metadata: Content = event.metadata
  const user: Content = event.user_properties
  const model = word(metadata["model_name"], metadata["response_model"], config["model"])
  const provider = word(config["provider"], metadata["provider"], metadata["system"])
  // What an agent's span says about tokens are its model calls' once more
  const usage = event.event_type === "model" ? Usage.ofEvent(event) : undefined
  return {
    words: {
      session: event.session_id,
      type: event.event_type,
      name: word(event.event_name) ?? "",
      model,
      provider,
      source: word(event.source),
      user: word(metadata["user_id"], user["user_id"], user["id"], metadata["user.id"], metadata["enduser.id"]),
      tool: word(metadata["tool_name"], event.event_type === "tool" ? event.event_name : undefined),
      error: errorWord(event.error)
    },
    numbers: {
      start_time: event.start_time,
      end_time: event.end_time,
      duration: event.duration,
      ttft: number(metadata["time_to_first_token_ms"], event.metrics["time_to_first_token_ms"]),
      tokens: usage === undefined ? null : Usage.total(usage),
      input: usage?.input ?? null,
      cache_read: usage?.cacheRead ?? null,
      cache_write: usage?.cacheWrite ?? null,
      reasoning: usage?.reasoning ?? null,
      output: usage?.output ?? null,
      cost:
        usage === undefined || model === null
          ? null
          : (Prices.cost(prices, usage, { model, provider: provider ?? undefined, at: event.start_time }) ?? null)
    }
  }
}

/** Characters of one text that are searched: of a longer one its beginning and its end. */
const MAX_TEXT = 65_536
const MAX_NODES = 20_000

const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu

/** Scripts that put no space between words are searched letter by letter. The same for what is kept and what is asked. */
export const segmented = (text: string): string =>
  // Nearly every text is plain: that is found out without the large pattern
  /[\u0e00-\u17ff\u2e80-\ud8ff]/.test(text) ? text.replace(spaceless, " $& ") : text

const cut = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT / 2)}\n${text.slice(-MAX_TEXT / 2)}`

/** Every text and number in a value, without the keys. */
const leaves = (value: unknown): string => {
  const texts: Array<string> = []
  const stack: Array<unknown> = [value]
  for (let nodes = 0; stack.length > 0 && nodes < MAX_NODES; nodes++) {
    const node = stack.pop()
    if (typeof node === "string") texts.push(node)
    else if (typeof node === "number") texts.push(String(node))
    else if (typeof node === "object" && node !== null) stack.push(...Object.values(node).toReversed())
  }
  return segmented(cut(texts.join("\n")))
}

/**
 * A value in a bucket as one word of the index, and its key as another: which of a million events may have it is then a search
 * like any other. The event itself says in the end whether it does.
 */
export const tag = (bucket: string, key: string, value?: string): string =>
  `t${createHash("md5")
    .update(
      value === undefined || value.length > MAX_TAG_VALUE
        ? `${bucket}.${key}`
        : `${bucket}.${key}=${value.toLowerCase()}`
    )
    .digest("hex")
    .slice(0, 12)}`

const MAX_TAGS = 128
const MAX_TAG_VALUE = 200

/** Stands for the values that an event has too many of, or too deep, to be listed. */
export const overflow = "toverflow"

// They are different in every event, and found through columns of their own
export const untagged = new Set(["metadata.trace_id", "metadata.span_id", "metadata.parent_span_id"])

const tags = (event: Event): string => {
  const found = new Set<string>()
  const visit = (bucket: string, path: string, value: unknown, depth: number): void => {
    if (untagged.has(`${bucket}.${path}`)) return
    if (found.size >= MAX_TAGS || depth > 8) {
      found.add(overflow)
      return
    }
    if (typeof value === "object" && value !== null) {
      if (!Array.isArray(value)) {
        for (const [key, entry] of Object.entries(value)) visit(bucket, `${path}.${key}`, entry, depth + 1)
      }
      return
    }
    found.add(tag(bucket, path))
    found.add(tag(bucket, path, String(value)))
  }
  for (const bucket of ["metadata", "config", "metrics", "feedback", "user_properties"] as const) {
    for (const [key, value] of Object.entries(event[bucket])) visit(bucket, key, value, 0)
  }
  return [...found].join(" ")
}

export const textColumns = ["name", "inputs", "outputs", "error", "tags"] as const

export const textsOf = (event: Event): { readonly [column in (typeof textColumns)[number]]: string } => ({
  name: segmented(cut(event.event_name)),
  inputs: leaves(event.inputs),
  outputs: leaves(event.outputs),
  error: segmented(cut(event.error ?? "")),
  tags: tags(event)
})
