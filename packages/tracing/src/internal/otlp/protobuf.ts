/**
 * Spans as OTLP protobuf (`opentelemetry.proto.trace.v1`).
 *
 * Written from the end to the start: a message is complete before its length has to be written, so nothing is measured
 * first.
 */
import type { AttributeValue, Attributes, HrTime, Link, SpanContext } from "@opentelemetry/api"
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base"
import { Slab, type Slice } from "./slab.ts"
import { byResource, type Encoding, flagsOf, memoize, type Origin } from "./encoding.ts"

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

const SHORT = 24
const TWO_32 = 0x1_0000_0000

/** A buffer that fills from its end. Fields are written in reverse: value, then length, then tag. */
class Writer {
  private buffer: Buffer
  private start: number

  constructor(size = 16 * 1024) {
    this.buffer = Buffer.allocUnsafe(size)
    this.start = size
  }

  /** How many bytes have been written; the difference of two is the length of what was written between them. */
  get length(): number {
    return this.buffer.length - this.start
  }

  /** A copy of what has been written; the writer is empty again. */
  take(): Buffer {
    return Buffer.from(this.peel())
  }

  /** What has been written, until the next write; the writer is empty again. */
  peel(): Buffer {
    const written = this.buffer.subarray(this.start)
    this.start = this.buffer.length
    return written
  }

  private reserve(bytes: number): number {
    if (bytes > this.start) {
      const written = this.length
      const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, written + bytes))
      this.buffer.copy(grown, grown.length - written, this.start)
      this.buffer = grown
      this.start = grown.length - written
    }
    return (this.start -= bytes)
  }

  private byte(value: number): void {
    this.buffer[this.reserve(1)] = value
  }

  varint(value: number): void {
    if (value < 0x80) return this.byte(value)
    let size = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
    let at = this.reserve(size)
    for (; size > 1; size--) {
      this.buffer[at++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    this.buffer[at] = value
  }

  tag(field: number, type: number): void {
    this.varint((field << 3) | type)
  }

  /** Two's complement in ten bytes, as protobuf writes negative integers. */
  negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value))
    const at = this.reserve(10)
    for (let index = 0; index < 10; index++, rest >>= 7n) {
      this.buffer[at + index] = Number(rest & 0x7fn) | (index < 9 ? 0x80 : 0)
    }
  }

  fixed32(field: number, value: number): void {
    this.buffer.writeUInt32LE(value >>> 0, this.reserve(4))
    this.tag(field, FIXED32)
  }

  double(field: number, value: number): void {
    this.buffer.writeDoubleLE(value, this.reserve(8))
    this.tag(field, FIXED64)
  }

  /** Nanoseconds of a time, whose 64 bits a number cannot hold: multiplied by parts. */
  time(field: number, [seconds, nanos]: HrTime): void {
    const high = Math.floor(seconds / 0x1_0000) * 1e9
    const low = (high % 0x1_0000) * 0x1_0000 + (seconds % 0x1_0000) * 1e9 + nanos
    const at = this.reserve(8)
    this.buffer.writeUInt32LE(low % TWO_32, at)
    this.buffer.writeUInt32LE(Math.floor(high / 0x1_0000) + Math.floor(low / TWO_32), at + 4)
    this.tag(field, FIXED64)
  }

  private ascii(text: string): boolean {
    const at = this.reserve(text.length)
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) {
        this.start += text.length
        return false
      }
      this.buffer[at + index] = code
    }
    return true
  }

  string(field: number, text: string): void {
    const before = this.length
    if (text.length > SHORT || !this.ascii(text)) {
      const bytes = Buffer.byteLength(text)
      this.buffer.write(text, this.reserve(bytes), bytes, "utf8")
    }
    this.message(field, before)
  }

  bytes(bytes: Buffer): void {
    this.buffer.set(bytes, this.reserve(bytes.length))
  }

  hex(field: number, text: string): void {
    const bytes = text.length / 2
    this.buffer.write(text, this.reserve(bytes), bytes, "hex")
    this.varint(bytes)
    this.tag(field, BYTES)
  }

  /** Makes what was written since `before` the content of a field. */
  message(field: number, before: number): void {
    this.varint(this.length - before)
    this.tag(field, BYTES)
  }

  count(field: number, value: number | undefined): void {
    if (value === undefined || value === 0) return
    this.varint(value)
    this.tag(field, VARINT)
  }
}

const writeNumber = (out: Writer, value: number): void => {
  if (!Number.isSafeInteger(value)) return out.double(4, value)
  if (value < 0) out.negative(value)
  else out.varint(value)
  out.tag(3, VARINT)
}

