/**
 * One file of the spool: a mark, then records, each with its length and a checksum. It only grows; what the end of a
 * process tore off, and what the disk damaged, is skipped and counted.
 *
 * A record is an origin (what spans share, with the number that they name it by), a span, or the numbers of spans that
 * have been delivered meanwhile.
 */
import { crc32 } from "node:zlib"

const MARK = Buffer.from("HHSPOOL1")

const ORIGIN = 1
const SPAN = 2
const DELIVERED = 3

const HEADER = 8

/** The first bytes of every segment. */
export const mark = (): Buffer => MARK

const record = (kind: number, number: number, payload: Uint8Array): Buffer => {
  const bytes = Buffer.allocUnsafe(HEADER + 5 + payload.length)
  bytes.writeUInt32LE(5 + payload.length, 0)
  bytes[HEADER] = kind
  bytes.writeUInt32LE(number, HEADER + 1)
  bytes.set(payload, HEADER + 5)
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER)), 4)
  return bytes
}

export const originRecord = (number: number, origin: string): Buffer => record(ORIGIN, number, Buffer.from(origin))

/** Spans are numbered by their order in the segment, from 0. */
export const spanRecord = (origin: number, data: Uint8Array): Buffer => record(SPAN, origin, data)

export const deliveredRecord = (spans: ReadonlyArray<number>): Buffer => {
  const payload = Buffer.allocUnsafe(spans.length * 4)
  spans.forEach((span, index) => payload.writeUInt32LE(span, index * 4))
  return record(DELIVERED, spans.length, payload)
}

interface Stored {
  readonly number: number
  readonly origin: string
  readonly data: Buffer
}

export interface Contents {
  /** Spans that are still to be delivered. */
  readonly spans: ReadonlyArray<Stored>
  /** Records that could not be read. */
  readonly damaged: number
}

/** Total: whatever the bytes are, it returns what can be read of them. */
export const read = (bytes: Buffer): Contents => {
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return { spans: [], damaged: bytes.length === 0 ? 0 : 1 }
  const origins = new Map<number, string>()
  const spans: Array<Stored> = []
  const delivered = new Set<number>()
  let damaged = 0
  let number = 0
  for (let at = MARK.length; at < bytes.length;) {
    const end = at + HEADER + (at + HEADER <= bytes.length ? bytes.readUInt32LE(at) : bytes.length)
    if (end > bytes.length || end < at + HEADER + 5) {
      // The tail was torn off, or the length itself is damaged: nothing says where the next record begins
      damaged++
      break
    }
    const body = bytes.subarray(at + HEADER, end)
    const kind = body[0]
    const intact = crc32(body) === bytes.readUInt32LE(at + 4)
    const payload = body.subarray(5)
    if (!intact) damaged++
    else if (kind === ORIGIN) origins.set(body.readUInt32LE(1), payload.toString())
    else if (kind === DELIVERED) {
      for (let index = 0; index + 4 <= payload.length; index += 4) delivered.add(payload.readUInt32LE(index))
    } else if (kind === SPAN) {
      const origin = origins.get(body.readUInt32LE(1))
      if (origin === undefined) damaged++
      else spans.push({ number, origin, data: payload })
    }
    // A damaged record's kind may be wrong as well; most records are spans
    if (kind === SPAN || (!intact && kind !== ORIGIN && kind !== DELIVERED)) number++
    at = end
  }
  return { spans: spans.filter((span) => !delivered.has(span.number)), damaged }
}
