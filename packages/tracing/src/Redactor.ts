/**
 * The redaction of an instance: its rules and its own keys, applied to spans and to what is said of sessions.
 *
 * It fails closed: what it cannot look at is replaced, never sent, and nothing is thrown.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { make, type Redaction } from "./internal/redaction/redaction.ts"
import { TracerConfig } from "./TracerConfig.ts"

/**
 * What redaction needs to see of a span; OpenTelemetry's has it.
 *
 * @category models
 * @since 0.1.0
 */
export type { Redaction, SpanContent } from "./internal/redaction/redaction.ts"

/**
 * The redaction of this instance.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Redactor, TracerConfig } from "@honeyhive/tracing"
 *
 * const text = Redactor.use((redactor) => Effect.succeed(redactor.text("key hh_0123456789abcdef in use")))
 * const layer = Redactor.layer.pipe(Layer.provide(TracerConfig.layer({ apiKey: "hh_0123456789abcdef" })))
 *
 * await Effect.runPromise(text.pipe(Effect.provide(layer))) // => "key [redacted] in use"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Redactor extends Context.Service<Redactor, Redaction>()("@honeyhive/tracing/Redactor") {
  /** By the configuration's `redact` and `captureContent`, and its keys. */
  static readonly layer: Layer.Layer<Redactor, never, TracerConfig> = Layer.effect(
    Redactor,
    Effect.flatMap(TracerConfig, make)
  )
}
