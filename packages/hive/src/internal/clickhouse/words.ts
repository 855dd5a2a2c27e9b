/**
 * Texts as words, so that a phrase is found by looking for it: small letters, no accents, one space around each word.
 */
import type { Event } from "@honeyhive/contract/Event"
import { segmented, textsOf } from "../facts.ts"

const wordsOf = (text: string): ReadonlyArray<string> =>
  // Nearly every text is plain
  // oxlint-disable-next-line no-control-regex
  /^[\u0000-\u007f]*$/.test(text)
    ? (text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
    : (text
        .normalize("NFD")
        .replace(/\p{M}+/gu, "")
        .normalize("NFC")
        .toLowerCase()
        .match(/[\p{L}\p{N}\p{Co}]+/gu) ?? [])

/** In this order, one line each. */
export const sections = ["name", "inputs", "outputs", "error"] as const

type Section = (typeof sections)[number]

/** What is searched of an event: `words` has a line per section, `tags` stand for the values in its buckets. */
export const wordsOfEvent = (event: Event): { readonly words: string; readonly tags: string } => {
  const texts = textsOf(event)
  const line = (section: Section) => ` ${wordsOf(texts[section]).join(" ")} `
  return { words: sections.map(line).join("\n"), tags: texts.tags }
}

/** What is asked: where it stands in a line, and the whole words in it. */
export const phraseOf = (
  text: string,
  prefix: boolean
): { readonly phrase: string; readonly whole: ReadonlyArray<string> } => {
  const words = wordsOf(segmented(text))
  return { phrase: ` ${words.join(" ")}${prefix ? "" : " "}`, whole: prefix ? words.slice(0, -1) : words }
}
