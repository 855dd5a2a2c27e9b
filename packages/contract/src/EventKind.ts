/**
 * Which event type a span is, when nobody said so.
 *
 * Order of the rules (HoneyHive's own): explicit type, `gen_ai.operation.name`, `openinference.span.kind`,
 * `traceloop.span.kind`, `ai.operationId`, effect/ai's own span names, patterns in attributes and name, else `tool`. Better set the type explicitly.
 *
 * @since 0.1.0
 */
import { type AttributeRecord, Attributes } from "./Attributes.ts"
import type { EventType } from "./Event.ts"
import * as VercelAi from "./internal/vercelAi.ts"

const types: { readonly [said: string]: EventType } = {
  session: "session",
  model: "model",
  tool: "tool",
  chain: "chain",
  // Words of other tools for the same things
  llm: "model",
  generation: "model",
  workflow: "chain",
  task: "chain",
  agent: "chain"
}

const genAiOperations: { readonly [operation: string]: EventType } = {
  chat: "model",
  text_completion: "model",
  generate_content: "model",
  invoke_agent: "chain",
  create_agent: "chain",
  invoke_workflow: "chain",
  agent_step: "chain",
  execute_tool: "tool"
}

const openInferenceKinds: { readonly [kind: string]: EventType } = { LLM: "model", CHAIN: "chain", AGENT: "chain" }

const modelAttributes = [
  Attributes.GEN_AI_REQUEST_MODEL,
  Attributes.GEN_AI_RESPONSE_MODEL,
  "llm.request.model",
  "llm.response.model",
  "llm.model_name",
  "model_name"
]

// Everyday words stand alone; names of models and operations are also found next to digits and underscores
const modelName =
  /\b(chat|completions?|generate)\b|(chat|text)_?completion|generate_?content|(?<![a-z])(gpt|claude|llama|gemini|mistral)(?![a-z])/i

/** Spans that effect/ai makes itself, whose own attributes do not say what they are. */
const effectAi: ReadonlyArray<readonly [prefix: string, type: EventType]> = [
  ["LanguageModel.", "model"],
  ["EmbeddingModel.", "model"],
  ["Chat.", "chain"],
  ["PersistedChat.", "chain"]
]

const lookup = (table: { readonly [key: string]: EventType }, key: unknown): EventType | undefined =>
  typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined

/**
 * The event type of a span by its name and attributes.
 *
 * @example
 * ```ts
 * import { EventKind } from "@honeyhive/contract"
 *
 * EventKind.detect("agent", { honeyhive_event_type: "chain" }) // => "chain"
 * EventKind.detect("LanguageModel.generateText", { "gen_ai.operation.name": "chat" }) // => "model"
 * EventKind.detect("search", {}) // => "tool"
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const detect = (name: string, attributes: AttributeRecord): EventType =>
  lookup(types, attributes[Attributes.EVENT_TYPE_RAW]) ??
  lookup(types, attributes[Attributes.EVENT_TYPE]) ??
  lookup(genAiOperations, attributes[Attributes.GEN_AI_OPERATION_NAME]) ??
  fromOpenInference(attributes[Attributes.OPENINFERENCE_SPAN_KIND]) ??
  lookup(types, attributes[Attributes.TRACELOOP_SPAN_KIND]) ??
  VercelAi.eventType(attributes["ai.operationId"]) ??
  effectAi.find(([prefix]) => name.startsWith(prefix))?.[1] ??
  (modelAttributes.some((attribute) => attribute in attributes) || modelName.test(name) ? "model" : "tool")

// Every kind of OpenInference that is neither a model nor a chain (retriever, embedding, guardrail, …) is a tool
const fromOpenInference = (kind: unknown): EventType | undefined =>
  typeof kind === "string" ? (lookup(openInferenceKinds, kind.toUpperCase()) ?? "tool") : undefined