const writeValue = (out: Writer, value: AttributeValue | undefined | null): void => {
  switch (typeof value) {
    case "string":
      return out.string(1, value)
    case "number":
      return writeNumber(out, value)
    case "boolean":
      out.varint(value ? 1 : 0)
      return out.tag(2, VARINT)
    default: {
      if (!Array.isArray(value)) return
      const list = out.length
      for (let index = value.length - 1; index >= 0; index--) {
        const item = out.length
        writeValue(out, value[index])
        out.message(1, item)
      }
      out.message(5, list)
    }
  }
}

const writeState = (out: Writer, { traceState }: SpanContext): void => {
  const serialized = traceState?.serialize() ?? ""
  if (serialized !== "") out.string(3, serialized)
}

const writeStatus = (out: Writer, { code, message }: ReadableSpan["status"]): void => {
  const before = out.length
  out.count(3, code)
  if (message !== undefined && message !== "") out.string(2, message)
  if (out.length > before) out.message(15, before)
}

export const make = (): Encoding => {
  // Encoding never waits, so nobody else writes meanwhile
  let out = new Writer()
  const slab = new Slab()

  // The field of an attribute's name: a program has few names, and uses them on every span
  const nameField = memoize((name) => {
    const field = new Writer(64)
    field.string(1, name)
    return field.take()
  })

  const writeAttributes = (field: number, attributes: Attributes): void => {
    const names = Object.keys(attributes)
    for (let index = names.length - 1; index >= 0; index--) {
      const name = names[index] ?? ""
      const value = attributes[name]
      if (value === undefined) continue
      const pair = out.length
      writeValue(out, value)
      out.message(2, pair)
      out.bytes(nameField(name))
      out.message(field, pair)
    }
  }

  const writeEvent = (event: TimedEvent): void => {
    const before = out.length
    out.count(4, event.droppedAttributesCount)
    writeAttributes(3, event.attributes ?? {})
    out.string(2, event.name)
    out.time(1, event.time)
    out.message(11, before)
  }

  const writeLink = ({ attributes = {}, context, droppedAttributesCount }: Link): void => {
    const before = out.length
    out.fixed32(6, flagsOf(context.traceFlags, context.isRemote))
    out.count(5, droppedAttributesCount)
    writeAttributes(4, attributes)
    writeState(out, context)
    out.hex(2, context.spanId)
    out.hex(1, context.traceId)
    out.message(13, before)
  }

  const writeSpan = (span: ReadableSpan): Slice => {
    const context = span.spanContext()
    const parent = span.parentSpanContext
    out.fixed32(16, flagsOf(context.traceFlags, parent?.isRemote))
    writeStatus(out, span.status)
    out.count(14, span.droppedLinksCount)
    span.links.toReversed().forEach(writeLink)
    out.count(12, span.droppedEventsCount)
    span.events.toReversed().forEach(writeEvent)
    out.count(10, span.droppedAttributesCount)
    writeAttributes(9, span.attributes)
    out.time(8, span.endTime)
    out.time(7, span.startTime)
    out.count(6, span.kind + 1)
    out.string(5, span.name)
    if (parent?.spanId !== undefined) out.hex(4, parent.spanId)
    writeState(out, context)
    out.hex(2, context.spanId)
    out.hex(1, context.traceId)
    out.message(2, 0)
    return slab.copy(out.peel())
  }

  const lengthOf = (parts: ReadonlyArray<Buffer>): number => parts.reduce((sum, part) => sum + part.length, 0)

  /** The parts of a message behind their header; they are not copied again. */
  const message = (field: number, parts: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> => {
    out.varint(lengthOf(parts))
    out.tag(field, BYTES)
    return [out.take(), ...parts]
  }

  const scopeSpans = ({ name, schemaUrl, version }: Origin["scope"], spans: ReadonlyArray<Slice>) => {
    if (version !== undefined) out.string(2, version)
    out.string(1, name)
    out.message(1, 0)
    const scope = out.take()
    if (schemaUrl !== undefined) out.string(3, schemaUrl)
    return message(2, [scope, ...slab.joined(spans), out.take()])
  }

  const resourceSpans = ({ attributes }: Origin["resource"], scopes: ReadonlyMap<Origin, ReadonlyArray<Slice>>) => {
    writeAttributes(1, attributes as Attributes) // awaited before
    out.message(1, 0)
    return message(1, [out.take(), ...Array.from(scopes).flatMap(([{ scope }, spans]) => scopeSpans(scope, spans))])
  }

  return {
    contentType: "application/x-protobuf",
    span: (span) => {
      try {
        return writeSpan(span)
      } catch (error) {
        // What a failed span left behind must not get into the next one
        out = new Writer()
        throw error
      }
    },
    release: (span) => slab.release(span),
    request: (groups) => Array.from(byResource(groups)).flatMap(([resource, scopes]) => resourceSpans(resource, scopes))
  }
}
