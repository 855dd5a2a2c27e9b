/**
 * The spans that wait for delivery: bounded in number and in bytes, constant time, errors and roots kept longest.
 */
import { SpanStatusCode } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import type { Ticket } from "../Spool.ts"
import type { Sendable } from "../Transport.ts"

export interface Entry {
  /** Counts up, so that a flush knows what came before it. */
  readonly sequence: number
  /** The span until it is encoded; it is held no longer than that. */
  span: ReadableSpan | undefined
  item: Sendable | undefined
  /** What it counts for: an estimate until it is encoded. */
  bytes: number
  /** Where it stands on disk, if it does. */
  ticket: Ticket | undefined
}

/** A list that gives up its oldest element without moving the others. */
class Fifo {
  private items: Array<Entry | undefined> = []
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
    this.items[this.head] = undefined
    this.head++
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return entry
  }
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

  /** Adds a span. */
  push(span: ReadableSpan, bytes: number): Entry {
    const entry: Entry = { sequence: ++this.sequence, span, item: undefined, bytes, ticket: undefined }
    ;(isImportant(span) ? this.important : this.ordinary).push(entry)
    this.bytes += bytes
    return entry
  }

  /** A queued entry has turned out to be larger or smaller. */
  resize(entry: Entry, bytes: number): void {
    this.bytes += bytes - entry.bytes
    entry.bytes = bytes
  }

  /** Those that have to leave for the bounds, ordinary ones first. */
  overflow(): ReadonlyArray<Entry> {
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
