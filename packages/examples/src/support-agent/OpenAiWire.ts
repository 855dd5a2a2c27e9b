/**
 * The OpenAI-compatible chat completions API: its messages from effect/ai's prompts, effect/ai's parts from its answers.
 */
import { Option, Schema } from "effect"
import { type LanguageModel, type Prompt, type Response, Tool } from "effect/ai"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"

const ToolCall = Schema.Struct({
  id: Schema.String,
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})

/** What of an answer is used here. */
export const Completion = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  choices: Schema.NonEmptyArray(
    Schema.Struct({
      finish_reason: Schema.NullOr(Schema.String),
      message: Schema.Struct({
        content: Schema.optionalKey(Schema.NullOr(Schema.String)),
        tool_calls: Schema.optionalKey(Schema.NullOr(Schema.Array(ToolCall)))
      })
    })
  ),
  usage: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        prompt_tokens: Schema.Int,
        completion_tokens: Schema.Int,
        prompt_tokens_details: Schema.optionalKey(
          Schema.NullOr(
            Schema.Struct({
              cached_tokens: Schema.optionalKey(Schema.Int)
            })
          )
        ),
        completion_tokens_details: Schema.optionalKey(
          Schema.NullOr(
            Schema.Struct({
              reasoning_tokens: Schema.optionalKey(Schema.Int)
            })
          )
        )
      })
    )
  )
})

const textOf = (parts: ReadonlyArray<{ readonly type: string; readonly text?: unknown }>): string =>
  parts.flatMap((part) => (part.type === "text" && typeof part.text === "string" ? [part.text] : [])).join("\n")

const messages = (message: Prompt.Message): ReadonlyArray<unknown> => {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: textOf(message.content) }]
    case "assistant": {
      const calls = message.content.filter((part) => part.type === "tool-call")
      return [
        {
          role: "assistant",
          content: textOf(message.content),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map((call) => ({
                  id: call.id,
                  type: "function",
                  function: { name: call.name, arguments: JSON.stringify(call.params) }
                }))
              })
        }
      ]
    }
    case "tool":
      return message.content.flatMap((part) =>
        part.type === "tool-result"
          ? [{ role: "tool", tool_call_id: part.id, content: JSON.stringify(part.result) }]
          : []
      )
  }
}

const toolChoice = (choice: LanguageModel.ProviderOptions["toolChoice"]): unknown =>
  typeof choice === "string"
    ? choice
    : "tool" in choice
      ? { type: "function", function: { name: choice.tool } }
      : (choice.mode ?? "auto")

/** The body of a request. */
export const request = (model: string, options: LanguageModel.ProviderOptions): Record<string, unknown> => ({
  model,
  messages: options.prompt.content.flatMap(messages),
  ...(options.tools.length === 0
    ? {}
    : {
        tools: options.tools.map((tool) => ({
          type: "function",
          function: { name: tool.name, description: Tool.getDescription(tool), parameters: Tool.getJsonSchema(tool) }
        })),
        tool_choice: toolChoice(options.toolChoice)
      }),
  ...(options.responseFormat.type === "text"
    ? {}
    : {
        response_format: {
          type: "json_schema",
          json_schema: {
            name: options.responseFormat.objectName,
            strict: true,
            schema: Tool.getJsonSchemaFromSchema(options.responseFormat.schema, { transformer: toCodecOpenAI })
          }
        }
      })
})

const finishReasons: { readonly [reason: string]: Response.FinishReason } = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter"
}

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** The parts of an answer. */
export const parts = ({ choices: [choice], id, model, usage }: typeof Completion.Type): Array<Response.PartEncoded> => {
  const calls = choice.message.tool_calls ?? []
  const text = choice.message.content ?? ""
  const cached = usage?.prompt_tokens_details?.cached_tokens
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens
  return [
    { type: "response-metadata", id, modelId: model },
    ...(text === "" ? [] : [{ type: "text" as const, text }]),
    ...calls.map((call) => ({
      type: "tool-call" as const,
      id: call.id,
      name: call.function.name,
      // Arguments that are no JSON are for the tool's own schema to refuse, where the refusal shows
      params: Option.getOrElse(parseJson(call.function.arguments), () => call.function.arguments)
    })),
    {
      type: "finish",
      reason: choice.finish_reason === null ? "unknown" : (finishReasons[choice.finish_reason] ?? "other"),
      usage: {
        inputTokens: {
          ...(usage ? { total: usage.prompt_tokens, uncached: usage.prompt_tokens - (cached ?? 0) } : {}),
          ...(cached === undefined ? {} : { cacheRead: cached })
        },
        outputTokens: {
          ...(usage ? { total: usage.completion_tokens, text: usage.completion_tokens - (reasoning ?? 0) } : {}),
          ...(reasoning === undefined ? {} : { reasoning })
        }
      }
    }
  ]
}
