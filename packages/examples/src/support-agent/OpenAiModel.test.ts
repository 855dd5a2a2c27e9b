import { assert, describe, it } from "@effect/vitest"
import { createServer } from "node:http"
import { NodeHttpServer } from "@effect/platform-node"
import { ConfigProvider, Effect, Exit, Layer, Option, Redacted, Ref, Schema, Stream } from "effect"
import { AiError, LanguageModel, Prompt, Tool, Toolkit } from "effect/ai"
import { FetchHttpClient, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { EffectAi } from "@honeyhive/instruments"
import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
import * as OpenAiModel from "./OpenAiModel.ts"

const text = (content: string) => ({
  id: "chatcmpl-1",
  model: "gpt-test-2026",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
  usage: {
    prompt_tokens: 20,
    completion_tokens: 9,
    prompt_tokens_details: { cached_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 4 }
  }
})

interface Seen {
  readonly url: string
  readonly authorization: string | undefined
  readonly body: unknown
}

const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (found, key) => (typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined),
    value
  )

/** A server that gives the scripted answers in turn, and the requests it got. */
const scripted = Effect.fnUntraced(function* (...answers: ReadonlyArray<HttpServerResponse.HttpServerResponse>) {
  const seen = yield* Ref.make<ReadonlyArray<Seen>>([])
  const handler = Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* Effect.orDie(request.json)
    const before = yield* Ref.getAndUpdate(seen, (all) => [
      ...all,
      { url: request.url, authorization: request.headers["authorization"], body }
    ])
    return answers[before.length] ?? HttpServerResponse.empty({ status: 418 })
  })
  const server = yield* Layer.build(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  yield* HttpServer.serveEffect(handler).pipe(Effect.provide(server), Effect.withTracerEnabled(false))
  const baseUrl = yield* HttpServer.addressFormattedWith(Effect.succeed).pipe(Effect.provide(server))
  const model = OpenAiModel.layer({
    apiKey: Redacted.make("sk-test"),
    baseUrl: `${baseUrl}/v1`,
    model: "gpt-test"
  }).pipe(Layer.provide(FetchHttpClient.layer))
  return { model, seen: Ref.get(seen) }
})

const answers = (...bodies: ReadonlyArray<unknown>) =>
  scripted(...bodies.map((body) => HttpServerResponse.jsonUnsafe(body)))

const reasonOf = (exit: Exit.Exit<unknown, unknown>) => {
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  return AiError.isAiError(error) ? error.reason : undefined
}

const lookup = Tool.make("lookup", {
  description: "Look something up",
  parameters: Schema.Struct({ id: Schema.Int }),
  success: Schema.String,
  failureMode: "return"
})
const tools = Toolkit.make(lookup)
const ToolsLive = tools.toLayer({ lookup: ({ id }) => Effect.succeed(`thing ${id}`) })

