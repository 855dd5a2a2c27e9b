/**
 * A language model behind any OpenAI-compatible chat completions API.
 *
 * No release of `@effect/ai-openai` fits effect 4.1 yet; this is what a provider of one's own takes. It speaks text and
 * tools; a stream comes out of the finished answer.
 */
import { Config, Effect, flow, Layer, type Redacted, Schedule, Schema, Stream } from "effect"
import { AiError, LanguageModel, Model, type Response, Telemetry } from "effect/ai"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import { HttpClient, type HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import * as OpenAiWire from "./OpenAiWire.ts"
import { streamed } from "./Streamed.ts"

const provider = "openai"

export interface Options {
  readonly apiKey: Redacted.Redacted
  readonly baseUrl: string
  readonly model: string
}

/** An empty variable counts as absent. */
const setting = (name: string, fallback: string): Config.Config<string> =>
  Config.String(name).pipe(
    Config.withDefault(""),
    Config.map((value) => (value === "" ? fallback : value))
  )

/** `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL`. */
export const config: Config.Config<Options> = Config.all({
  apiKey: Config.Redacted("OPENAI_API_KEY"),
  baseUrl: setting("OPENAI_BASE_URL", "https://api.openai.com/v1"),
  model: setting("OPENAI_MODEL", "gpt-5-mini")
})

const fail = (reason: AiError.AiErrorReason) => AiError.make({ module: "OpenAiModel", method: "generateText", reason })

const fromHttpError = (error: HttpClientError.HttpClientError): AiError.AiError => {
  const { reason } = error
  switch (reason._tag) {
    case "TransportError":
    case "EncodeError":
    case "InvalidUrlError":
      return fail(AiError.NetworkError.fromHttpClientError(Object.assign(error, { reason })))
    default:
      return fail(new AiError.InvalidOutputError({ description: error.message }))
  }
}

const Problem = Schema.fromJsonString(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))

const refused = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  const body = yield* response.text
  const description = yield* Schema.decodeEffect(Problem)(body).pipe(
    Effect.match({ onFailure: () => `status ${response.status}`, onSuccess: (problem) => problem.error.message })
  )
  return yield* fail(AiError.reasonFromHttpStatus({ status: response.status, description }))
})

const make = Effect.fnUntraced(function* ({ apiKey, baseUrl, model }: Options) {
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest(
      flow(HttpClientRequest.prependUrl(baseUrl), HttpClientRequest.bearerToken(apiKey), HttpClientRequest.acceptJson)
    ),
    HttpClient.retryTransient({ schedule: Schedule.exponential("250 millis"), times: 2 })
  )

  const generateText = (
    options: LanguageModel.ProviderOptions
  ): Effect.Effect<Array<Response.PartEncoded>, AiError.AiError> =>
    Effect.gen(function* () {
      Telemetry.addGenAIAnnotations(options.span, {
        operation: { name: "chat" },
        provider: { name: provider },
        request: { model }
      })
      const response = yield* HttpClientRequest.post("/chat/completions").pipe(
        HttpClientRequest.bodyJsonUnsafe(OpenAiWire.request(model, options)),
        client.execute
      )
      if (response.status !== 200) return yield* refused(response)
      return OpenAiWire.parts(yield* HttpClientResponse.schemaBodyJson(OpenAiWire.Completion)(response))
    }).pipe(
      Effect.catchTags({
        HttpClientError: (error) => Effect.fail(fromHttpError(error)),
        SchemaError: (error) => Effect.fail(fail(AiError.InvalidOutputError.fromSchemaError(error)))
      }),
      // The model's span tells all that a span of the request would
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
    )

  return yield* LanguageModel.make({
    generateText,
    streamText: (options) =>
      Stream.fromEffect(generateText(options)).pipe(Stream.flatMap((parts) => Stream.fromIterable(streamed(parts)))),
    codecTransformer: toCodecOpenAI
  })
})

/** Provides the model. */
export const layer = (options: Options) =>
  Model.make(provider, options.model, Layer.effect(LanguageModel.LanguageModel, make(options)))
