/**
 * One process of the delivery benchmark: `deliver.child.ts theirs|ours|durable json|protobuf none|gzip <url> <spans>|paced`.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setImmediate, setTimeout } from "node:timers/promises"
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto"
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, BatchSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Context, Effect, Layer, ManagedRuntime } from "effect"
import { Delivery, Exporter, TracerConfig } from "@honeyhive/tracing"
import type { Measured } from "./deliver.ts"

const [who, format, compression, url = "", amount = ""] = process.argv.slice(2)

const QUEUE = 32_768
const BATCH = 512
const INTERVAL = 200

const spool = mkdtempSync(join(tmpdir(), "honeyhive-bench-"))

const theirs = (): SpanProcessor => {
  const Exporter = format === "json" ? JsonExporter : ProtobufExporter
  const options = {
    url,
    compression: compression === "gzip" ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE
  }
  return new BatchSpanProcessor(new Exporter(options), {
    maxQueueSize: QUEUE,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: INTERVAL
  })
}

const ours = async (): Promise<SpanProcessor> => {
  const config = TracerConfig.layer({
    otlpEndpoint: url,
    otlpProtocol: format === "json" ? "http/json" : "http/protobuf",
    otlpCompression: compression === "gzip" ? "gzip" : "none",
    batchMaxQueue: QUEUE,
    batchMaxSize: BATCH,
    batchInterval: INTERVAL,
    flushTimeout: "1 minute",
    spool: who === "durable" ? "durable" : "off",
    spoolPath: spool
  })
  const runtime = ManagedRuntime.make(Delivery.layer.pipe(Layer.provide(Exporter.otlp), Layer.provide(config)))
  const { flush, offer } = Context.get(await runtime.context(), Delivery)
  return {
    onStart: () => {},
    onEnd: (span) => offer(span),
    forceFlush: () => Effect.runPromise(Effect.ignore(flush)),
    shutdown: () => runtime.dispose()
  }
}

/** Ten attributes, 4 KB in all. */
const attributes = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [
    `honeyhive_inputs.messages.${index}.content`,
    "lorem ipsum dolor sit ".repeat(18)
  ])
)

const processor = who === "theirs" ? theirs() : await ours()
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "bench" }),
  spanProcessors: [processor]
})
const tracer = provider.getTracer("bench")
const make = (count: number): void => {
  for (let index = 0; index < count; index++) tracer.startSpan("chat", { attributes }).end()
}

/** As many as fit the queue, then a turn of the event loop, as in a server that is busy. */
const burst = async (count: number): Promise<void> => {
  for (let made = 0; made < count; made += 200) {
    make(Math.min(200, count - made))
    await setImmediate()
    if (made % 10_000 === 0) await provider.forceFlush()
  }
  await provider.forceFlush()
}

/** 5,000 a second for five seconds. */
const paced = async (): Promise<void> => {
  for (let turn = 0; turn < 500; turn++) {
    make(50)
    await setTimeout(10)
  }
  await provider.forceFlush()
}

await burst(2_000)
globalThis.gc?.()
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const before = process.cpuUsage()
await (amount === "paced" ? paced() : burst(Number(amount)))
const { system, user } = process.cpuUsage(before)
delay.disable()
const measured: Measured = {
  cpu: (user + system) / 1000,
  peak: process.resourceUsage().maxRSS * 1024,
  stall: delay.max / 1e6
}
console.log(JSON.stringify(measured))
await provider.shutdown()
rmSync(spool, { recursive: true })
process.exit()