describe("OpenAiModel", () => {
  it.live("asks and answers, with usage, on a typed event", () =>
    Effect.gen(function* () {
      const { model, seen } = yield* answers(text("Hello"))
      const response = yield* LanguageModel.generateText({
        prompt: [
          { role: "system", content: "Be brief" },
          { role: "user", content: [{ type: "text", text: "Hi" }] }
        ]
      }).pipe(Effect.provide(model), Effect.provide(EffectAi.layer))
      assert.strictEqual(response.text, "Hello")
      assert.strictEqual(response.finishReason, "stop")
      assert.deepStrictEqual(yield* seen, [
        {
          url: "/v1/chat/completions",
          authorization: "Bearer sk-test",
          body: {
            model: "gpt-test",
            messages: [
              { role: "system", content: "Be brief" },
              { role: "user", content: "Hi" }
            ]
          }
        }
      ])
      yield* HoneyHive.flush
      const spans = yield* MemoryExporter.use((memory) => memory.spans)
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["LanguageModel.generateText"]
      )
      const expected = {
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-test",
        "gen_ai.response.model": "gpt-test-2026",
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 9,
        "gen_ai.usage.cache_read_input_tokens": 5,
        "gen_ai.usage.reasoning_tokens": 4
      }
      for (const [name, value] of Object.entries(expected)) {
        assert.strictEqual(spans[0]?.attributes[name], value, name)
      }
      assert.notInclude(JSON.stringify(spans[0]?.attributes), "sk-test")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.live("calls tools, and hands their results back", () =>
    Effect.gen(function* () {
      const call = (id: string, args: string) => ({
        id,
        type: "function",
        function: { name: "lookup", arguments: args }
      })
      const calls = [call("a", `{"id":7}`), call("b", "{broken")]
      const { model, seen } = yield* answers(
        { ...text(""), choices: [{ finish_reason: "tool_calls", message: { content: null, tool_calls: calls } }] },
        text("It is thing 7")
      )
      const question = Prompt.make("What is 7?")
      const ask = (prompt: Prompt.Prompt) =>
        LanguageModel.generateText({ prompt, toolkit: tools }).pipe(Effect.provide(model), Effect.provide(ToolsLive))
      const first = yield* ask(question)
      assert.strictEqual(first.finishReason, "tool-calls")
      assert.deepStrictEqual(first.toolResults.map((result) => [result.id, result.isFailure]).toSorted(), [
        ["a", false],
        ["b", true]
      ])
      const second = yield* ask(Prompt.concat(question, Prompt.fromResponseParts(first.content)))
      assert.strictEqual(second.text, "It is thing 7")

      const [asked, told] = (yield* seen).map((request) => request.body)
      assert.strictEqual(at(asked, "tool_choice"), "auto")
      const description = at(asked, "tools", 0, "function")
      assert.strictEqual(at(description, "name"), "lookup")
      assert.strictEqual(at(description, "description"), "Look something up")
      assert.strictEqual(at(description, "parameters", "properties", "id", "type"), "integer")
      assert.strictEqual(at(told, "messages", 1, "role"), "assistant")
      assert.strictEqual(at(told, "messages", 1, "tool_calls", 0, "function", "arguments"), `{"id":7}`)
      assert.deepInclude(at(told, "messages"), { role: "tool", tool_call_id: "a", content: `"thing 7"` })
    })
  )

  it.live("streams the answer in pieces and returns objects", () =>
    Effect.gen(function* () {
      const { model, seen } = yield* answers(text("One two three four five"), text(`{"city":"Oslo"}`))
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Count" })).pipe(Effect.provide(model))
      assert.strictEqual(
        parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : [])).join("|"),
        "One two three four |five"
      )
      const { value } = yield* LanguageModel.generateObject({
        prompt: "Where?",
        schema: Schema.Struct({ city: Schema.String }),
        objectName: "place"
      }).pipe(Effect.provide(model))
      assert.deepStrictEqual(value, { city: "Oslo" })
      const format = at((yield* seen)[1]?.body, "response_format", "json_schema")
      assert.strictEqual(at(format, "name"), "place")
      assert.strictEqual(at(format, "strict"), true)
      assert.deepStrictEqual(at(format, "schema", "required"), ["city"])
    })
  )

  const ask = (model: Layer.Layer<LanguageModel.LanguageModel>) =>
    LanguageModel.generateText({ prompt: "Hi" }).pipe(Effect.provide(model), Effect.exit)

  it.live("tells refusals and answers it cannot read as AiErrors", () =>
    Effect.gen(function* () {
      const refusal = HttpServerResponse.jsonUnsafe({ error: { message: "no such key" } }, { status: 401 })
      const { model } = yield* scripted(
        refusal,
        HttpServerResponse.text("bad", { status: 400 }),
        HttpServerResponse.jsonUnsafe({ id: 1 }),
        HttpServerResponse.text("<html>")
      )
      const unauthorised = reasonOf(yield* ask(model))
      assert.strictEqual(unauthorised?._tag, "AuthenticationError")
      assert.include(JSON.stringify(unauthorised), "no such key")
      assert.strictEqual(reasonOf(yield* ask(model))?._tag, "InvalidRequestError")
      assert.strictEqual(reasonOf(yield* ask(model))?._tag, "InvalidOutputError")
      assert.strictEqual(reasonOf(yield* ask(model))?._tag, "InvalidOutputError")
    })
  )

  it.live("tries again when the server is busy, and says so when nobody is there", () =>
    Effect.gen(function* () {
      const { model, seen } = yield* scripted(
        HttpServerResponse.text("busy", { status: 503 }),
        HttpServerResponse.jsonUnsafe(text("Hello"))
      )
      assert.isTrue(Exit.isSuccess(yield* ask(model)))
      assert.strictEqual((yield* seen).length, 2)
      const nobody = OpenAiModel.layer({ apiKey: Redacted.make("k"), baseUrl: "http://127.0.0.1:1", model: "m" })
      assert.strictEqual(reasonOf(yield* ask(nobody.pipe(Layer.provide(FetchHttpClient.layer))))?._tag, "NetworkError")
    })
  )

  it.effect("reads its options from the environment; an empty variable counts as absent", () =>
    Effect.gen(function* () {
      const options = yield* OpenAiModel.config.pipe(
        Effect.provide(
          ConfigProvider.layer(ConfigProvider.fromEnvRecord({ OPENAI_API_KEY: "sk", OPENAI_BASE_URL: "" }))
        )
      )
      assert.strictEqual(options.baseUrl, "https://api.openai.com/v1")
      assert.strictEqual(options.model, "gpt-5-mini")
    })
  )
})
