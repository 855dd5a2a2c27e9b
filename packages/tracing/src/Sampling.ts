/**
 * Which traces are recorded at all: a share of them, by their trace ids, and rules that give some of them another share.
 *
 * The decision is made where a trace begins and holds for all of it, in other processes too: a span whose parent was
 * recorded is recorded, one whose parent was not is not. A trace that is not recorded costs next to nothing, and nothing
 * that happens in it later, an error for one, brings it back.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { EventType } from "@honeyhive/contract/Event"

const Ratio = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/**
 * The share of the traces whose first span is as described; a rule describes by one or more of:
 *
 * - `name`: the span's name; a `*` at an end stands for anything: `health*`
 * - `namePattern`: a pattern that is found in the name (RE2's: no look-around, no back-references)
 * - `eventType`: as `traced` and OpenTelemetry attributes say it when the span starts, else as the name tells it
 * - `userProperties`: what the session's user properties are; `user_id` is one of them
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  name: Schema.optionalKey(Schema.NonEmptyString),
  namePattern: Schema.optionalKey(Schema.NonEmptyString),
  eventType: Schema.optionalKey(EventType),
  userProperties: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
  ),
  ratio: Ratio
})

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * The `sampling` option, or the JSON text of `HH_SAMPLING` (which may be the ratio alone): `ratio` from 0 (none) to 1 (all,
 * the default), and rules, of which the first that fits decides.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const sampling = { rules: [{ name: "health*", ratio: 0 }, { userProperties: { plan: "free" }, ratio: 0 }] }
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.void.pipe(Effect.withSpan("health check"))
 *   yield* Effect.void.pipe(Effect.withSpan("answer"), HoneyHive.withSession({ userProperties: { plan: "free" } }))
 *   yield* Effect.void.pipe(Effect.withSpan("answer"), HoneyHive.withSession({ userProperties: { plan: "pro" } }))
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => span.name)
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory({ sampling })))) // => ["answer"]
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Sampling = Schema.Struct({
  ratio: Schema.optionalKey(Ratio),
  rules: Schema.optionalKey(Schema.Array(Rule))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Sampling = typeof Sampling.Type
