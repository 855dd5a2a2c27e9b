/**
 * Programs that use published clients as their documentation says, and nothing of this project. Started by
 * `published-clients.test.ts` as `node published-clients.fixture.ts <program> <url of the hive> <session id>`; what they
 * print on their last line is what the clients answered, as JSON.
 */
import { createRequire } from "node:module"

const [, , program = "", url = "", session = ""] = process.argv

const answer = (value: unknown): void => {
  process.stdout.write(`\n${JSON.stringify(value)}\n`)
}

/** The REST half of `honeyhive` 1.0.42: every method that the contract has a row for. */
const honeyhiveRest = async (): Promise<void> => {
  const { HoneyHive } = await import("honeyhive")
  const client = new HoneyHive({ bearerAuth: "hh_published", serverURL: url })
  const project = "published"
  const { sessionId = "" } = await client.session.startSession({
    session: { project, sessionName: "rest", source: "test", sessionId: session }
  })
  const { eventId = "" } = await client.events.createEvent({
    event: {
      project,
      source: "test",
      eventName: "search",
      eventType: "tool",
      sessionId,
      config: {},
      inputs: { q: "refund" },
      outputs: { hits: 3 },
      duration: 12.5,
      startTime: 1_790_000_000_000.25
    }
  })
  await client.events.updateEvent({ eventId, metrics: { score: 1 }, feedback: { rating: 5 }, userProperties: { u: 1 } })
  const model = {
    project,
    model: "gpt-x",
    provider: "openai",
    messages: [{ role: "user", content: "hi" }],
    response: { role: "assistant", content: "hello" },
    duration: 3,
    usage: { total_tokens: 5 },
    hyperparameters: { temperature: 0.2 }
  }
  const modelEvent = await client.events.createModelEvent({ modelEvent: model })
  const models = await client.events.createModelEventBatch({
    modelEvents: [model, { ...model, eventName: "second" }],
    isSingleSession: true,
    sessionProperties: { sessionName: "models" }
  })
  const batch = await client.events.createEventBatch({
    events: [{ project, source: "t", eventName: "b", eventType: "chain", config: {}, inputs: {}, duration: 1 }],
    isSingleSession: true,
    sessionProperties: { sessionName: "batch" }
  })
  const exported = await client.events.getEvents({
    project,
    filters: [{ field: "session_id", operator: "is", value: sessionId, type: "id" }],
    limit: 10
  })
  const got = await client.session.getSession(sessionId)

  const { result: { insertedId: datasetId = "" } = {} } = await client.datasets.createDataset({
    project,
    name: "golden"
  })
  const added = await client.datasets.addDatapoints(
    {
      project,
      data: [{ q: "refund?", a: "yes" }],
      mapping: { inputs: ["q"], groundTruth: ["a"], history: [] }
    },
    datasetId
  )
  await client.datasets.updateDataset({ datasetId, description: "d" })
  const datasets = await client.datasets.getDatasets(project)
  const { result: { insertedId: datapointId = "" } = {} } = await client.datapoints.createDatapoint({
    project,
    inputs: { q: 1 },
    linkedDatasets: [datasetId]
  })
  await client.datapoints.updateDatapoint({ groundTruth: { a: 2 } }, datapointId)
  const datapoint = await client.datapoints.getDatapoint(datapointId)
  const datapoints = await client.datapoints.getDatapoints(project, undefined, "golden")

  const { runId = "" } = await client.experiments.createRun({ project, name: "run", eventIds: [], datasetId })
  const scored = await client.session.startSession({ session: { project, sessionName: "scored", source: "t" } })
  await client.events.updateEvent({
    eventId: scored.sessionId ?? "",
    metadata: { run_id: runId, datapoint_id: datapointId },
    metrics: { accuracy: 0.5, ok: true, note: "text" }
  })
  const updated = await client.experiments.updateRun({ eventIds: [scored.sessionId ?? ""], status: "completed" }, runId)
  const result = await client.experiments.getExperimentResult(runId, project, "average")
  const comparison = await client.experiments.getExperimentComparison(runId, runId, project)
  const run = await client.experiments.getRun(runId)
  const runs = await client.experiments.getRuns(project)
  const deleted = await client.experiments.deleteRun(runId)

  await client.metrics.createMetric({
    name: "exact",
    type: "custom",
    description: "d",
    returnType: "float",
    task: "t",
    codeSnippet: "return 1",
    threshold: { min: 0.5 }
  })
  const [metric] = await client.metrics.getMetrics(project)
  await client.metrics.updateMetric({ metricId: metric?.id ?? "", codeSnippet: "return 2" })
  const metrics = await client.metrics.getMetrics(project)
  await client.metrics.deleteMetric(metric?.id ?? "")
  const configurations = await client.configurations.getConfigurations(project)
  const missing = await client.session.getSession("00000000-0000-4000-8000-000000000000").then(
    () => 0,
    (error: { readonly statusCode?: number }) => error.statusCode
  )
  await client.datapoints.deleteDatapoint(datapointId)
  await client.datasets.deleteDataset(datasetId)
  answer({
    sessionId,
    eventId,
    modelEvent,
    models,
    batch,
    exported,
    got,
    datasetId,
    added,
    datasets,
    datapoint,
    datapoints,
    runId,
    updated,
    result,
    comparison,
    run,
    runs,
    deleted,
    metrics,
    configurations,
    missing
  })
}

