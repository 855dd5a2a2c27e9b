/**
 * effect/ai's model and tool calls as HoneyHive events.
 *
 * effect/ai makes a span for each `generateText`, `generateObject` and `streamText`, with little in it.
 * {@link layer} fills it in: messages, tool definitions, finish reasons, tokens, in the names of OpenTelemetry's GenAI
 * conventions. For tool calls effect/ai makes no span at all; {@link traceTools} gives every call its own, as a child of
 * the model call that asked for it.
 *
 * A model call that fails has no response, and effect/ai does not report it here: what such a span says of its request is
 * what the provider wrote on it (`Telemetry.addGenAIAnnotations`). A stream that fails is reported as far as it came.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type * as Response from "effect/ai/Response"
import { CurrentSpanTransformer, type SpanTransformer } from "effect/ai/Telemetry"
import * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import { Attributes, type AttributeValue } from "@honeyhive/contract/Attributes"
import { inputMessages, outputMessages } from "./internal/messages.ts"
import { safeJson } from "./internal/safeJson.ts"

/** A model call that came to its end, and how its tools are described. */
type Call = Parameters<SpanTransformer>[0] & { readonly describe: (tool: Tool.Any) => unknown }

const metadata = (call: Call): Response.ResponseMetadataPart | undefined =>
  call.response.findLast((part) => part.type === "response-metadata")

const finish = (call: Call): Response.FinishPart | undefined => call.response.findLast((part) => part.type === "finish")

const jsonUnlessEmpty = (list: ReadonlyArray<unknown>): string | undefined =>
  list.length === 0 ? undefined : safeJson(list)

/** What a model call says of itself, by attribute. */
const rows: ReadonlyArray<readonly [attribute: string, read: (call: Call) => AttributeValue | undefined]> = [
  [Attributes.EVENT_TYPE, () => "model"],
  [Attributes.GEN_AI_OPERATION_NAME, () => "chat"],
  [Attributes.GEN_AI_INPUT_MESSAGES, (call) => jsonUnlessEmpty(inputMessages(call.prompt))],
  [Attributes.GEN_AI_OUTPUT_MESSAGES, (call) => jsonUnlessEmpty(outputMessages(call.response))],
  [Attributes.GEN_AI_TOOL_DEFINITIONS, (call) => jsonUnlessEmpty(call.tools.map(call.describe))],
  [Attributes.GEN_AI_RESPONSE_ID, (call) => metadata(call)?.id],
  [Attributes.GEN_AI_RESPONSE_MODEL, (call) => metadata(call)?.modelId],
  [
    Attributes.GEN_AI_RESPONSE_FINISH_REASONS,
    (call) => {
      const reason = finish(call)?.reason
      return reason === undefined ? undefined : [reason]
    }
  ],
  [Attributes.GEN_AI_USAGE_INPUT_TOKENS, (call) => finish(call)?.usage.inputTokens.total],
  [Attributes.GEN_AI_USAGE_OUTPUT_TOKENS, (call) => finish(call)?.usage.outputTokens.total],
  [Attributes.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, (call) => finish(call)?.usage.inputTokens.cacheRead],
  [Attributes.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS, (call) => finish(call)?.usage.inputTokens.cacheWrite],
  [Attributes.GEN_AI_USAGE_REASONING_TOKENS, (call) => finish(call)?.usage.outputTokens.reasoning]
]

/** Writes what nobody wrote before; whatever goes wrong stays here, because effect/ai runs this inside the program. */
const write = (span: Tracer.Span, attribute: string, read: () => AttributeValue | undefined): void => {
  try {
    if (span.attributes.has(attribute)) return
    const value = read()
    if (value !== undefined) span.attribute(attribute, value)
  } catch {
    // Tracing never changes the program
  }
}

const describeTool = (tool: Tool.Any): unknown => ({
  type: Tool.isProviderDefined(tool) ? "provider" : "function",
  name: tool.name,
  description: Tool.getDescription(tool),
  parameters: Tool.getJsonSchema(tool)
})

const makeTransformer = (): SpanTransformer => {
  // A JSON Schema costs more to derive than all the rest of a span
  const descriptions = new WeakMap<Tool.Any, unknown>()
  const describe = (tool: Tool.Any): unknown => {
    const known = descriptions.get(tool) ?? describeTool(tool)
    descriptions.set(tool, known)
    return known
  }
  return (options) => {
    const call: Call = { ...options, describe }
    for (const [attribute, read] of rows) write(options.span, attribute, () => read(call))
  }
}

