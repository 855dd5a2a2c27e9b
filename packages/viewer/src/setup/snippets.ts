/**
 * What to paste to see a first session, for every kind of program. Those in TypeScript are run by `snippets.test.ts`.
 */
export interface Snippet {
  readonly title: string
  readonly about: string
  /** In which language it is. */
  readonly language: "ts" | "sh" | "py"
  readonly code: string
}

/** For a hive at this address. */
export const snippets = (url: string): ReadonlyArray<Snippet> => [
  {
    title: "Effect",
    about: "npm install effect @honeyhive/tracing @opentelemetry/api",
    language: "ts",
    code: `import { Effect } from "effect"
import { HoneyHive } from "@honeyhive/tracing"

const search = Effect.fn("search")(function* (query: string) {
  yield* HoneyHive.enrichSpan({ type: "tool", inputs: { query } })
  return ["refunds.md"]
})

const main = search("refund").pipe(
  HoneyHive.withSession({ name: "support", userId: "ada" }),
  Effect.provide(HoneyHive.layer({ apiKey: "hh_local", url: "${url}" }))
)

await Effect.runPromise(main)
`
  },
  {
    title: "TypeScript",
    about: "npm install @honeyhive/tracing effect @opentelemetry/api",
    language: "ts",
    code: `import { start, traced } from "@honeyhive/tracing"

const hive = await start({ apiKey: "hh_local", url: "${url}" })

const search = traced({ name: "search", type: "tool" }, async (query: string) => [\`\${query}.md\`])

await hive.withSession({ name: "support", userId: "ada" }, () => search("refunds"))

await hive.close()
`
  },
  {
    title: "Any program",
    about: "The hive command starts it with the environment pointed here",
    language: "sh",
    code: `HH_API_URL=${url} HH_API_KEY=hh_local hive run -- node agent.js
`
  },
  {
    title: "Python",
    about: "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
    language: "py",
    code: `from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint="${url}/v1/traces")))
trace.set_tracer_provider(provider)

with trace.get_tracer("agent").start_as_current_span("search") as span:
    span.set_attribute("gen_ai.operation.name", "execute_tool")

provider.shutdown()
`
  },
  {
    title: "OpenTelemetry",
    about: "Every OTLP exporter over HTTP, JSON or protobuf, takes these",
    language: "sh",
    code: `export OTEL_EXPORTER_OTLP_ENDPOINT=${url}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
`
  }
]
