/**
 * What must not leave the process, as data: rules by key name, by value and by attribute path, and packs of them.
 *
 * Rules are applied to every span of an instance when it ends, whoever made it, before it is queued: to attributes and
 * their names, events, links, the status message and the span's name; and to what is said of sessions over REST. Patterns
 * run on an engine whose time is linear in the text (RE2), so that no pattern can hang a program; it is loaded only where
 * there is a pattern.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { AttributeValue } from "@honeyhive/contract/Attributes"

/**
 * What stands where something was masked.
 *
 * @category names
 * @since 0.1.0
 */
export const MARKER = "[redacted]"

/**
 * What stands where redaction itself failed: nothing is sent that it could not look at.
 *
 * @category names
 * @since 0.1.0
 */
export const FAILED = "[redaction failed]"

/**
 * What happens to a value: `mask` puts {@link MARKER} there, `remove` takes it away, `hash` puts the first 16 digits of its
 * SHA-256 there (equal values stay equal; short values can be guessed), `keep` exempts it from later rules by key or path.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Action = Schema.Literals(["mask", "remove", "hash", "keep"])

/**
 * @category models
 * @since 0.1.0
 */
export type Action = typeof Action.Type

const Names = Schema.Union([Schema.NonEmptyString, Schema.Array(Schema.NonEmptyString)])

const action = { action: Schema.optionalKey(Action) }

/** Taking a part out of a text, or keeping it, has no use for a pattern. */
const valueAction = { action: Schema.optionalKey(Schema.Literals(["mask", "remove", "hash"])) }

/**
 * One rule; of the rules by key and path, the first that matches decides.
 *
 * - `key`: a name, at any depth of an attribute's dotted path and in JSON text. Case, `-`, `_` and spaces make no
 *   difference; a `*` at an end stands for anything: `*password` is also `dbPassword`.
 * - `keyPattern`: the same by a pattern.
 * - `path`: an attribute and what is below it. A part may have a `*` at an end: `honeyhive_inputs._params_.card.*`.
 *   A session's fields have the paths of the attributes: `honeyhive_inputs.x`, `honeyhive_user_properties.plan`.
 * - `value`: what a pattern finds in a text, in every attribute. What its first group captures stays before the marker,
 *   its second group after it. `luhn` also wants the digits found to be a card number.
 *
 * Patterns are RE2's: no look-around, no back-references; `(?i)` at the start ignores case.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Union([
  Schema.Struct({ key: Names, ...action }),
  Schema.Struct({ keyPattern: Schema.NonEmptyString, ...action }),
  Schema.Struct({ path: Names, ...action }),
  Schema.Struct({ value: Schema.NonEmptyString, luhn: Schema.optionalKey(Schema.Boolean), ...valueAction })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * The names of the packs that come with this package.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Pack = Schema.Literals(["secrets", "pii"])

/**
 * @category models
 * @since 0.1.0
 */
export type Pack = typeof Pack.Type

/**
 * Packs and rules, as an option or as the JSON text of `HH_REDACT`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rules = Schema.Struct({
  packs: Schema.optionalKey(Schema.Array(Pack)),
  rules: Schema.optionalKey(Schema.Array(Rule))
})

/**
 * Code that has the first look at each value: it gets the attribute's name (`name`, `status.message` and `event.name`
 * for what a span says elsewhere, `log.message` for what is logged in it) and what the value is to be. `undefined` removes it. Rules are applied to what it returns.
 *
 * Where it throws, or returns something else than an attribute value (a promise, for one), the value is {@link FAILED}.
 *
 * @category models
 * @since 0.1.0
 */
export type Hook = (key: string, value: AttributeValue) => AttributeValue | undefined

/**
 * The `redact` option. Default: nothing but the instance's own keys (8 characters or more) is redacted, because the packs
 * change content.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const redact = { packs: ["secrets"], rules: [{ path: "honeyhive_inputs.card.*", action: "hash" }] } as const
 *
 * const program = Effect.gen(function*() {
 *   yield* HoneyHive.enrichSpan({
 *     inputs: { apiKey: "k-1", query: "use ghp_abcdefghijklmnopqrstuvwxyz0123456789", card: { number: "4111" } }
 *   }).pipe(Effect.withSpan("pay"))
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return ["apiKey", "query", "card.number"].map((name) => span?.attributes[`honeyhive_inputs.${name}`])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory({ redact }))))
 * // => ["[redacted]", "use [redacted]", "[sha256:1f58dbec71994620]"]
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Redact {
  /** Packs that come with this package, see `RedactionPacks`. Default: none. */
  readonly packs?: ReadonlyArray<Pack>
  /** Rules of your own; they are looked at before the packs. */
  readonly rules?: ReadonlyArray<Rule>
  readonly hook?: Hook | undefined
}
