/**
 * Ids of sessions and events: UUIDs, as HoneyHive requires (it replaces a session id that is none).
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A UUID of any version, in lower or upper case.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Uuid = Schema.String.check(Schema.isGUID({ expected: "a UUID" }))

// What the schema asks for, in a twentieth of the time: the hive asks for every span
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Whether a text is a UUID.
 *
 * @category guards
 * @since 0.1.0
 */
export const isUuid = (text: unknown): text is string => typeof text === "string" && UUID.test(text)

// RFC 9562 fixes two of the 32 hexadecimal digits (version 8, variant); 30 remain
const format = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(12, 15)}-8${hex.slice(15, 18)}-${hex.slice(18, 30)}`

/**
 * The event id of a span that names none: UUID version 8, made of the span id and the last 56 bits of the trace id, which
 * are the random ones (W3C Trace Context, level 2).
 *
 * The same span always gets the same id, so a span that is delivered twice stays one event.
 *
 * @example
 * ```ts
 * import { Uuid } from "@honeyhive/contract"
 *
 * Uuid.fromSpan("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")
 * // => "69b63381-3fc6-80ce-8ee1-9b7ec3c1b174"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSpan = (traceId: string, spanId: string): string => format(traceId.slice(-14) + spanId)

/**
 * The session id of a trace that names none: UUID version 8, made of the last 120 bits of the trace id; what tells short
 * trace ids apart stands at their end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromTrace = (traceId: string): string => format(traceId.slice(-30))

const FNV_OFFSET = 0x6c62272e07bb014262b821756295c58dn
const FNV_PRIME = 0x0000000001000000000000000000013bn

/**
 * A UUID (version 8, by the FNV-1a hash of 128 bits) for an id that is none, such as a chat id of the user's own.
 *
 * @example
 * ```ts
 * import { Uuid } from "@honeyhive/contract"
 *
 * Uuid.fromText("chat-42") === Uuid.fromText("chat-42") // => true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromText = (text: string): string => {
  let hash = FNV_OFFSET
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * FNV_PRIME)
  }
  return format(hash.toString(16).padStart(32, "0"))
}
