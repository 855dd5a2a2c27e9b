import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Prices from "./Prices.ts"
import * as Usage from "./Usage.ts"

const none = { input: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 0 }

describe("Usage", () => {
  it.each<readonly [what: string, Usage.Reported, Partial<Usage.Usage>]>([
    [
      "OpenAI: cached and reasoning are inside",
      { provider: "openai", input: 1000, cacheRead: 800, output: 300, reasoning: 200, total: 1300 },
      { input: 200, cacheRead: 800, output: 100, reasoning: 200 }
    ],
    [
      "Anthropic: cached are on top",
      { provider: "anthropic", input: 50, cacheRead: 1000, cacheWrite: 200, output: 30 },
      { input: 50, cacheRead: 1000, cacheWrite: 200, output: 30 }
    ],
    [
      "Anthropic, counted by an instrumentation that put the cached ones in: its total says so",
      { provider: "anthropic", input: 1250, cacheRead: 1000, cacheWrite: 200, output: 30, total: 1280 },
      { input: 50, cacheRead: 1000, cacheWrite: 200, output: 30 }
    ],
    [
      "Gemini: thoughts are on top of the candidates",
      { provider: "gcp.gemini", input: 100, cacheRead: 40, output: 20, reasoning: 70, total: 190 },
      { input: 60, cacheRead: 40, output: 20, reasoning: 70 }
    ],
    [
      "an unknown provider whose cache is larger than its input cannot mean it to be inside",
      { provider: "acme", input: 10, cacheRead: 90, output: 5 },
      { input: 10, cacheRead: 90, output: 5 }
    ],
    ["a total alone", { total: 12 }, { input: 12 }],
    ["a total and an output", { output: 2, total: 12 }, { input: 10, output: 2 }]
  ])("%s", (_, reported, expected) => {
    assert.deepStrictEqual(Usage.from(reported), { ...none, ...expected })
  })

  it("is nothing where nothing was counted", () => {
    assert.isUndefined(Usage.from({ provider: "openai" }))
    assert.isUndefined(Usage.ofEvent({ config: {}, metadata: { prompt_tokens: "many" } }))
  })

  it("law: buckets are not negative, and add up to the provider's total where it is a possible one", () => {
    const tokens = fc.option(fc.nat({ max: 10_000 }), { nil: undefined })
    fc.assert(
      fc.property(
        fc.constantFrom("openai", "anthropic", "gemini", "bedrock", "xai", "acme", undefined),
        fc.record({ input: tokens, output: tokens, cacheRead: tokens, cacheWrite: tokens, reasoning: tokens }),
        fc.boolean(),
        fc.boolean(),
        (provider, counts, cacheApart, reasoningApart) => {
          const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, reasoning = 0 } = counts
          const cached = cacheRead + cacheWrite
          fc.pre(cacheApart || cached <= input)
          fc.pre(reasoningApart || reasoning <= output)
          const total = input + output + (cacheApart ? cached : 0) + (reasoningApart ? reasoning : 0)
          fc.pre(total > 0)
          const usage = Usage.from({ provider, input, output, cacheRead, cacheWrite, reasoning, total })
          assert.strictEqual(usage === undefined ? 0 : Usage.total(usage), total)
          assert.isTrue(Object.values(usage ?? {}).every((bucket) => bucket >= 0))
          assert.strictEqual(usage?.cacheRead, cacheRead)
        }
      )
    )
  })
})

