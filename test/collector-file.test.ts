/**
 * The Collector's configuration leads to a hive. What a real Collector does with it is in collector.test.ts.
 */
import { gzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { expect, it } from "vitest"
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { Hive, TraceStore } from "@honeyhive/hive"
import { read } from "./collector.ts"

const spans = () => {
  const memory = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(memory)] })
  provider.getTracer("test").startSpan("through the Collector").end()
  return ProtobufTraceSerializer.serializeRequest(memory.getFinishedSpans()) ?? new Uint8Array()
}

it("what the file says about the hive is what a hive answers to", async () => {
  const key = "only-this-one"
  const program = Effect.gen(function* () {
    const { url } = yield* Hive
    const configuration = yield* Effect.promise(() => read({ HIVE_URL: url, HIVE_KEY: key }))
    const { headers, traces_endpoint } = configuration.exporters["otlp_http/hive"]
    const post = (headers: Record<string, string>) =>
      Effect.promise(() =>
        fetch(traces_endpoint, {
          method: "POST",
          headers: { "content-type": "application/x-protobuf", "content-encoding": "gzip", ...headers },
          body: gzipSync(spans())
        })
      )
    expect((yield* post({ authorization: "Bearer another" })).status).toBe(401)
    expect((yield* post(headers)).status).toBe(200)
    const { events } = yield* TraceStore.use((store) => store.search({}))
    expect(events.map(({ event_name }) => event_name)).toContain("through the Collector")
    // A batch may not be more than a hive takes at a time
    expect(configuration.exporters["otlp_http/hive"].sending_queue.batch.max_size).toBeLessThanOrEqual(10_000)
    expect(configuration.receivers.otlp.protocols.http.max_request_body_size).toBe(32 * 2 ** 20)
  })
  await Effect.runPromise(program.pipe(Effect.provide(Hive.layer({ keys: [Redacted.make(key)] }))))
})

it("a file without an address or a key is refused by the one who reads it", async () => {
  await expect(read({ HIVE_URL: "http://127.0.0.1:1" })).rejects.toThrow("HIVE_KEY is not set")
  await expect(read({ HIVE_URL: "nowhere", HIVE_KEY: "k" })).rejects.toThrow("traces_endpoint")
})
