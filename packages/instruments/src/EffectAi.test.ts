import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Telemetry from "effect/ai/Telemetry"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as EffectAi from "./EffectAi.ts"
import { safeJson } from "./internal/safeJson.ts"

const collector = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, tracer, named: (name: string) => spans.filter((span) => span.name === name) }
}

const usage = {
  inputTokens: { total: 12, uncached: 8, cacheRead: 3, cacheWrite: 1 },
  outputTokens: { total: 7, text: 5, reasoning: 2 }
}

const finish = { type: "finish", reason: "stop", usage } as const

const model = (parts: ReadonlyArray<Response.PartEncoded>, deltas: ReadonlyArray<Response.StreamPartEncoded> = []) =>
  LanguageModel.make({
    generateText: ({ span }) => {
      Telemetry.addGenAIAnnotations(span, { provider: { name: "test" }, request: { model: "tiny" } })
      return Effect.succeed([...parts])
    },
    streamText: () => Stream.fromIterable(deltas)
  })

class NoSuchCity extends Schema.TaggedError<NoSuchCity>()("NoSuchCity", { city: Schema.String }) {}

const weather = Tool.make("weather", {
  description: "The weather in a city",
  parameters: Schema.Struct({ city: Schema.String }),
  success: Schema.Struct({ celsius: Schema.Int }),
  failure: NoSuchCity,
  failureMode: "return"
})
const strictWeather = Tool.make("strictWeather", {
  parameters: Schema.Struct({ city: Schema.String }),
  success: Schema.Struct({ celsius: Schema.Int }),
  failure: NoSuchCity
})
const tools = Toolkit.make(weather, strictWeather)

const lookUp = Effect.fn("lookUp")(function* ({ city }: { readonly city: string }) {
  if (city === "Atlantis") return yield* new NoSuchCity({ city })
  return { celsius: 21 }
})
const handlers = tools.toLayer({ weather: lookUp, strictWeather: lookUp })

const askFor = (name: string, city: unknown, id = "c1"): Response.PartEncoded => ({
  type: "tool-call",
  id,
  name,
  params: { city }
})

const json = (span: Tracer.Span | undefined, attribute: string): unknown => {
  const text = span?.attributes.get(attribute)
  assert.isString(text, attribute)
  return JSON.parse(String(text))
}

const errorOf = (span: Tracer.Span | undefined): unknown =>
  span?.status._tag === "Ended" && Exit.isFailure(span.status.exit)
    ? Option.getOrUndefined(Cause.findErrorOption(span.status.exit.cause))
    : undefined

