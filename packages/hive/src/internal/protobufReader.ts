/**
 * Protobuf's bytes, field by field.
 */

const SLOTS = 1024
const MAX_INTERNED = 48

/** A request as bytes, with a place in it. Everything throws a `RangeError` where the bytes end too early. */
export class Reader {
  at = 0
  readonly #bytes: Buffer
  /** Names and short values repeat from span to span: they are decoded once. Place by hash, checked letter by letter. */
  readonly #interned = Array<string | undefined>(SLOTS)

  /** Which of them came after which, the last time: a guess that is right for nearly all names. */
  readonly #next = new Int16Array(SLOTS)
  #slot = 0
  #same = ""
  #sameAt = 0
  #sameLength = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get length(): number {
    return this.#bytes.length
  }

  /** An unsigned number of up to 53 bits; the bits above are dropped. */
  varint(): number {
    const bytes = this.#bytes
    let value = 0
    let factor = 1
    for (let count = 0; count < 10; count++) {
      const byte = bytes[this.at++]
      if (byte === undefined) throw this.#outOfRange()
      if (count < 7) value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 128
    }
    throw new RangeError("invalid varint encoding")
  }

  varint64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw this.#outOfRange()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, value)
    }
    throw new RangeError("invalid varint encoding")
  }

  /** A signed 64-bit number; text where a number could be its neighbour. */
  int64(): number | string {
    const start = this.at
    const small = this.varint()
    // Seven bytes hold 49 bits; what is longer is large, or negative
    if (this.at - start <= 7) return small
    this.at = start
    const value = this.varint64()
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }

  int32(): number {
    const start = this.at
    const small = this.varint()
    if (this.at - start <= 4) return small
    this.at = start
    return Number(BigInt.asIntN(32, this.varint64()))
  }

  fixed64(): bigint {
    const at = this.#take(8)
    return this.#bytes.readBigUInt64LE(at)
  }

  double(): number | string {
    const at = this.#take(8)
    const value = this.#bytes.readDoubleLE(at)
    return Number.isFinite(value) ? value : String(value)
  }

  hex(length: number): string {
    const at = this.#take(length)
    return this.#bytes.toString("hex", at, at + length)
  }

  /** As `hex`, where the last answer is likely to be the next one, too. */
  sameHex(length: number): string {
    const bytes = this.#bytes
    const at = this.#take(length)
    let index = length === this.#sameLength ? 0 : length + 1
    while (index < length && bytes[at + index] === bytes[this.#sameAt + index]) index++
    if (index !== length) {
      this.#same = bytes.toString("hex", at, at + length)
      this.#sameLength = length
    }
    this.#sameAt = at
    return this.#same
  }

  base64(length: number): string {
    const at = this.#take(length)
    return this.#bytes.toString("base64", at, at + length)
  }

  text(length: number): string {
    const bytes = this.#bytes
    const start = this.#take(length)
    if (length > MAX_INTERNED) return bytes.toString("utf8", start, start + length)
    const guess = this.#next[this.#slot] ?? 0
    const guessed = this.#known(guess, start, length)
    if (guessed !== undefined) {
      this.#slot = guess
      return guessed
    }
    let hash = length
    for (let index = start; index < start + length; index++) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0
    const slot = hash & (SLOTS - 1)
    this.#next[this.#slot] = slot
    this.#slot = slot
    const known = this.#known(slot, start, length)
    if (known !== undefined) return known
    const text = bytes.toString("utf8", start, start + length)
    this.#interned[slot] = text
    return text
  }

  /** The name of a slot, where it is what the bytes say. */
  #known(slot: number, start: number, length: number): string | undefined {
    const bytes = this.#bytes
    const known = this.#interned[slot]
    if (known === undefined || known.length !== length) return undefined
    let index = 0
    // Beyond ASCII a letter is never one byte, so it never matches
    while (index < length && known.charCodeAt(index) === bytes[start + index]) index++
    return index === length ? known : undefined
  }

  /** The end of a message or text that begins here. */
  end(): number {
    const length = this.varint()
    const end = this.at + length
    if (end > this.length) throw this.#outOfRange()
    return end
  }

  skip(wireType: number): void {
    switch (wireType) {
      case 0:
        this.varint()
        return
      case 1:
        this.#take(8)
        return
      case 2:
        this.at = this.end()
        return
      case 5:
        this.#take(4)
        return
      default:
        throw new RangeError(`invalid wire type ${wireType} at offset ${this.at}`)
    }
  }

  #take(length: number): number {
    const at = this.at
    if (at + length > this.length) throw this.#outOfRange()
    this.at = at + length
    return at
  }

  #outOfRange(): RangeError {
    return new RangeError(`index out of range: ${this.at} > ${this.length}`)
  }
}

/** Calls `field` with each tag of a message; it reads what it knows and answers false to the rest. */
export const fields = (reader: Reader, end: number, field: (tag: number) => boolean): void => {
  while (reader.at < end) {
    const tag = reader.varint()
    if (!field(tag)) reader.skip(tag & 7)
  }
  if (reader.at !== end) throw new RangeError(`a message ends at ${end}, its fields at ${reader.at}`)
}

// A tag is a field's number and how it is written: 0 varint, 1 eight bytes, 2 length and content
export const tag = (field: number, wireType: 0 | 1 | 2): number => field * 8 + wireType
