/**
 * What the shop has written down: its policies, searchable by paragraph.
 */
import { Context, Effect, FileSystem, Layer, Path, Schema } from "effect"
import MiniSearch from "minisearch"
import { HoneyHive } from "@honeyhive/tracing"

/** A paragraph of a document, with the headings above it. */
export const Passage = Schema.Struct({
  document: Schema.String,
  section: Schema.String,
  text: Schema.String
})

export type Passage = typeof Passage.Type

/** A passage that fits a query, and how well: comparable within one answer only. */
export const Hit = Schema.Struct({ ...Passage.fields, score: Schema.Finite })

export type Hit = typeof Hit.Type

export class KnowledgeError extends Schema.TaggedError<KnowledgeError>()("KnowledgeError", {
  path: Schema.String,
  cause: Schema.Defect()
}) {}

/** Splits a document at its headings and blank lines. */
export const passagesOf = (markdown: string): ReadonlyArray<Passage> => {
  const passages: Array<Passage> = []
  let document = ""
  let section = ""
  for (const block of markdown.split(/\n\s*\n/)) {
    const text = block.replace(/\s+/g, " ").trim()
    if (text.startsWith("## ")) section = text.slice(3)
    else if (text.startsWith("# ")) document = text.slice(2)
    else if (text !== "") passages.push({ document, section, text })
  }
  return passages
}

const stopWords = new Set(
  (
    "a an and are as at be but by can could did do does for from had has have how i if in is it its may me my no not of " +
    "on or our should so still that the their them they this to us was we were what when where which will with would " +
    "you your"
  ).split(" ")
)

const index = (passages: ReadonlyArray<Passage>) => {
  const search = new MiniSearch<Passage & { readonly id: number }>({
    fields: ["document", "section", "text"],
    processTerm: (term) => {
      const word = term.toLowerCase()
      return stopWords.has(word) ? null : word
    },
    // MiniSearch ranks by BM25+; a word in a heading says more than one in the text
    searchOptions: { boost: { document: 2, section: 2 }, prefix: (term) => term.length > 3, fuzzy: 0.15 }
  })
  search.addAll(passages.map((passage, id) => ({ ...passage, id })))
  return (query: string, limit: number): ReadonlyArray<Hit> =>
    search
      .search(query)
      .slice(0, limit)
      .flatMap(({ id, score }) => {
        const passage = passages[id]
        return passage === undefined ? [] : [{ ...passage, score: Math.round(score * 100) / 100 }]
      })
}

export class Knowledge extends Context.Service<
  Knowledge,
  {
    /** The passages that fit the query best, best first. */
    readonly search: (query: string, limit?: number) => Effect.Effect<ReadonlyArray<Hit>>
  }
>()("@honeyhive/examples/support-agent/Knowledge") {
  static readonly layerOf = (passages: ReadonlyArray<Passage>): Layer.Layer<Knowledge> =>
    Layer.sync(Knowledge, () => {
      const best = index(passages)
      return {
        search: Effect.fn("Knowledge.search")(function* (query, limit = 4) {
          yield* HoneyHive.enrichSpan({ type: "tool", inputs: { query, limit } })
          const found = best(query, limit)
          yield* HoneyHive.enrichSpan({ outputs: { passages: found }, metadata: { hits: found.length } })
          return found
        })
      }
    })

  /** Reads every Markdown file of a directory. */
  static readonly layer = (
    directory: string
  ): Layer.Layer<Knowledge, KnowledgeError, FileSystem.FileSystem | Path.Path> =>
    Layer.unwrap(
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const names = (yield* fs.readDirectory(directory)).filter((name) => name.endsWith(".md")).toSorted()
        const texts = yield* Effect.forEach(names, (name) => fs.readFileString(path.join(directory, name)))
        return Knowledge.layerOf(texts.flatMap(passagesOf))
      }).pipe(Effect.mapError((cause) => new KnowledgeError({ path: directory, cause })))
    )
}