describe("EffectAi.layer", () => {
  it.effect("tells messages, usage, finish reason and response of generateText", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const { generateText } = yield* model([
        { type: "response-metadata", id: "r1", modelId: "tiny-2026" },
        { type: "reasoning", text: "A greeting." },
        { type: "text", text: "Hello" },
        finish
      ])
      yield* generateText({
        prompt: Prompt.make([
          { role: "system", content: "Be brief" },
          { role: "user", content: "Hi" }
        ])
      }).pipe(Effect.provide(EffectAi.layer), Effect.provideService(Tracer.Tracer, tracer))

      const [span] = spans
      assert.deepStrictEqual(json(span, "gen_ai.input.messages"), [
        { role: "system", parts: [{ type: "text", content: "Be brief" }] },
        { role: "user", parts: [{ type: "text", content: "Hi" }] }
      ])
      assert.deepStrictEqual(json(span, "gen_ai.output.messages"), [
        {
          role: "assistant",
          parts: [
            { type: "reasoning", content: "A greeting." },
            { type: "text", content: "Hello" }
          ],
          finish_reason: "stop"
        }
      ])
      const expected = {
        honeyhive_event_type: "model",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "test",
        "gen_ai.request.model": "tiny",
        "gen_ai.response.id": "r1",
        "gen_ai.response.model": "tiny-2026",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read_input_tokens": 3,
        "gen_ai.usage.cache_write_input_tokens": 1,
        "gen_ai.usage.reasoning_tokens": 2
      }
      for (const [attribute, value] of Object.entries(expected)) {
        assert.deepStrictEqual(span?.attributes.get(attribute), value, attribute)
      }
      assert.isFalse(span?.attributes.has("gen_ai.tool.definitions"))
    })
  )

  it.effect("leaves what the provider wrote", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const { generateText } = yield* LanguageModel.make({
        generateText: ({ span }) =>
          Effect.sync(() => {
            Telemetry.addGenAIAnnotations(span, { operation: { name: "text_completion" }, usage: { inputTokens: 99 } })
            return [finish]
          }),
        streamText: () => Stream.empty
      })
      yield* generateText({ prompt: "Hi" }).pipe(
        Effect.provide(EffectAi.layer),
        Effect.provideService(Tracer.Tracer, tracer)
      )
      assert.strictEqual(spans[0]?.attributes.get("gen_ai.operation.name"), "text_completion")
      assert.strictEqual(spans[0]?.attributes.get("gen_ai.usage.input_tokens"), 99)
    })
  )

  it.effect("joins the pieces of a stream, also of one that fails", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const deltas: ReadonlyArray<Response.StreamPartEncoded> = [
        { type: "text-start", id: "t" },
        { type: "text-delta", id: "t", delta: "Hel" },
        { type: "text-delta", id: "t", delta: "lo" },
        { type: "text-end", id: "t" }
      ]
      const failure = AiError.make({
        module: "Test",
        method: "streamText",
        reason: new AiError.InvalidOutputError({ description: "cut" })
      })
      const { streamText } = yield* LanguageModel.make({
        generateText: () => Effect.succeed([]),
        streamText: ({ prompt }) =>
          Stream.concat(
            Stream.fromIterable(deltas),
            prompt.content.length === 1 ? Stream.make(finish) : Stream.fail(failure)
          )
      })
      const run = (prompt: Prompt.RawInput) =>
        Stream.runDrain(streamText({ prompt })).pipe(
          Effect.exit,
          Effect.provide(EffectAi.layer),
          Effect.provideService(Tracer.Tracer, tracer)
        )
      yield* run("Hi")
      yield* run([
        { role: "system", content: "Fail" },
        { role: "user", content: [] }
      ])
      const [whole, cut] = spans
      const parts = [{ type: "text", content: "Hello" }]
      assert.deepStrictEqual(json(whole, "gen_ai.output.messages"), [
        { role: "assistant", parts, finish_reason: "stop" }
      ])
      assert.strictEqual(whole?.attributes.get("gen_ai.usage.output_tokens"), 7)
      assert.deepStrictEqual(json(cut, "gen_ai.output.messages"), [{ role: "assistant", parts }])
      assert.strictEqual(errorOf(cut), failure)
    })
  )

  it.effect("tells structured output and tool definitions", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const { generateObject } = yield* model([{ type: "text", text: '{"celsius":3}' }, finish])
      const response = yield* generateObject({
        prompt: "Weather?",
        schema: Schema.Struct({ celsius: Schema.Int }),
        toolkit: tools
      }).pipe(Effect.provide(handlers), Effect.provide(EffectAi.layer), Effect.provideService(Tracer.Tracer, tracer))
      assert.deepStrictEqual(response.value, { celsius: 3 })
      assert.strictEqual(spans[0]?.attributes.get("honeyhive_event_type"), "model")
      assert.deepInclude(json(spans[0], "gen_ai.tool.definitions"), {
        type: "function",
        name: "weather",
        description: "The weather in a city",
        parameters: {
          type: "object",
          properties: { city: { type: "string" } },
          required: ["city"],
          additionalProperties: true
        }
      })
    })
  )

  it.effect("tells files by type and size, and tool results by their call", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const { generateText } = yield* model([finish])
      yield* generateText({
        prompt: Prompt.make([
          {
            role: "user",
            content: [
              { type: "file", mediaType: "image/png", fileName: "cat.png", data: new Uint8Array(10) },
              { type: "file", mediaType: "text/plain", data: "aGVsbG8=" },
              { type: "file", mediaType: "image/png", data: new URL("https://example.com/cat.png") }
            ]
          },
          { role: "assistant", content: [{ type: "tool-call", id: "c1", name: "weather", params: { city: "Oslo" } }] },
          { role: "tool", content: [{ type: "tool-result", id: "c1", name: "weather", isFailure: false, result: 4 }] }
        ])
      }).pipe(Effect.provide(EffectAi.layer), Effect.provideService(Tracer.Tracer, tracer))
      assert.deepStrictEqual(json(spans[0], "gen_ai.input.messages"), [
        {
          role: "user",
          parts: [
            { type: "blob", mime_type: "image/png", file_name: "cat.png", size: 10 },
            { type: "blob", mime_type: "text/plain", size: 5 },
            { type: "uri", mime_type: "image/png", uri: "https://example.com/cat.png" }
          ]
        },
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "c1", name: "weather", arguments: { city: "Oslo" } }]
        },
        { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: 4 }] }
      ])
    })
  )

  it.effect("never throws into the program, and keeps secrets", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const cycle: Record<string, unknown> = { big: 10n, secret: Redacted.make("s3cret") }
      cycle["self"] = cycle
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      const hostile = {
        cycle,
        proxy,
        get trap(): never {
          throw new Error("mine")
        }
      }
      const { generateText } = yield* model([{ type: "text", text: "fine" }, finish])
      const prompt = Prompt.make([
        { role: "tool", content: [{ type: "tool-result", id: "c1", name: "x", isFailure: false, result: hostile }] }
      ])
      const broken: Tracer.Tracer = Tracer.make({
        span: (options) => {
          const span = tracer.span(options)
          const attribute = span.attribute
          span.attribute = (name, value) => {
            if (name === "gen_ai.operation.name") throw new Error("tracer")
            attribute.call(span, name, value)
          }
          return span
        }
      })
      const response = yield* generateText({ prompt }).pipe(
        Effect.provide(EffectAi.layer),
        Effect.provideService(Tracer.Tracer, broken)
      )
      assert.strictEqual(response.text, "fine")
      assert.deepStrictEqual(json(spans[0], "gen_ai.input.messages"), [
        {
          role: "tool",
          parts: [
            {
              type: "tool_call_response",
              id: "c1",
              response: {
                cycle: { big: "10", secret: "<redacted>", self: "[circular]" },
                proxy: "[unreadable]",
                trap: "[unreadable]"
              }
            }
          ]
        }
      ])
    })
  )
})

