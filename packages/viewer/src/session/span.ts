/**
 * The part of a session that a reader has zoomed to.
 */

/** Places on the scale; never the whole of it, which is said by there being none. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Nothing smaller is shown: a microsecond. */
const SMALLEST = 1e-3

/** Inside of the scale, as long as it may be; undefined for everything. */
export const clamp = ({ from, to }: Span, length: number): Span | undefined => {
  const width = Math.max(SMALLEST, to - from)
  if (width >= length * 0.999) return undefined
  const begin = Math.min(length - width, Math.max(0, from))
  return { from: begin, to: begin + width }
}

/** Nearer (below 1) or farther, while `at` stays where it is. */
export const zoomed = (span: Span, length: number, at: number, factor: number): Span | undefined =>
  clamp({ from: at - (at - span.from) * factor, to: at + (span.to - at) * factor }, length)

/** Moved by a part of its own length. */
export const moved = (span: Span, length: number, share: number): Span | undefined => {
  const by = (span.to - span.from) * share
  return clamp({ from: span.from + by, to: span.to + by }, length)
}