/** The tracing half, which is Traceloop's SDK 0.12 inside. */
const honeyhiveTracer = async (): Promise<void> => {
  const { HoneyHiveTracer, enrichSession, enrichSpan } = await import("honeyhive")
  const tracer = await HoneyHiveTracer.init({
    apiKey: "hh_published",
    project: "published",
    sessionName: "traced",
    source: "test",
    serverUrl: url,
    sessionId: session === "" ? undefined : session
  })
  const search = tracer.traceTool(function search(query: string) {
    enrichSpan({ metadata: { index: "docs" }, metrics: { score: 0.5 } })
    return { hits: [query] }
  })
  const answerIt = tracer.traceChain(function answerIt(question: string) {
    return search(question)
  })
  await tracer.trace(() => answerIt("refund"))
  const boom = tracer.traceTool(function boom() {
    throw new TypeError("no index")
  })
  await tracer.trace(() => {
    try {
      boom()
    } catch {
      return
    }
  })
  await tracer.flush()
  await enrichSession({ sessionId: tracer.sessionId, metadata: { plan: "pro" }, outputs: { ok: true } })
  answer({ sessionId: tracer.sessionId })
}

/** Traceloop's own SDK, as `honeyhive` depends on it. */
const traceloop = async (): Promise<void> => {
  const ofHoneyhive = createRequire(createRequire(import.meta.url).resolve("honeyhive"))
  // Types of a package that is not ours to depend on
  const sdk = ofHoneyhive("@traceloop/node-server-sdk") as {
    initialize: (options: object) => void
    withAssociationProperties: (properties: object, run: () => unknown) => unknown
    withWorkflow: (options: object, run: () => unknown) => Promise<unknown>
    withTool: (options: object, run: (query: string) => unknown, query: string) => Promise<unknown>
    forceFlush: () => Promise<void>
  }
  sdk.initialize({
    baseUrl: url,
    apiKey: "tl_key",
    appName: "app",
    disableBatch: true,
    silenceInitializationMessage: true
  })
  await sdk.withAssociationProperties({ session_id: session, user: "u1" }, () =>
    sdk.withWorkflow({ name: "plan" }, () =>
      sdk.withTool({ name: "lookup" }, (query: string) => ({ found: query }), "refund")
    )
  )
  await sdk.forceFlush()
  answer({})
}

const provider = async () => {
  const { NodeSDK } = await import("@opentelemetry/sdk-node")
  const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto")
  const sdk = new NodeSDK({
    traceExporter: new OTLPTraceExporter({ url: `${url}/v1/traces` }),
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: []
  })
  sdk.start()
  return sdk
}