/**
 * Fills in the spans of effect/ai's model calls. What a provider wrote on a span itself stays.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { EffectAi } from "@honeyhive/instruments"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   const model = yield* LanguageModel.make({
 *     generateText: () => Effect.succeed([{ type: "text", text: "Hello, Ada" }]),
 *     streamText: () => Stream.empty
 *   })
 *   yield* model.generateText({ prompt: "I am Ada" })
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return span?.attributes["gen_ai.input.messages"]
 * })
 *
 * const messages = program.pipe(Effect.provide(EffectAi.layer), Effect.provide(HoneyHive.layerMemory()))
 *
 * await Effect.runPromise(messages) // => "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"I am Ada\"}]}]"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<CurrentSpanTransformer> = Layer.sync(CurrentSpanTransformer, makeTransformer)

/** One tool call: a span from its arguments to its last result. */
const traceCall = <A extends Tool.HandlerResult<Tool.Any>, E, R>(
  name: string,
  params: unknown,
  id: string | undefined,
  run: Stream.Stream<A, E, R>
): Stream.Stream<A, E, R> =>
  Stream.fromEffect(Effect.makeSpan(name)).pipe(
    Stream.flatMap((span) => {
      write(span, Attributes.EVENT_TYPE, () => "tool")
      write(span, Attributes.GEN_AI_OPERATION_NAME, () => "execute_tool")
      write(span, Attributes.GEN_AI_TOOL_NAME, () => name)
      write(span, Attributes.GEN_AI_TOOL_CALL_ID, () => id)
      write(span, Attributes.GEN_AI_TOOL_CALL_ARGUMENTS, () => safeJson(params))
      let returned: Exit.Exit<void, unknown> = Exit.void
      return run.pipe(
        Stream.tap((result) =>
          Effect.sync(() => {
            if (result.preliminary) return
            // With `failureMode: "return"` the failure is for the model to read, and the call failed all the same
            if (result.isFailure) returned = Exit.fail(result.result)
            write(span, Attributes.GEN_AI_TOOL_CALL_RESULT, () => safeJson(result.encodedResult))
          })
        ),
        Stream.onExit((exit) =>
          Effect.map(Clock.currentTimeNanos, (now) => span.end(now, Exit.isFailure(exit) ? exit : returned))
        ),
        // Not `provideService`: the parent span would have to leave `R`, which is the tools' own
        Stream.updateContext((context: Context.Context<R>) => Context.add(context, Tracer.ParentSpan, span))
      )
    })
  )

/**
 * Gives every tool call a span with its arguments and its result; a failed call's span fails with the tool's own error,
 * also where `failureMode: "return"` hands the error to the model, and where the model's arguments do not fit the tool.
 *
 * Tools, handlers, their Layers and all types stay what they are: wrap the toolkit where it is handed to the model.
 *
 * @example
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import { LanguageModel, Tool, Toolkit } from "effect/ai"
 * import { EffectAi } from "@honeyhive/instruments"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const tools = Toolkit.make(Tool.make("double", { parameters: Schema.Struct({ n: Schema.Int }), success: Schema.Int }))
 *
 * const program = Effect.gen(function*() {
 *   const model = yield* LanguageModel.make({
 *     generateText: () => Effect.succeed([{ type: "tool-call", id: "c1", name: "double", params: { n: 21 } }]),
 *     streamText: () => Stream.empty
 *   })
 *   yield* model.generateText({ prompt: "Twice 21?", toolkit: EffectAi.traceTools(tools) })
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => [span.name, span.attributes["gen_ai.tool.call.result"]])
 * })
 *
 * const spans = program.pipe(
 *   Effect.provide(tools.toLayer({ double: ({ n }) => Effect.succeed(n * 2) })),
 *   Effect.provide(HoneyHive.layerMemory())
 * )
 *
 * await Effect.runPromise(spans) // => [["double", "42"], ["LanguageModel.generateText", undefined]]
 * ```
 *
 * @category tools
 * @since 0.1.0
 */
export const traceTools = <Tools extends Record<string, Tool.Any>, E, R>(
  toolkit: Effect.Effect<Toolkit.WithHandler<Tools>, E, R>
): Effect.Effect<Toolkit.WithHandler<Tools>, E, R> =>
  Effect.map(toolkit, ({ handle, tools }) => ({
    tools,
    handle: (name, params, id, options) =>
      Effect.succeed(
        traceCall(String(name), params, id, Stream.flatten(Stream.fromEffect(handle(name, params, id, options))))
      )
  }))
