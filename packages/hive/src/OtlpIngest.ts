/**
 * OTLP over HTTP: `POST /opentelemetry/v1/traces` (HoneyHive's path), `POST /v1/traces` (OpenTelemetry's) and
 * `POST /api/public/otel/v1/traces` (where Langfuse's clients send theirs).
 *
 * JSON and protobuf, plain or gzip. A request that cannot be read is answered with the reason and changes nothing; of a
 * request that can be read, every valid span is kept and the others are counted in a partial success.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { ExportTraceServiceRequest, type Spans, spans } from "@honeyhive/contract/Otlp"
import { turn } from "./internal/asking.ts"
import { readLazySpans } from "./internal/spanReader.ts"
import { Keys } from "./Keys.ts"
import { encodeResponse, type ExportTraceServiceResponse } from "./OtlpProtobuf.ts"
import { HttpProblem } from "./HttpProblem.ts"
import { TraceStore } from "./TraceStore.ts"

interface Encoding {
  readonly contentType: string
  /** Throws or fails with what is wrong with the body. */
  readonly decode: (body: Uint8Array) => Effect.Effect<Spans, Error>
  readonly encode: (response: ExportTraceServiceResponse) => Uint8Array
}

const decodeJson = Schema.decodeUnknownEffect(Schema.fromJsonString(ExportTraceServiceRequest))

const json: Encoding = {
  contentType: "application/json",
  decode: (body) => Effect.map(decodeJson(new TextDecoder().decode(body)), spans),
  encode: (response) => new TextEncoder().encode(JSON.stringify(response))
}

const protobuf: Encoding = {
  contentType: "application/x-protobuf",
  decode: (body) => Effect.try({ try: () => readLazySpans(body), catch: (cause) => Error(String(cause)) }),
  encode: encodeResponse
}

const encodingOf = (contentType: string | undefined): Encoding | undefined => {
  const mediaType = contentType?.split(";")[0]?.trim().toLowerCase()
  return mediaType === json.contentType ? json : mediaType === protobuf.contentType ? protobuf : undefined
}

/** The first reasons stand for the rest: an answer must not grow with what it refuses. */
const partialSuccess = (rejected: ReadonlyArray<string>): ExportTraceServiceResponse =>
  rejected.length === 0
    ? {}
    : {
        partialSuccess: {
          rejectedSpans: rejected.length,
          errorMessage:
            rejected.slice(0, 5).join("; ") + (rejected.length > 5 ? `; and ${rejected.length - 5} more` : "")
        }
      }

const ingest = Effect.fnUntraced(function* (taking: Semaphore.Semaphore) {
  const request = yield* HttpServerRequest.HttpServerRequest
  const store = yield* TraceStore
  const encoding = encodingOf(request.headers["content-type"])
  if (encoding === undefined) {
    return yield* new HttpProblem({
      statusCode: 415,
      errorCode: "unsupported_media_type",
      message: `content type must be ${json.contentType} or ${protobuf.contentType}`
    })
  }
  const body = new Uint8Array(yield* request.arrayBuffer)
  // One a turn: whoever asks for little meanwhile does not wait for all that came at once
  const decoded = taking.withPermit(Effect.andThen(turn, encoding.decode(body)))
  const { accepted, rejected } = yield* decoded.pipe(
    // A body nested deeper than the stack is as malformed as any other
    Effect.catchDefect((defect) => Effect.fail(Error(String(defect)))),
    Effect.mapError(
      (error) =>
        new HttpProblem({
          statusCode: 400,
          errorCode: "bad_request",
          message: `malformed OTLP request: ${error.message}`
        })
    )
  )
  yield* store.ingest(accepted)
  return HttpServerResponse.uint8Array(encoding.encode(partialSuccess(rejected)), {
    contentType: encoding.contentType
  })
})

/**
 * The routes.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = Layer.unwrap(
  Effect.map(Effect.all([Effect.context<Keys | TraceStore>(), Semaphore.make(1)]), ([services, taking]) => {
    const handler = Effect.provideContext(
      Effect.andThen(
        Keys.use((keys) => keys.checkOptional),
        ingest(taking)
      ),
      services
    )
    return Layer.mergeAll(
      HttpRouter.add("POST", "/opentelemetry/v1/traces", handler),
      HttpRouter.add("POST", "/v1/traces", handler),
      HttpRouter.add("POST", "/api/public/otel/v1/traces", handler)
    )
  })
)
