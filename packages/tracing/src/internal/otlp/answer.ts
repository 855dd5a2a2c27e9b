/**
 * What a backend says to a request that it took: all of it, or all but some spans (`ExportTraceServiceResponse`).
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { allTaken, type Taken } from "../../Transport.ts"

const Count = Schema.Union([Schema.Number, Schema.NumberFromString]).check(Schema.isGreaterThanOrEqualTo(0))

const decodeJson = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({
      partialSuccess: Schema.optionalKey(
        Schema.NullOr(
          Schema.Struct({
            rejectedSpans: Schema.optionalKey(Schema.NullOr(Count)),
            errorMessage: Schema.optionalKey(Schema.NullOr(Schema.String))
          })
        )
      )
    })
  )
)

interface Field {
  readonly number: number
  readonly value: number | Uint8Array
}

/** Varints and length-delimited fields, which is all that this message has; anything else ends the reading. */
const fieldsOf = function* (bytes: Uint8Array): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 0x80) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
    }
    return value
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    if (tag % 8 === 0) yield { number, value: varint() }
    else if (tag % 8 === 2) {
      const length = varint()
      yield { number, value: bytes.subarray(at, at + length) }
      at += length
    } else return
  }
}

const decodeProtobuf = (body: Uint8Array): Taken => {
  let { message, rejected } = allTaken
  for (const { number, value } of fieldsOf(body)) {
    if (number !== 1 || typeof value === "number") continue
    for (const inner of fieldsOf(value)) {
      if (inner.number === 1 && typeof inner.value === "number") rejected = inner.value
      if (inner.number === 2 && typeof inner.value !== "number") message = Buffer.from(inner.value).toString()
    }
  }
  return { rejected, message }
}

/** Any body that is no such message counts as a plain yes: the status has said it. */
export const decodeAnswer = (contentType: string | undefined, body: Buffer): Taken => {
  if (body.length === 0) return allTaken
  if (contentType?.includes("protobuf") === true) return decodeProtobuf(body)
  const partial = Option.getOrUndefined(decodeJson(body.toString()))?.partialSuccess
  return { rejected: partial?.rejectedSpans ?? 0, message: partial?.errorMessage ?? "" }
}
