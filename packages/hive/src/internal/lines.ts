/**
 * What lists show of a request's spans, as it travels to the writer: all texts in one and all numbers in one list, which
 * costs a tenth of what single values cost.
 */

/** Texts of a span, in the order of {@link Line}. */
export const LINE_TEXTS = 12

/** Start, end and duration (NaN: none), tokens, place in the request. */
export const LINE_NUMBERS = 5

export const NO_TEXT = -1

/** The text is the one that the span before has. */
export const SAME_TEXT = -2

export interface Lines {
  readonly count: number
  readonly texts: string
  /** Of each text, or why there is none here. */
  readonly lengths: Int32Array
  readonly numbers: Float64Array
}

/** One span's texts. */
export type Line = readonly [
  eventId: string,
  sessionId: string,
  parentId: string | null,
  traceId: string,
  spanId: string,
  parentSpanId: string | null,
  eventType: string,
  eventName: string,
  source: string,
  error: string | null,
  /** The name of the session that the span may create; null where it may not. */
  sessionName: string | null,
  instance: string
]

/** Calls `use` with one span after the other; the line is its own only until it returns. */
export const eachLine = ({ count, lengths, texts }: Lines, use: (line: Line, index: number) => void): void => {
  let at = 0
  // One for all spans, so that what repeats stays where it is
  const line: Array<string | null> = Array.from({ length: LINE_TEXTS }, () => null)
  for (let index = 0; index < count; index++) {
    for (let field = 0; field < LINE_TEXTS; field++) {
      const length = lengths[index * LINE_TEXTS + field] ?? NO_TEXT
      if (length === NO_TEXT) line[field] = null
      else if (length !== SAME_TEXT) line[field] = texts.slice(at, (at += length))
    }
    use(line as unknown as Line, index) // as many as were written, of these types
  }
}

export const orNull = (number: number | undefined): number | null =>
  number === undefined || Number.isNaN(number) ? null : number