describe("Prices", () => {
  const at = Date.parse("2025-12-05")
  const million = { ...none, input: 1_000_000 }

  it.each([
    ["gpt-4o-2024-11-20", "openai", 2.5],
    ["gpt-4o-mini-2024-07-18", "openai", 0.15],
    ["openai/gpt-4.1-nano", "openrouter", 0.1],
    ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "aws.bedrock", 3],
    ["claude-opus-4-5-20251101", "anthropic", 5],
    ["claude-opus-4-1-20250805", "anthropic", 15]
  ])("%s of %s costs %d a million", (model, provider, dollars) => {
    assert.strictEqual(Prices.cost(Prices.builtIn, million, { model, provider, at }), dollars)
  })

  it("goes by the day of the call", () => {
    const cost = (day: string) => Prices.cost(Prices.builtIn, million, { model: "o3", at: Date.parse(day) })
    assert.deepStrictEqual(["2025-05-01", "2025-06-09", "2025-06-10"].map(cost), [10, 10, 2])
    assert.isUndefined(cost("2024-01-01"))
  })

  it("prefers a whole name, then the provider's own entry", () => {
    const price = (more: Partial<Prices.Price>): Prices.Price => ({
      model: "m*",
      from: "2025-01-01",
      input: 1,
      output: 1,
      ...more
    })
    const table = {
      updated: "2025-01-01",
      prices: [
        price({}),
        price({ provider: "azure", input: 2 }),
        price({ model: "m-1", input: 3 }),
        price({ model: "m-1", from: "2025-02-01", input: 4 })
      ]
    }
    const input = (model: string, provider?: string) => Prices.find(table, { model, provider, at })?.input
    assert.deepStrictEqual(
      [input("m-2"), input("m-2", "azure.openai"), input("m-1", "azure"), input("n")],
      [1, 2, 4, undefined]
    )
  })

  it.effect("says what is wrong with a price file", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Prices.decode(`{"updated":"today","prices":[{"model":"m","from":"2025-01-01","input":-1}]}`)
      )
      assert.include(error.message, "updated")
      const read = yield* Prices.decode(JSON.stringify(Prices.builtIn))
      assert.deepStrictEqual(read, Prices.builtIn)
    })
  )
})

describe("list prices", () => {
  const at = (day: string) => Date.parse(`${day}T12:00:00Z`)
  const price = (model: string, day = "2026-11-21") => {
    const found = Prices.find(Prices.builtIn, { model, at: at(day) })
    return found && [found.input, found.cacheRead, found.output]
  }

  // As LiteLLM 1.109.1 and genai-prices 0.1.8 have them
  it.each([
    ["gpt-4o-mini-2024-07-18", [0.15, 0.075, 0.6]],
    ["gpt-4o-2024-05-13", [5, undefined, 15]],
    ["gpt-5-2025-08-07", [1.25, 0.125, 10]],
    ["gpt-5.1", [1.25, 0.125, 10]],
    ["gpt-5.2-2025-12-11", [1.75, 0.175, 14]],
    ["gpt-5.4", [2.5, 0.25, 15]],
    ["openai/gpt-5.5-pro", [30, undefined, 180]],
    ["gpt-6-sol", [2, 0.2, 10]],
    ["claude-opus-4-20250514", [15, 1.5, 75]],
    ["claude-opus-4-1", [15, 1.5, 75]],
    ["claude-opus-4-5-20251101", [5, 0.5, 25]],
    ["anthropic.claude-opus-4-6-v1", [5, 0.5, 25]],
    ["claude-opus-5-5", [4, 0.2, 20]],
    ["claude-sonnet-4-6", [3, 0.3, 15]],
    ["claude-haiku-4-5@20251001", [1, 0.1, 5]],
    ["gemini-2.5-flash", [0.3, 0.03, 2.5]],
    ["models/gemini-3.1-pro-preview", [2, 0.2, 12]],
    ["deepseek-chat", [0.28, 0.028, 0.42]],
    ["mistral-large-latest", [0.5, 0.05, 1.5]]
  ] as const)("%s", (model, expected) => {
    assert.deepStrictEqual(price(model), [...expected])
  })

  it("hold from a day on", () => {
    assert.deepStrictEqual(price("gpt-4o", "2024-08-01"), [5, undefined, 15])
    assert.deepStrictEqual(price("gpt-4o", "2024-10-02"), [2.5, 1.25, 10])
    assert.deepStrictEqual(price("o3", "2025-06-09"), [10, 2.5, 40])
    assert.deepStrictEqual(price("o3", "2025-06-10"), [2, 0.5, 8])
    assert.deepStrictEqual(price("gpt-5.6-luna", "2026-07-29"), [1, 0.1, 6])
    assert.deepStrictEqual(price("gpt-5.6-luna", "2026-07-30"), [0.2, 0.02, 1.2])
  })

  it("what is not in the table costs nothing known, rather than what its predecessor costs", () => {
    for (const model of [
      "gpt-5.9",
      "gpt-4o-realtime-preview",
      "claude-opus-4-99",
      "claude-opus-6",
      "gemini-2.5-flash-image"
    ]) {
      assert.isUndefined(price(model), model)
    }
  })
})
