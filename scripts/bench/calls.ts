/**
 * What tracing one asynchronous call costs, with 2 KB in, 2 KB out and delivery to a local sink, against bare
 * OpenTelemetry in the same process.
 *
 * The contestants take turns, so that what slows the machine slows them all; the median of the rounds counts.
 */
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import { type AttributeValue, context, type Span } from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { BasicTracerProvider, BatchSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Effect, type Layer, ManagedRuntime } from "effect"
import { Bucket } from "@honeyhive/contract"
import { HoneyHive, type Options, traced } from "@honeyhive/tracing"
import { sink } from "./sink.ts"
import { median, type Row } from "./table.ts"

const ROUNDS = 9
/** Rounds that are not counted: a program that has run for a while is compiled. */
const WARM_UP = 6
const CALLS = 2_000
const QUEUE = { maxQueueSize: 100_000, maxExportBatchSize: 512, scheduledDelayMillis: 100 }

/** About 2 KB as JSON, in the shape of a retrieval tool's answer. */
const passages = Array.from({ length: 8 }, (_, id) => ({ id, text: "lorem ipsum dolor sit amet ".repeat(8) }))

interface Input {
  readonly query: string
  readonly passages: typeof passages
}

const inputs: ReadonlyArray<Input> = Array.from({ length: CALLS }, (_, call) => ({
  query: `refunds ${call}`,
  passages
}))

const work = async (input: Input) => {
  await Promise.resolve()
  return { ...input, found: true }
}

/** One round makes all the calls and waits until their spans are delivered. */
interface Contestant {
  readonly name: string
  readonly round: () => Promise<void>
  readonly close: () => Promise<void>
}

const each = async (call: (input: Input) => Promise<unknown>): Promise<void> => {
  for (const input of inputs) await call(input)
}

const batching = (url: string): SpanProcessor => new BatchSpanProcessor(new OTLPTraceExporter({ url }), QUEUE)

const untraced: Contestant = { name: "the call itself", round: () => each(work), close: () => Promise.resolve() }

type Record = (span: Span, what: "input" | "output", value: unknown) => void

const asJson: Record = (span, what, value) => span.setAttribute(what, JSON.stringify(value))

/** What HoneyHive's spans carry: one attribute for each value. */
const asBuckets: Record = (span, what, value) =>
  Bucket.flatten(
    what === "input" ? "honeyhive_inputs._params_.input" : "honeyhive_outputs.result",
    value,
    (name, attribute) => span.setAttribute(name, attribute as AttributeValue) // flatten hands out nothing else
  )

const openTelemetry = (name: string, url: string, record: Record): Contestant => {
  const provider = new BasicTracerProvider({ spanProcessors: [batching(url)] })
  const tracer = provider.getTracer("bench")
  const call = (input: Input) =>
    tracer.startActiveSpan("call", async (span) => {
      record(span, "input", input)
      const result = await work(input)
      record(span, "output", result)
      span.end()
      return result
    })
  return {
    name,
    round: () => each(call).then(() => provider.forceFlush()),
    close: () => provider.shutdown()
  }
}

const effectful = <R, E>(
  name: string,
  layer: Layer.Layer<R, E>,
  round: Effect.Effect<unknown, unknown, R>
): Contestant => {
  const runtime = ManagedRuntime.make(layer)
  return { name, round: () => runtime.runPromise(Effect.asVoid(round)), close: () => runtime.dispose() }
}

const honeyhive = (url: string, options: Options = {}) =>
  HoneyHive.layer({
    ...options,
    otlpEndpoint: url,
    batchMaxQueue: QUEUE.maxQueueSize,
    batchMaxSize: QUEUE.maxExportBatchSize,
    batchInterval: QUEUE.scheduledDelayMillis
  })

const honeyhiveTraced = (name: string, url: string, options?: Options): Contestant => {
  const call = traced({ name: "call" }, work)
  return effectful(
    name,
    honeyhive(url, options),
    Effect.andThen(
      Effect.promise(() => each(call)),
      HoneyHive.flush
    )
  )
}

