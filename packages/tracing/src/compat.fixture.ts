/**
 * A program as people write them for `honeyhive` 1.x: only its import path has changed. It compiles against both.
 */
import {
  HoneyHiveTracer,
  enrichSession,
  enrichSpan,
  traceChain,
  traceFunction,
  traceModel,
  traceTool
} from "./compat.ts"
import type { EnrichSpanParams, HoneyHiveTracerProperties, TraceFunctionOptions } from "./compat.ts"

interface Settings {
  model: string
  temperature: number
}

interface Message {
  role: "user" | "assistant"
  content: string
}

const settings: Settings = { model: "local", temperature: 0.2 }
const options: TraceFunctionOptions = { eventName: "rank", eventType: "tool", metadata: { version: 1 } }

const complete = traceModel(
  async function complete(messages: Message[]): Promise<Message> {
    enrichSpan({ config: settings, metrics: { tokens: 3 }, outputs: "plain text" })
    return { role: "assistant", content: `echo: ${messages[0]?.content}` }
  },
  { config: { provider: "local" } }
)

const lookup = traceTool((orderId: number) => ({ orderId, status: "shipped" }), { eventName: "lookup" })
const rank = traceFunction(options)((words: string[]) => words.toSorted())

class Shop {
  private readonly greeting = "Dear customer"
  answer = traceChain(async function answer(this: Shop, question: string, orderId: number) {
    const order = lookup(orderId)
    const reply = await complete([{ role: "user", content: question }])
    const params: EnrichSpanParams = { metadata: { words: rank(question.split(" ")) } }
    if (params.metadata) params.metadata["status"] = order.status.toUpperCase()
    HoneyHiveTracer.enrichSpan(params)
    return `${this.greeting}: ${reply.content}, ${order.status}`
  })
}

export const run = async (properties: Partial<HoneyHiveTracerProperties>): Promise<string> => {
  const tracer = await HoneyHiveTracer.init({ project: "shop", source: "test", ...properties })
  const sessionId: string | null = await tracer.startSession()
  const shop = new Shop()
  const reply: string = await tracer.trace(async () => shop.answer("where is it", 42))
  const counted: number = tracer.trace((left: number, right: number) => left + right, 1, 2)
  const local = tracer.traceTool((text: string) => text.length)
  tracer.traceModel(async (n: number) => n)
  tracer.traceChain(() => {})
  tracer.traceFunction({ eventType: "chain" })((text: string) => text)("x")
  tracer.logModel({ eventName: "cached", inputs: { prompt: "hi" }, outputs: { content: "hello" } })
  const span = tracer.getTracer().startSpan("by hand")
  span.end()
  await tracer.enrichSession({ feedback: { rating: 5 }, userProperties: { plan: "pro" } })
  await enrichSession({ sessionId: tracer.sessionId, metadata: { reply } })
  tracer.enrichSpan({ metadata: { outside: true } })
  await tracer.flush()
  await HoneyHiveTracer.flush()
  const { source, metadata }: { source: string; metadata: Record<string, any> } = tracer // oxlint-disable-line typescript/no-explicit-any
  return [reply, counted, local("four"), sessionId === tracer.sessionId, source, Object.keys(metadata).length].join("|")
}
