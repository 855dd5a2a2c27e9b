/**
 * The spans that wait for delivery: bounded in number and in bytes, constant time, errors and roots kept longest.
 */
import { SpanStatusCode } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"

export interface Entry {
  readonly span: ReadableSpan
  /** Counts up, so that a flush knows what came before it. */
  readonly sequence: number
  /** About as many bytes as the span takes in memory. */
  readonly bytes: number
}

/** A list that gives up its oldest element without moving the others. */
class Fifo {
  private items: Array<Entry> = []
  private head = 0
  get length(): number {
    return this.items.length - this.head
  }
  get first(): Entry | undefined {
    return this.items[this.head]
  }
  push(entry: Entry): void {
    this.items.push(entry)
  }
  shift(): Entry | undefined {
    const entry = this.items[this.head]
    if (entry === undefined) return undefined
    this.head++
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return entry
  }
}

const OVERHEAD = 256

const bytesOf = (value: unknown): number =>
  typeof value === "string"
    ? value.length
    : Array.isArray(value)
      ? value.reduce<number>((sum, item) => sum + bytesOf(item), 8)
      : 8

/** The size that counts against the bound: long texts dominate it, so that is what is counted. */
const sizeOf = (span: ReadableSpan): number => {
  let bytes = OVERHEAD + span.name.length
  for (const key in span.attributes) bytes += key.length + bytesOf(span.attributes[key])
  for (const event of span.events) {
    bytes += OVERHEAD
    for (const key in event.attributes) bytes += key.length + bytesOf(event.attributes[key])
  }
  return bytes
}

const isImportant = (span: ReadableSpan): boolean =>
  span.status.code === SpanStatusCode.ERROR || span.parentSpanContext === undefined

export class SpanQueue {
  private readonly ordinary = new Fifo()
  private readonly important = new Fifo()
  private sequence = 0
  private readonly maxSpans: number
  private readonly maxBytes: number
  bytes = 0

  constructor(maxSpans: number, maxBytes: number) {
    this.maxSpans = maxSpans
    this.maxBytes = maxBytes
  }

  get length(): number {
    return this.ordinary.length + this.important.length
  }

  /** The number of the newest span. */
  get newest(): number {
    return this.sequence
  }

  /** Adds a span and returns those that had to leave for it, ordinary ones first. */
  offer(span: ReadableSpan): ReadonlyArray<Entry> {
    const entry: Entry = { span, sequence: ++this.sequence, bytes: sizeOf(span) }
    ;(isImportant(span) ? this.important : this.ordinary).push(entry)
    this.bytes += entry.bytes
    if (this.length <= this.maxSpans && this.bytes <= this.maxBytes) return []
    const dropped: Array<Entry> = []
    while (this.length > 1 && (this.length > this.maxSpans || this.bytes > this.maxBytes)) {
      const oldest = this.ordinary.shift() ?? this.important.shift()
      if (oldest === undefined) break
      this.bytes -= oldest.bytes
      dropped.push(oldest)
    }
    return dropped
  }

  /** Takes the oldest spans, up to a number and a number of bytes; at least one when there is any. */
  take(maxSpans: number, maxBytes: number): ReadonlyArray<Entry> {
    const batch: Array<Entry> = []
    let bytes = 0
    while (batch.length < maxSpans) {
      const [a, b] = [this.ordinary.first, this.important.first]
      const from = b === undefined || (a !== undefined && a.sequence < b.sequence) ? this.ordinary : this.important
      const next = from.first
      if (next === undefined || (batch.length > 0 && bytes + next.bytes > maxBytes)) break
      from.shift()
      bytes += next.bytes
      batch.push(next)
    }
    this.bytes -= bytes
    return batch
  }
}