const honeyhiveWithSpan = (url: string): Contestant => {
  const call = (input: Input) =>
    Effect.promise(() => work(input)).pipe(
      Effect.tap((result) => HoneyHive.enrichSpan({ inputs: { input }, outputs: { result } })),
      Effect.withSpan("call")
    )
  return effectful(
    "HoneyHive Effect.withSpan",
    honeyhive(url),
    Effect.andThen(Effect.forEach(inputs, call, { discard: true }), HoneyHive.flush)
  )
}

type Annotations = (input: Input, result: unknown) => { [name: string]: unknown }

const jsonTexts: Annotations = (input, result) => ({ input: JSON.stringify(input), output: JSON.stringify(result) })

const buckets: Annotations = (input, result) => {
  const attributes: { [name: string]: unknown } = {}
  const set = (name: string, value: unknown) => void (attributes[name] = value)
  Bucket.flatten("honeyhive_inputs.input", input, set)
  Bucket.flatten("honeyhive_outputs.result", result, set)
  return attributes
}

const nodeSdk = (name: string, url: string, annotations: Annotations): Contestant => {
  const processor = batching(url)
  const call = (input: Input) =>
    Effect.promise(() => work(input)).pipe(
      Effect.tap((result) => Effect.annotateCurrentSpan(annotations(input, result))),
      Effect.withSpan("call")
    )
  return effectful(
    name,
    NodeSdk.layer(() => ({ resource: { serviceName: "bench" }, spanProcessor: processor })),
    Effect.andThen(
      Effect.forEach(inputs, call, { discard: true }),
      Effect.promise(() => processor.forceFlush())
    )
  )
}

/** Runs the contestants and returns a row for each. */
export const calls = async (progress: (text: string) => void): Promise<ReadonlyArray<Row>> => {
  const { close, url } = await sink()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const bare = openTelemetry("OpenTelemetry startActiveSpan, payload as JSON text", url, asJson)
  const same = openTelemetry("OpenTelemetry startActiveSpan, HoneyHive's attributes", url, asBuckets)
  const ours = [honeyhiveTraced("HoneyHive traced(fn)", url), honeyhiveWithSpan(url)] as const
  const running = honeyhiveTraced("HoneyHive traced(fn), runningSpans", url, { runningSpans: "on" })
  const nodeSdkTexts = nodeSdk("@effect/opentelemetry NodeSdk, payload as JSON text", url, jsonTexts)
  const nodeSdkSame = nodeSdk("@effect/opentelemetry NodeSdk, HoneyHive's attributes", url, buckets)
  const contestants = [untraced, bare, same, ...ours, running, nodeSdkTexts, nodeSdkSame]
  const times = new Map<Contestant, Array<number>>(contestants.map((contestant) => [contestant, []]))
  for (let round = 1 - WARM_UP; round <= ROUNDS; round++) {
    for (const contestant of contestants) {
      progress(`round ${Math.max(0, round)} of ${ROUNDS}: ${contestant.name}`)
      globalThis.gc?.()
      const start = performance.now()
      await contestant.round()
      if (round > 0) times.get(contestant)?.push(((performance.now() - start) * 1000) / CALLS)
    }
  }
  for (const contestant of contestants) await contestant.close()
  await close()
  const micros = (contestant: Contestant) => median(times.get(contestant) ?? [])
  const row = (contestant: Contestant, baseline: Contestant): Row => ({
    what: `call: ${contestant.name}`,
    value: `${micros(contestant).toFixed(1)} µs`,
    ...(contestant === baseline
      ? {}
      : { ratio: micros(contestant) / micros(baseline), against: baseline.name.replace("startActiveSpan, ", "") })
  })
  return [
    ...contestants.map((contestant) => row(contestant, bare)),
    ...ours.map((contestant) => row(contestant, same)),
    row(running, ours[0]),
    ...[nodeSdkTexts, nodeSdkSame].map((baseline) => row(ours[1], baseline))
  ]
}