describe("EffectAi.traceTools", () => {
  const run = (parts: ReadonlyArray<Response.PartEncoded>, deltas?: ReadonlyArray<Response.StreamPartEncoded>) =>
    Effect.gen(function* () {
      const collected = collector()
      const { generateText, streamText } = yield* model(parts, deltas)
      const toolkit = EffectAi.traceTools(tools)
      const call =
        deltas === undefined
          ? Effect.asVoid(generateText({ prompt: "Weather?", toolkit }))
          : Stream.runDrain(streamText({ prompt: "Weather?", toolkit }))
      // The tools' errors and services are what they are without tracing
      const exit = yield* call.pipe(
        Effect.exit,
        Effect.provide(handlers),
        Effect.provide(EffectAi.layer),
        Effect.provideService(Tracer.Tracer, collected.tracer)
      )
      exit satisfies Exit.Exit<void, NoSuchCity | AiError.AiError>
      return { ...collected, exit }
    })

  it.effect("gives a call its arguments and result, between the model's span and the handler's", () =>
    Effect.gen(function* () {
      const { exit, named } = yield* run([askFor("weather", "Oslo"), finish])
      assert.isTrue(Exit.isSuccess(exit))
      const [tool] = named("weather")
      assert.deepStrictEqual(json(tool, "gen_ai.tool.call.arguments"), { city: "Oslo" })
      assert.deepStrictEqual(json(tool, "gen_ai.tool.call.result"), { celsius: 21 })
      assert.strictEqual(tool?.attributes.get("honeyhive_event_type"), "tool")
      assert.strictEqual(tool?.attributes.get("gen_ai.operation.name"), "execute_tool")
      assert.strictEqual(tool?.attributes.get("gen_ai.tool.name"), "weather")
      assert.strictEqual(tool?.attributes.get("gen_ai.tool.call.id"), "c1")
      const [request] = named("LanguageModel.generateText")
      assert.strictEqual(tool && Option.getOrUndefined(tool.parent), request)
      assert.strictEqual(named("lookUp")[0] && Option.getOrUndefined(named("lookUp")[0]!.parent), tool)
      // The program ran the tool: its result is not what the model said
      assert.deepStrictEqual(json(request, "gen_ai.output.messages"), [
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "c1", name: "weather", arguments: { city: "Oslo" } }],
          finish_reason: "stop"
        }
      ])
    })
  )

  it.effect("fails the span of a call that fails, whoever gets to read the error", () =>
    Effect.gen(function* () {
      const returned = yield* run([askFor("weather", "Atlantis"), finish])
      assert.isTrue(Exit.isSuccess(returned.exit))
      assert.deepStrictEqual(errorOf(returned.named("weather")[0]), new NoSuchCity({ city: "Atlantis" }))
      assert.deepStrictEqual(json(returned.named("weather")[0], "gen_ai.tool.call.result"), {
        _tag: "NoSuchCity",
        city: "Atlantis"
      })

      const raised = yield* run([askFor("strictWeather", "Atlantis"), finish])
      assert.deepStrictEqual(errorOf(raised.named("strictWeather")[0]), new NoSuchCity({ city: "Atlantis" }))
      assert.deepStrictEqual(Exit.findErrorOption(raised.exit), Option.some(new NoSuchCity({ city: "Atlantis" })))
    })
  )

  it.effect("shows arguments that do not fit the tool as a failed call", () =>
    Effect.gen(function* () {
      const { exit, named } = yield* run([askFor("weather", 42), finish])
      assert.isTrue(Exit.isSuccess(exit))
      const [tool] = named("weather")
      assert.deepStrictEqual(json(tool, "gen_ai.tool.call.arguments"), { city: 42 })
      const error = errorOf(tool)
      assert.isTrue(AiError.isAiError(error) && error.reason._tag === "ToolParameterValidationError")
    })
  )

  it.effect("ends every span of concurrent and streamed calls, each with its own content", () =>
    Effect.gen(function* () {
      const calls = [askFor("weather", "Oslo", "a"), askFor("weather", "Atlantis", "b")]
      // A tool call has the same form in both kinds of response
      const results = [
        yield* run([...calls, finish]),
        yield* run([], [...(calls as Array<Response.StreamPartEncoded>), finish])
      ]
      for (const { exit, named, spans } of results) {
        assert.isTrue(Exit.isSuccess(exit))
        assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
        assert.deepStrictEqual(
          named("weather").map((span) => [span.attributes.get("gen_ai.tool.call.id"), errorOf(span) !== undefined]),
          [
            ["a", false],
            ["b", true]
          ]
        )
      }
    })
  )

  it.effect("ends the span of an interrupted call", () =>
    Effect.gen(function* () {
      const { named, tracer } = collector()
      const started = yield* Deferred.make<void>()
      const slow = Toolkit.make(Tool.make("slow", { success: Schema.Int }))
      const { generateText } = yield* model([{ type: "tool-call", id: "c1", name: "slow", params: {} }, finish])
      const fiber = yield* generateText({ prompt: "?", toolkit: EffectAi.traceTools(slow) }).pipe(
        Effect.provide(
          slow.toLayer({ slow: () => Effect.andThen(Deferred.succeed(started, undefined), Effect.never) })
        ),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.forkChild
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      const [span] = named("slow")
      assert.isTrue(span?.status._tag === "Ended" && Exit.hasInterrupts(span.status.exit))
    })
  )
})

describe("safeJson", () => {
  it("keeps JSON as it is, and says what is none", () => {
    const value = { a: [1, "x", null, true], b: { c: {} } }
    assert.strictEqual(safeJson(value), JSON.stringify(value))
    assert.strictEqual(safeJson(undefined), "null")
    assert.deepStrictEqual(
      JSON.parse(
        safeJson({ at: new Date(0), bytes: new Uint8Array(3), map: new Map([["k", 1n]]), nan: NaN, f: safeJson })
      ),
      {
        at: "1970-01-01T00:00:00.000Z",
        bytes: "Uint8Array(3 bytes)",
        map: { k: "1" },
        nan: "NaN",
        f: "[function safeJson]"
      }
    )
    let deep: unknown = "end"
    for (let index = 0; index < 10_000; index++) deep = [deep]
    assert.include(safeJson(deep), "[nested too deep]")
  })
})