const langfuse = async (): Promise<void> => {
  const { NodeSDK } = await import("@opentelemetry/sdk-node")
  const { LangfuseSpanProcessor } = await import("@langfuse/otel")
  const { propagateAttributes, startActiveObservation, startObservation } = await import("@langfuse/tracing")
  const processor = new LangfuseSpanProcessor({
    publicKey: "pk-lf-published",
    secretKey: "sk-lf-published",
    baseUrl: url,
    mediaUploadEnabled: false
  })
  const sdk = new NodeSDK({
    spanProcessors: [processor],
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: []
  })
  sdk.start()
  await startActiveObservation("request", async (root) => {
    await propagateAttributes({ sessionId: session, userId: "u1" }, async () => {
      root.update({ input: { q: "refund" } })
      startObservation(
        "call",
        {
          model: "gpt-x",
          input: [{ role: "user", content: "hi" }],
          output: "hello",
          usageDetails: { input: 3, output: 2 }
        },
        { asType: "generation" }
      ).end()
      startObservation("lookup", { input: "refund", output: { hits: 3 } }, { asType: "tool" }).end()
    })
  })
  await processor.forceFlush()
  await sdk.shutdown()
  answer({})
}

const openInference = async (): Promise<void> => {
  const sdk = await provider()
  const core = await import("@arizeai/openinference-core")
  const { context } = await import("@opentelemetry/api")
  const call = core.traceAgent(
    async (question: string) => {
      await core.withSpan(async () => "hello", {
        name: "call",
        kind: "LLM",
        attributes: {
          ...core.getLLMAttributes({
            provider: "openai",
            modelName: "gpt-x",
            inputMessages: [{ role: "user", content: question }],
            outputMessages: [{ role: "assistant", content: "hello" }],
            tokenCount: { prompt: 3, completion: 2, total: 5 },
            invocationParameters: { temperature: 0.2 }
          })
        }
      })()
      await core.traceTool(async (query: string) => ({ hits: query.length / 2 }), { name: "lookup" })("refund")
      return "done"
    },
    { name: "agent" }
  )
  await context.with(core.setSession(context.active(), { sessionId: session }), () => call("hi"))
  await sdk.shutdown()
  answer({})
}

const vercel = async (): Promise<void> => {
  const sdk = await provider()
  const { generateText, registerTelemetry, stepCountIs, tool, jsonSchema } = await import("ai")
  const { MockLanguageModelV4 } = await import("ai/test")
  const otel = await import("@ai-sdk/otel")
  registerTelemetry(program === "vercel" ? new otel.OpenTelemetry() : new otel.LegacyOpenTelemetry())
  const usage = {
    inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 2, text: 2, reasoning: 0 }
  }
  const base = { usage, warnings: [] }
  const model = new MockLanguageModelV4({
    provider: "mock-provider",
    modelId: "mock-model",
    doGenerate: [
      {
        ...base,
        content: [{ type: "tool-call", toolCallId: "call-1", toolName: "lookup", input: '{"query":"refund"}' }],
        finishReason: { unified: "tool-calls", raw: "tool_calls" }
      },
      { ...base, content: [{ type: "text", text: "hello" }], finishReason: { unified: "stop", raw: "stop" } }
    ]
  })
  const { text } = await generateText({
    model,
    prompt: "hi",
    stopWhen: stepCountIs(3),
    tools: {
      lookup: tool({
        inputSchema: jsonSchema<{ query: string }>({ type: "object", properties: { query: { type: "string" } } }),
        execute: ({ query }) => ({ hits: [query] })
      })
    },
    telemetry: { functionId: "support", isEnabled: true }
  })
  await sdk.shutdown()
  answer({ text })
}

const programs: Readonly<Record<string, () => Promise<void>>> = {
  "honeyhive-rest": honeyhiveRest,
  "honeyhive-tracer": honeyhiveTracer,
  traceloop,
  langfuse,
  openinference: openInference,
  vercel,
  "vercel-legacy": vercel
}

await programs[program]?.()
