/**
 * A language model without a language model: rules over the prompt, the same answer every time, no network.
 *
 * It asks for tools where a model would, quotes what they found, and says so when they failed.
 */
import { Effect, Hash, Layer, Option, Schema, Stream } from "effect"
import { LanguageModel, Model, type Prompt, type Response, Telemetry } from "effect/ai"
import { Hit } from "./Knowledge.ts"
import { Order, OrderNotFound } from "./Orders.ts"
import { streamed } from "./Streamed.ts"

const provider = "local"
const modelName = "local-deterministic"

const orderNumber = /\bKC-\d+\b/gi

/** Words that ask about the order itself; a question with others is one for the documents. */
const aboutOrders = new Set("arrive been delivered order orders shipped status track what when where will".split(" "))

/** Shorter ones say little about what a text is about. */
const words = (text: string): ReadonlyArray<string> => text.toLowerCase().match(/[a-z]{4,}/g) ?? []

const questionOf = (prompt: Prompt.Prompt): string =>
  prompt.content
    .findLast((message) => message.role === "user")
    ?.content.flatMap((part) => (part.type === "text" ? [part.text] : []))
    .join("\n") ?? ""

/** What the tools said since the last question, in the order of the calls and not in that of their ends. */
const resultsOf = (prompt: Prompt.Prompt): ReadonlyArray<Prompt.ToolResultPart> => {
  const asked = prompt.content.findLastIndex((message) => message.role === "user")
  return prompt.content
    .slice(asked + 1)
    .flatMap((message) =>
      message.role === "tool" ? message.content.filter((part) => part.type === "tool-result") : []
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

type Call = { readonly name: string; readonly params: Record<string, string> }

const callsFor = (question: string, tools: ReadonlySet<string>): ReadonlyArray<Call> => {
  const orderIds = [...new Set(question.match(orderNumber) ?? [])]
  const query = question.replace(orderNumber, " ").replace(/\s+/g, " ").trim()
  const calls: Array<Call> = orderIds.map((orderId) => ({ name: "lookupOrder", params: { orderId } }))
  if (orderIds.length === 0 || words(query).some((word) => !aboutOrders.has(word))) {
    calls.push({ name: "searchDocs", params: { query } })
  }
  return calls.filter((call) => tools.has(call.name))
}

const describeOrder = (order: Order): string => {
  const items = order.items.map(({ name, quantity }) => (quantity === 1 ? name : `${quantity} x ${name}`)).join(" and ")
  switch (order.status) {
    case "packed":
      return `Order ${order.id} (${items}) is packed and leaves our warehouse next.`
    case "shipped":
      return `Order ${order.id} (${items}) is on its way with ${order.carrier ?? "the carrier"}.`
    case "delivered":
      return `Order ${order.id} (${items}) was delivered on ${order.deliveredOn ?? "an unknown day"}.`
  }
}

/** The sentence of a passage that shares most words with the question, with the one after it. */
const quote = (question: string, passage: Hit): string => {
  const asked = new Set(words(question))
  const sentences = passage.text.match(/[^.!?]+[.!?]+/g)?.map((sentence) => sentence.trim()) ?? [passage.text]
  const scores = sentences.map((sentence) => new Set(words(sentence).filter((word) => asked.has(word))).size)
  const best = scores.indexOf(Math.max(...scores))
  return `"${sentences.slice(best, best + 2).join(" ")}" (${passage.document}, ${passage.section})`
}

const decodeOrder = Schema.decodeUnknownOption(Order)
const decodeNotFound = Schema.decodeUnknownOption(OrderNotFound)
const decodeHits = Schema.decodeUnknownOption(Schema.Array(Hit))

const aboutOrder = ({ isFailure, result }: Prompt.ToolResultPart): string =>
  isFailure
    ? Option.match(decodeNotFound(result), {
        onNone: () => "I could not look up your order.",
        onSome: ({ orderId }) =>
          `I could not find order ${orderId}: please check the number in your confirmation email.`
      })
    : Option.match(decodeOrder(result), { onNone: () => "I could not read your order.", onSome: describeOrder })

const aboutDocuments = (question: string, { isFailure, result }: Prompt.ToolResultPart): string => {
  const hits = isFailure ? [] : Option.getOrElse(decodeHits(result), () => [])
  const best = hits.filter((hit) => hit.score > 0.6 * (hits[0]?.score ?? 0)).slice(0, 2)
  return best.length === 0
    ? "I found nothing about this in our documents."
    : `Our documents say: ${best.map((hit) => quote(question, hit)).join(" and ")}.`
}

/** Roughly what tokenizers make of English. */
const tokens = (text: string): number => Math.ceil(text.length / 4)

const respond = (options: LanguageModel.ProviderOptions): ReadonlyArray<Response.PartEncoded> => {
  const input = JSON.stringify(options.prompt.content)
  const id = (Hash.string(input) >>> 0).toString(16).padStart(8, "0")
  const question = questionOf(options.prompt)
  const results = resultsOf(options.prompt)
  const calls = results.length > 0 ? [] : callsFor(question, new Set(options.tools.map((tool) => tool.name)))
  const said: ReadonlyArray<Response.PartEncoded> =
    calls.length > 0
      ? calls.map((call, index) => ({ type: "tool-call", id: `call-${id}-${index + 1}`, ...call }))
      : [
          {
            type: "text",
            text:
              results.length > 0
                ? results
                    .map((result) =>
                      result.name === "lookupOrder" ? aboutOrder(result) : aboutDocuments(question, result)
                    )
                    .join("\n")
                : "I can only answer with my tools."
          }
        ]
  return [
    { type: "response-metadata", id: `local-${id}`, modelId: modelName },
    ...said,
    {
      type: "finish",
      reason: calls.length > 0 ? "tool-calls" : "stop",
      usage: {
        inputTokens: { total: tokens(input), uncached: tokens(input), cacheRead: 0 },
        outputTokens: { total: tokens(JSON.stringify(said)) }
      }
    }
  ]
}

const annotate = ({ span }: LanguageModel.ProviderOptions): void =>
  Telemetry.addGenAIAnnotations(span, {
    operation: { name: "chat" },
    provider: { name: provider },
    request: { model: modelName }
  })

const make = LanguageModel.make({
  generateText: (options) =>
    Effect.sync(() => {
      annotate(options)
      return [...respond(options)]
    }),
  streamText: (options) =>
    Stream.suspend(() => {
      annotate(options)
      return Stream.fromIterable(streamed(respond(options)))
    })
})

/** Provides the model. */
export const layer = Model.make(provider, modelName, Layer.effect(LanguageModel.LanguageModel, make))
