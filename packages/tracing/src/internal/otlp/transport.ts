/**
 * Spans to one OTLP endpoint: encoded as they end, sent together, and what the backend says to it.
 */
import { createHash } from "node:crypto"
import { promisify } from "node:util"
import type { Resource } from "@opentelemetry/resources"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { OtlpProtocol, Settings } from "../../TracerConfig.ts"
import { ExportError, type Sendable, type Transport } from "../../Transport.ts"
import { decodeAnswer } from "./answer.ts"
import { type Answer, type Body, connect, lengthOf, type Target, type Unanswered } from "./connections.ts"
import type { Encoding, Origin } from "./encoding.ts"
import { isLoopback } from "../loopback.ts"
import * as json from "./json.ts"
import { poolOf } from "./pool.ts"
import * as protobuf from "./protobuf.ts"
import type { Slice } from "./slab.ts"

/** HoneyHive's OTLP endpoint below its URL. */
const OTLP_PATH = "/opentelemetry/v1/traces"

// Another backend's endpoint never gets HoneyHive's key
const addressOf = (settings: Settings): Pick<Target, "url" | "headers"> => {
  if (settings.otlpEndpoint !== undefined) return { url: settings.otlpEndpoint, headers: settings.otlpHeaders }
  const key = settings.apiKey === undefined ? {} : { authorization: `Bearer ${Redacted.value(settings.apiKey)}` }
  return { url: settings.url + OTLP_PATH, headers: { ...settings.otlpHeaders, ...key } }
}

/** A span in its wire form. */
interface Encoded extends Sendable {
  readonly protocol: OtlpProtocol
  readonly origin: Origin
  readonly data: Slice
}

const isPending = (resource: Origin["resource"]): resource is Resource =>
  "asyncAttributesPending" in resource && resource.asyncAttributesPending === true

/** One origin for each resource and scope, so that a request can group its spans by identity. */
const origins = (): ((span: ReadableSpan) => Origin) => {
  const known = new WeakMap<object, WeakMap<object, Origin>>()
  return ({ instrumentationScope: scope, resource }) => {
    let scopes = known.get(resource)
    if (scopes === undefined) known.set(resource, (scopes = new WeakMap()))
    let origin = scopes.get(scope)
    if (origin === undefined) scopes.set(scope, (origin = { resource, scope }))
    return origin
  }
}

const byOrigin = (batch: ReadonlyArray<Encoded>): ReadonlyMap<Origin, ReadonlyArray<Slice>> => {
  const groups = new Map<Origin, Array<Slice>>()
  for (const { data, origin } of batch) {
    const group = groups.get(origin)
    if (group === undefined) groups.set(origin, [data])
    else group.push(data)
  }
  return groups
}

// Below this, the processor time of compressing is worth more than the bytes
const WORTH_COMPRESSING = 8 * 1024

const gzip = Effect.fnUntraced(function* (body: Body) {
  const zlib = yield* Effect.promise(() => import("node:zlib"))
  return yield* Effect.promise(() => promisify(zlib.gzip)(Buffer.concat(body)))
})

const isRefusal = ({ status }: Answer): boolean => status === 400 || status === 415

const toError = ({ body, contentType, retryAfter, status }: Answer): ExportError =>
  new ExportError({
    message: `answer ${status}${contentType?.includes("json") === true ? ` ${body.toString("utf8", 0, 200)}` : ""}`,
    status,
    ...(retryAfter === undefined ? {} : { retryAfter: Duration.toMillis(retryAfter) })
  })

const StoredOrigin = Schema.Struct({
  protocol: Schema.Literals(["http/json", "http/protobuf"]),
  attributes: Schema.Record(Schema.String, Schema.Json),
  scope: Schema.Struct({
    name: Schema.String,
    version: Schema.optionalKey(Schema.String),
    schemaUrl: Schema.optionalKey(Schema.String)
  })
})

const decodeOrigin = Schema.decodeUnknownOption(Schema.fromJsonString(StoredOrigin))

const storeOrigin = ({ origin: { resource, scope }, protocol }: Encoded): string =>
  JSON.stringify({
    protocol,
    attributes: resource.attributes,
    scope: {
      name: scope.name,
      ...(scope.version === undefined ? {} : { version: scope.version }),
      ...(scope.schemaUrl === undefined ? {} : { schemaUrl: scope.schemaUrl })
    }
  })

export const make = Effect.fnUntraced(function* (settings: Settings) {
  const target: Target = {
    ...addressOf(settings),
    timeout: settings.exportTimeout,
    pool: poolOf(settings)
  }
  const { close, post } = yield* connect(target)
  const encodings: { readonly [protocol in OtlpProtocol]: Encoding } = {
    "http/json": json.make(),
    "http/protobuf": protobuf.make()
  }
  const protocol = settings.otlpProtocol
  const originOf = origins()
  let compresses =
    settings.otlpCompression === "gzip" || (settings.otlpCompression === "auto" && !isLoopback(target.url))

  const plainly = (body: Body, contentType: string) => post(body, { "content-type": contentType })

  // Not every backend reads gzip, and HoneyHive's documentation does not say: the first refusal is tried again without
  const compressed = Effect.fnUntraced(function* (body: Body, contentType: string) {
    const answer = yield* post([yield* gzip(body)], { "content-type": contentType, "content-encoding": "gzip" })
    if (!isRefusal(answer)) return answer
    const plain = yield* plainly(body, contentType)
    if (plain.status < 300) compresses = false
    return plain
  })

  const send = Effect.fnUntraced(
    function* (batch: ReadonlyArray<Encoded>) {
      const groups = byOrigin(batch)
      for (const { resource } of groups.keys()) {
        if (isPending(resource)) yield* Effect.promise(async () => resource.waitForAsyncAttributes?.())
      }
      const encoding = encodings[batch[0]?.protocol ?? protocol]
      const body = encoding.request(groups)
      const answer = yield* compresses && lengthOf(body) >= WORTH_COMPRESSING
        ? compressed(body, encoding.contentType)
        : plainly(body, encoding.contentType)
      return answer.status >= 200 && answer.status < 300
        ? decodeAnswer(answer.contentType, answer.body)
        : yield* toError(answer)
    },
    Effect.catchTag("Unanswered", ({ message }: Unanswered) => Effect.fail(new ExportError({ message })))
  )

  const restore = (origin: string) =>
    Option.map(decodeOrigin(origin), (stored) => {
      const known: Origin = {
        resource: { attributes: stored.attributes as Resource["attributes"] },
        scope: stored.scope
      } // were written as such
      return (data: Buffer): Encoded => ({
        protocol: stored.protocol,
        origin: known,
        data: { bytes: data, page: undefined },
        bytes: data.length
      })
    })

  return {
    prepare: (span) => {
      const data = encodings[protocol].span(span)
      return { protocol, origin: originOf(span), data, bytes: data.bytes.length }
    },
    send,
    takesRunning: true,
    release: (items) => {
      for (const { data, protocol } of items) encodings[protocol].release(data)
    },
    shutdown: Effect.sync(close),
    storage: {
      target: createHash("sha256")
        .update(JSON.stringify([target.url, target.headers]))
        .digest("hex")
        .slice(0, 16),
      originOf: (item) => item.origin,
      storeOrigin,
      dataOf: (item) => item.data.bytes,
      restore
    }
  } satisfies Transport<Encoded>
})
