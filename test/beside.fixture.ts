/**
 * A program that has HoneyHive beside another owner of OpenTelemetry's global provider. It runs in a process of its own,
 * because owners take globals, and prints what came to them: `node beside.fixture.ts <owner> <how>`.
 */
import { context, createContextKey, SamplingDecision, trace } from "@opentelemetry/api"
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  type SpanProcessor
} from "@opentelemetry/sdk-trace-base"
import type { NodeOptions } from "@sentry/node"
import * as Effect from "effect/Effect"
import { HoneyHive, type Options, ProviderMode, traced } from "@honeyhive/tracing"

export type Owner = "NodeSDK" | "@vercel/otel" | "Sentry" | "Sentry by itself"
export type How = "before" | "after" | "attach given" | "attach running"

export interface Seen {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly attributes: { readonly [name: string]: unknown }
}

export interface Report {
  readonly mode: string
  readonly theirs: ReadonlyArray<Seen>
  /** Whether the global provider was theirs while HoneyHive was there and afterwards. */
  readonly globalStays: ReadonlyArray<boolean>
  /** Whether OpenTelemetry's context came through an Effect program into plain code, and out again. */
  readonly contextStays: ReadonlyArray<boolean>
}

const isSkipped = (name: string): boolean => name.startsWith("skipped")

type Collected = () => Promise<ReadonlyArray<Seen>>

/** Sets an owner up with a sampler that skips what is named so, and says how to get at what it would export. */
const owners: { readonly [O in Owner]: (ours: ReadonlyArray<SpanProcessor>) => Promise<Collected> } = {
  NodeSDK: async (ours) => {
    const { NodeSDK } = await import("@opentelemetry/sdk-node")
    const { HttpInstrumentation } = await import("@opentelemetry/instrumentation-http")
    const { UndiciInstrumentation } = await import("@opentelemetry/instrumentation-undici")
    const { collected, processor } = collector()
    const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation()]
    new NodeSDK({ spanProcessors: [processor, ...ours], sampler, instrumentations }).start()
    return collected
  },
  "@vercel/otel": async (ours) => {
    const { registerOTel } = await import("@vercel/otel")
    const { collected, processor } = collector()
    registerOTel({ serviceName: "theirs", spanProcessors: [processor, ...ours], traceSampler: sampler })
    return collected
  },
  Sentry: async (ours) => {
    // With processors, Sentry uses OpenTelemetry's SDK
    const { processor } = collector()
    return sentry({ openTelemetrySpanProcessors: [processor, ...ours] })
  },
  "Sentry by itself": () => sentry({})
}

const sampler = new ParentBasedSampler({
  root: {
    shouldSample: (_context, _traceId, name) => ({
      decision: isSkipped(name) ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED
    }),
    toString: () => "skipped"
  }
})

const collector = () => {
  const exporter = new InMemorySpanExporter()
  const processor = new SimpleSpanProcessor(exporter)
  const collected = async () => {
    // It waits for what the resource has yet to find out
    await processor.forceFlush()
    return exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      ...span.spanContext(),
      parentId: span.parentSpanContext?.spanId,
      attributes: span.attributes
    }))
  }
  return { collected, processor }
}

const sentry = async (options: NodeOptions): Promise<Collected> => {
  const Sentry = await import("@sentry/node")
  const spans: Array<Seen> = []
  Sentry.init({
    ...options,
    dsn: "http://public@127.0.0.1:1/1",
    tracesSampler: ({ inheritOrSampleWith, name }) => inheritOrSampleWith(isSkipped(name) ? 0 : 1),
    beforeSendTransaction: (event) => {
      const root = event.contexts?.trace
      const all = (event.spans ?? []).map((span) => ({ ...span, name: span.description ?? "" }))
      for (const span of root === undefined ? all : [{ ...root, name: event.transaction ?? "" }, ...all]) {
        spans.push({
          name: span.name,
          traceId: span.trace_id,
          spanId: span.span_id,
          parentId: span.parent_span_id,
          attributes: span.data ?? {}
        })
      }
      return null
    }
  })
  return async () => {
    await Sentry.flush(2_000)
    return spans
  }
}

const main = async (owner: Owner, how: How, url: string): Promise<Report> => {
  const options: Options = { apiKey: "hh_key", url }
  const key = createContextKey("theirs")
  const contextStays: Array<boolean> = []
  const globalStays: Array<boolean> = []
  let collected: Collected = async () => []
  let global: unknown

  const register = async (ours: ReadonlyArray<SpanProcessor> = []) => {
    collected = await owners[owner](ours)
    global = ProviderMode.globalProvider()
  }

  const library = () =>
    trace.getTracer("app").startActiveSpan("library", async (span) => {
      contextStays.push(context.active().getValue(key) === 1)
      await fetch(`${url}/elsewhere`).then((response) => response.text())
      span.end()
    })
  const step = traced({ name: "step" }, library)
  const agent = Effect.promise(step).pipe(
    Effect.tap(HoneyHive.enrichSpan({ metadata: { tier: "gold" } })),
    Effect.withSpan("agent", { attributes: { shared: true } }),
    HoneyHive.withSession({ name: "mine" })
  )

  const requests = Effect.gen(function* () {
    const hive = yield* HoneyHive
    if (how === "after") yield* Effect.promise(() => register())
    const services = yield* Effect.context<HoneyHive>()
    const app = trace.getTracer("app")
    const request = (name: string) =>
      app.startActiveSpan(name, (span) =>
        context.with(context.active().setValue(key, 1), async () => {
          await Effect.runPromiseWith(services)(agent)
          contextStays.push(context.active().getValue(key) === 1, trace.getActiveSpan() === span)
          span.end()
        })
      )
    yield* Effect.promise(() => Promise.all([request("request"), request("skipped request")]))
    yield* HoneyHive.flush
    globalStays.push(ProviderMode.globalProvider() === global)
    return hive.providerMode
  })

  if (how === "before" || how === "attach running") await register()
  let layer = HoneyHive.layer({ ...options, provider: how === "attach running" ? "attached" : "independent" })
  if (how === "attach given") {
    const attachment = HoneyHive.attach(options)
    await register([attachment.spanProcessor])
    layer = attachment.layer
  }
  const mode = await Effect.runPromise(requests.pipe(Effect.provide(layer)))
  globalStays.push(ProviderMode.globalProvider() === global)
  // Theirs go on as before
  trace.getTracer("app").startSpan("afterwards").end()
  return { mode, theirs: await collected(), globalStays, contextStays }
}

if (process.argv[1] === import.meta.filename) {
  const [, , owner, how, url = ""] = process.argv
  const report = await main(owner as Owner, how as How, url) // the test passes them
  process.stdout.write(JSON.stringify(report), () => process.exit())
}
