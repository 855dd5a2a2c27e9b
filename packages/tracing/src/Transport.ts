/**
 * A way out for spans: what an exporter makes of them, how it sends them, and how it keeps them on disk.
 *
 * @since 0.1.0
 */
import * as OtelApi from "@opentelemetry/api"
import { ExportResultCode, suppressTracing } from "@opentelemetry/core"
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * A request that the backend did not take.
 *
 * @example
 * ```ts
 * import { Transport } from "@honeyhive/tracing"
 *
 * new Transport.ExportError({ message: "no such key", status: 401 }).isFinal // => true
 * new Transport.ExportError({ message: "too many requests", status: 429, retryAfter: 2000 }).isFinal // => false
 * new Transport.ExportError({ message: "too large", status: 413 }).isDivisible // => true
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class ExportError extends Schema.TaggedError<ExportError>()("ExportError", {
  message: Schema.String,
  /** The backend's answer, if there was one. */
  status: Schema.optionalKey(Schema.Int),
  /** Milliseconds that the backend asks to be left alone. */
  retryAfter: Schema.optionalKey(Schema.Number)
}) {
  /** 4xx are answers, except those that ask to come back. */
  get isFinal(): boolean {
    const { status } = this
    return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
  }
  /** Too large as a whole, or malformed somewhere: halves find the span that it is about. */
  get isDivisible(): boolean {
    return this.status === 413 || this.status === 400
  }
}

/**
 * A span as it waits for delivery, in whatever form its exporter sends it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sendable {
  /** How much it counts against the bounds of queue and request. */
  readonly bytes: number
}

/**
 * How an exporter's spans are kept on disk.
 *
 * @category models
 * @since 0.1.0
 */
export interface Storage<S extends Sendable> {
  /** Spans of another target (another backend, another key) are never sent to this one. */
  readonly target: string
  /** What a span shares with others, by identity; it is stored once. */
  originOf(item: S): object
  storeOrigin(item: S): string
  dataOf(item: S): Uint8Array
  /** Makes spans of what was stored; none where the origin cannot be read. */
  restore(origin: string): Option.Option<(data: Buffer) => S>
}

/**
 * A way out for spans. `send` and `storage` are given only what `prepare` made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Transport<S extends Sendable = Sendable> {
  /** Makes of an ended span what waits and is sent; called once. */
  prepare(span: ReadableSpan): S
  /** Sends a batch; succeeds with how many of its spans the backend rejected all the same. */
  send(batch: ReadonlyArray<S>): Effect.Effect<Taken, ExportError>
  /** The spans are done with, whatever became of them: what they took may be used again. */
  release?(items: ReadonlyArray<S>): void
  readonly shutdown: Effect.Effect<void>
  /** `prepare` and `send` also take spans that still run, whose end is 0 (OTLP's pending spans). Default: they do not. */
  readonly takesRunning?: boolean
  /** Present where spans can be kept on disk. */
  readonly storage?: Storage<S>
}

/**
 * A span that waits as it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Whole extends Sendable {
  readonly span: ReadableSpan
}

const OVERHEAD = 256

const bytesOf = (value: unknown): number =>
  typeof value === "string"
    ? value.length
    : Array.isArray(value)
      ? value.reduce<number>((sum, item) => sum + bytesOf(item), 8)
      : 8

/**
 * About as many bytes as a span takes in memory: long texts dominate it, so that is what is counted.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter, Transport } from "@honeyhive/tracing"
 *
 * const sizes = Effect.void.pipe(
 *   Effect.withSpan("step", { attributes: { text: "x".repeat(1000) } }),
 *   Effect.andThen(HoneyHive.flush),
 *   Effect.andThen(MemoryExporter.use((memory) => memory.spans)),
 *   Effect.map((spans) => spans.map((span) => Transport.sizeOf(span) > 1000)),
 *   Effect.provide(HoneyHive.layerMemory())
 * )
 *
 * await Effect.runPromise(sizes) // => [true]
 * ```
 *
 * @category sizes
 * @since 0.1.0
 */
export const sizeOf = (span: ReadableSpan): number => {
  let bytes = OVERHEAD + span.name.length
  for (const key in span.attributes) bytes += key.length + bytesOf(span.attributes[key])
  for (const event of span.events) {
    bytes += OVERHEAD
    for (const key in event.attributes) bytes += key.length + bytesOf(event.attributes[key])
  }
  return bytes
}

/**
 * What a backend says of a batch that it took.
 *
 * @category models
 * @since 0.1.0
 */
export interface Taken {
  /** Spans that it rejected all the same (OTLP's partial success). */
  readonly rejected: number
  readonly message: string
}

/**
 * All of it.
 *
 * @category models
 * @since 0.1.0
 */
export const allTaken: Taken = { rejected: 0, message: "" }

/**
 * A span that waits as it is, for exporters that need no other form.
 *
 * @example
 * ```ts
 * import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
 * import { Transport } from "@honeyhive/tracing"
 *
 * const span = new BasicTracerProvider().getTracer("docs").startSpan("step") as unknown as ReadableSpan
 *
 * const waiting = Transport.whole(span)
 * waiting.span === span // => true
 * waiting.bytes > 0 // => true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const whole = (span: ReadableSpan): Whole => ({ span, bytes: sizeOf(span) })

/**
 * Any OpenTelemetry exporter as a transport. Its own requests stay out of every trace. It says only that a batch failed:
 * partial success and `Retry-After` are lost on the way.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Exporter, HoneyHive, TracerConfig, Transport } from "@honeyhive/tracing"
 *
 * const names: Array<string> = []
 * const collecting = Layer.succeed(
 *   Exporter,
 *   Transport.fromSpanExporter({
 *     export: (spans, done) => {
 *       names.push(...spans.map((span) => span.name))
 *       done({ code: 0 })
 *     },
 *     shutdown: () => Promise.resolve()
 *   })
 * )
 * const instance = HoneyHive.layerExporter.pipe(Layer.provide(collecting), Layer.provide(TracerConfig.layer()))
 *
 * await Effect.runPromise(Effect.void.pipe(Effect.withSpan("step"), Effect.provide(instance)))
 * names // => ["step"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSpanExporter = (exporter: SpanExporter): Transport<Whole> => ({
  prepare: whole,
  send: (batch) =>
    Effect.callback((resume) => {
      const spans = batch.map(({ span }) => span)
      OtelApi.context.with(suppressTracing(OtelApi.context.active()), () =>
        exporter.export(spans, ({ code, error }) => {
          if (code === ExportResultCode.SUCCESS) return resume(Effect.succeed(allTaken))
          const status =
            Predicate.hasProperty(error, "code") && Number.isInteger(error.code) ? Number(error.code) : undefined
          const message = error?.message ?? "unknown reason"
          resume(Effect.fail(new ExportError({ message, ...(status === undefined ? {} : { status }) })))
        })
      )
    }),
  shutdown: Effect.ignore(Effect.tryPromise(() => exporter.shutdown()))
})
