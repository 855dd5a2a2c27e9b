/**
 * What tokens cost: a table of dated prices per model, which a user may replace with a file of the same form.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { listed } from "./internal/prices.ts"
import type { Usage } from "./Usage.ts"

const Dollars = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const Day = Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/, { title: "day (YYYY-MM-DD)" }))

/**
 * The price of one model, or of a family of models, from a day on: US dollars per million tokens, per bucket.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Price = Schema.Struct({
  /** The model's name, lower case; a `*` at its end stands for the rest of the name. */
  model: Schema.String,
  /** Part of the provider's name, where the same model costs different things. */
  provider: Schema.optionalKey(Schema.String),
  /** The first day (UTC) on which this price holds. */
  from: Day,
  input: Dollars,
  output: Dollars,
  /** Default: as `input`. */
  cacheRead: Schema.optionalKey(Dollars),
  /** Default: as `input`. */
  cacheWrite: Schema.optionalKey(Dollars),
  /** Default: as `output`. */
  reasoning: Schema.optionalKey(Dollars)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Price = typeof Price.Type

/**
 * A price list; as JSON it is the form of the file that replaces the built-in one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PriceTable = Schema.Struct({
  /** When somebody last compared it with what providers say. */
  updated: Day,
  prices: Schema.Array(Price)
})

/**
 * @category models
 * @since 0.1.0
 */
export type PriceTable = typeof PriceTable.Type

/**
 * List prices of OpenAI, Anthropic, Google, DeepSeek, Mistral and xAI for text: no discounts, no batch prices, none for long prompts.
 * Compared on the day in `updated` with LiteLLM's `model_prices_and_context_window.json` (1.109.1) and Pydantic's genai-prices
 * (0.1.8), which read the providers' price pages. A model that is not in the table has no price, rather than its
 * predecessor's. A file of the same form ({@link decode}) replaces all of it.
 *
 * @category tables
 * @since 0.1.0
 */
export const builtIn: PriceTable = listed

/**
 * Reads a price file.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Prices } from "@honeyhive/contract"
 *
 * const file = `{ "updated": "2026-10-01", "prices": [{ "model": "my-model*", "from": "2026-01-01", "input": 1, "output": 4 }] }`
 *
 * Effect.runSync(Prices.decode(file)).prices.length // => 1
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(PriceTable))

/** How closely an entry names the model: not at all, else longer is closer and a whole name the closest. */
const closeness = (pattern: string, model: string): number => {
  if (!pattern.endsWith("*")) return pattern === model ? Infinity : 0
  const prefix = pattern.slice(0, -1)
  return model.startsWith(prefix) ? 1 + prefix.length : 0
}

// Gateways and clouds put the provider, the region or a path in front of the model's own name
const ownName = (model: string): string =>
  model
    .toLowerCase()
    .replace(/^.*\//, "")
    .replace(/^((us|eu|apac|global)\.)?(anthropic|amazon|meta|mistral|cohere)\./, "")

/**
 * The price that held for a model at a moment (Unix milliseconds); `undefined` when the table does not know it.
 *
 * The closest name wins, then an entry for the provider, then the newest one that had begun by then.
 *
 * @example
 * ```ts
 * import { Prices } from "@honeyhive/contract"
 *
 * Prices.find(Prices.builtIn, { model: "openai/gpt-4o-mini", at: Date.parse("2025-06-01") })?.input // => 0.15
 * ```
 *
 * @category lookup
 * @since 0.1.0
 */
export const find = (
  table: PriceTable,
  call: { readonly model: string; readonly provider?: string | undefined; readonly at: number }
): Price | undefined => {
  const model = ownName(call.model)
  const provider = call.provider?.toLowerCase() ?? ""
  const candidates: Array<{ readonly price: Price; readonly close: number; readonly begun: number }> = []
  for (const price of table.prices) {
    const close = closeness(price.model, model)
    if (close === 0) continue
    const begun = Date.parse(price.from)
    if (!(begun <= call.at)) continue
    if (price.provider !== undefined && !provider.includes(price.provider)) continue
    candidates.push({ price, close, begun })
  }
  const named = (price: Price) => (price.provider === undefined ? 0 : 1)
  // Two whole names are equally close: their difference is no number
  candidates.sort((a, b) => b.close - a.close || named(b.price) - named(a.price) || b.begun - a.begun)
  return candidates[0]?.price
}

/**
 * What a call cost in US dollars; `undefined` when the table has no price for its model.
 *
 * @example
 * ```ts
 * import { Prices } from "@honeyhive/contract"
 *
 * const table: Prices.PriceTable = {
 *   updated: "2026-10-01",
 *   prices: [{ model: "m*", from: "2026-01-01", input: 2, cacheRead: 0.5, output: 8 }]
 * }
 * const usage = { input: 1_000_000, cacheRead: 1_000_000, cacheWrite: 0, reasoning: 0, output: 500_000 }
 *
 * Prices.cost(table, usage, { model: "m-1", at: Date.parse("2026-05-01") }) // => 6.5
 * Prices.cost(table, usage, { model: "m-1", at: Date.parse("2025-05-01") }) // => undefined
 * ```
 *
 * @category lookup
 * @since 0.1.0
 */
export const cost = (table: PriceTable, usage: Usage, call: Parameters<typeof find>[1]): number | undefined => {
  const price = find(table, call)
  if (price === undefined) return undefined
  return (
    (usage.input * price.input +
      usage.cacheRead * (price.cacheRead ?? price.input) +
      usage.cacheWrite * (price.cacheWrite ?? price.input) +
      usage.reasoning * (price.reasoning ?? price.output) +
      usage.output * price.output) /
    1_000_000
  )
}
