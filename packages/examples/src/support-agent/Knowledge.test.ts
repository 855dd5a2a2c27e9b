import { assert, describe, it } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, Layer } from "effect"
import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
import { Knowledge, KnowledgeError, passagesOf } from "./Knowledge.ts"

const docs = `${import.meta.dirname}/docs`
const fromDocs = (directory: string) => Knowledge.layer(directory).pipe(Layer.provide(NodeServices.layer))

describe("Knowledge", () => {
  it("splits a document into paragraphs that know their headings", () => {
    assert.deepStrictEqual(passagesOf("# Shipping\n\n## Costs\n\nOne\nline.\n\nTwo.\n\n## Time\n\nThree.\n"), [
      { document: "Shipping", section: "Costs", text: "One line." },
      { document: "Shipping", section: "Costs", text: "Two." },
      { document: "Shipping", section: "Time", text: "Three." }
    ])
  })

  it.effect.each([
    ["refund for opened beans", "Returns and refunds"],
    ["parcel lost tracking", "Shipping and delivery"],
    ["is a broken pump covered by the warranty", "Warranty and repairs"],
    ["delete my personal data", "Privacy"],
    ["I do not get the sign-in link", "Accounts and sign-in"],
    ["pause a subscripton", "Coffee subscriptions"]
  ] as const)("finds the right document: %s", ([query, document]) =>
    Effect.gen(function* () {
      const { search } = yield* Knowledge
      const hits = yield* search(query)
      assert.strictEqual(hits[0]?.document, document)
      assert.deepStrictEqual(
        hits.map((hit) => hit.score),
        hits.map((hit) => hit.score).toSorted((a, b) => b - a)
      )
    }).pipe(Effect.provide(fromDocs(docs)))
  )

  it.effect("finds nothing for words the documents do not know", () =>
    Effect.gen(function* () {
      const { search } = yield* Knowledge
      assert.deepStrictEqual(yield* search("xylophone quartet"), [])
      assert.deepStrictEqual(yield* search("what is the"), [])
    }).pipe(Effect.provide(fromDocs(docs)))
  )

  it.effect("leaves a tool event with its query and what it found", () =>
    Effect.gen(function* () {
      yield* Knowledge.use(({ search }) => search("lost parcel", 2))
      yield* HoneyHive.flush
      const [span] = yield* MemoryExporter.use((memory) => memory.spans)
      assert.strictEqual(span?.name, "Knowledge.search")
      assert.strictEqual(span?.attributes["honeyhive_event_type"], "tool")
      assert.strictEqual(span?.attributes["honeyhive_inputs.query"], "lost parcel")
      assert.strictEqual(span?.attributes["honeyhive_outputs.passages.0.section"], "Late, lost or damaged parcels")
      assert.strictEqual(span?.attributes["honeyhive_metadata.hits"], 2)
    }).pipe(Effect.provide(fromDocs(docs)), Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("says which directory cannot be read", () =>
    Effect.gen(function* () {
      const exit = yield* Knowledge.pipe(Effect.provide(fromDocs("/nowhere")), Effect.exit)
      const error = Exit.findErrorOption(exit)
      assert.isTrue(error._tag === "Some" && error.value instanceof KnowledgeError && error.value.path === "/nowhere")
    })
  )
})
