/**
 * Memory for encoded spans, a megabyte at a time and used again and again: buffers of their own would cost more than
 * encoding the spans, in allocation and in garbage collections. Spans that stand side by side are sent without being
 * copied again.
 */

const PAGE = 1024 * 1024
/** Pages that are kept for later, at most. */
const SPARE = 8

interface Page {
  readonly buffer: Buffer
  /** Spans in it that have not been released. */
  live: number
}

/** A span in its wire form. */
export interface Slice {
  readonly bytes: Buffer
  readonly page: Page | undefined
}

export class Slab {
  private readonly spare: Array<Page> = []
  private page: Page = { buffer: Buffer.alloc(0), live: 0 }
  private end = 0
  private readonly separator: Buffer

  /** @param separator stands between two spans */
  constructor(separator = Buffer.alloc(0)) {
    this.separator = separator
  }

  private turn(bytes: number): Page {
    const spare = bytes <= PAGE ? this.spare.pop() : undefined
    // Slow: never from the pool that others share
    return spare ?? { buffer: Buffer.allocUnsafeSlow(Math.max(PAGE, bytes)), live: 0 }
  }

  private open(bytes: number): void {
    const { separator } = this
    const needed = bytes + separator.length
    if (this.page.buffer.length - this.end < needed) {
      const full = this.page
      this.page = this.turn(needed)
      this.end = 0
      this.recycle(full)
    }
    this.page.buffer.set(separator, this.end)
    this.end += separator.length
  }

  private close(bytes: number): Slice {
    const start = this.end
    this.end += bytes
    this.page.live++
    return { bytes: this.page.buffer.subarray(start, this.end), page: this.page }
  }

  private recycle(page: Page): void {
    if (page.live > 0 || page === this.page) return
    if (page.buffer.length === PAGE && this.spare.length < SPARE) this.spare.push(page)
  }

  text(text: string): Slice {
    // A UTF-16 unit is three bytes at most
    this.open(text.length * 3)
    return this.close(this.page.buffer.write(text, this.end, "utf8"))
  }

  copy(bytes: Uint8Array): Slice {
    this.open(bytes.length)
    this.page.buffer.set(bytes, this.end)
    return this.close(bytes.length)
  }

  /** The span is not needed any more: its memory may become another's. */
  release({ page }: Slice): void {
    if (page === undefined) return
    page.live--
    this.recycle(page)
  }

  /** What is sent of these spans: as few pieces as there are runs of neighbours, with separators between all of them. */
  joined(spans: ReadonlyArray<Slice>): ReadonlyArray<Buffer> {
    const { separator } = this
    const parts: Array<Buffer> = []
    let first: Buffer | undefined
    let last: Buffer | undefined
    const finish = (): void => {
      if (first === undefined || last === undefined) return
      if (parts.length > 0 && separator.length > 0) parts.push(separator)
      const length = last.byteOffset + last.length - first.byteOffset
      parts.push(first === last ? first : Buffer.from(first.buffer, first.byteOffset, length))
    }
    for (const { bytes } of spans) {
      const isNext =
        last !== undefined &&
        bytes.buffer === last.buffer &&
        bytes.byteOffset === last.byteOffset + last.length + separator.length
      if (!isNext) {
        finish()
        first = bytes
      }
      last = bytes
    }
    finish()
    return parts
  }
}
