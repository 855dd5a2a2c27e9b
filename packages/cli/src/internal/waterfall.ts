/**
 * Bars that show when events happened beside each other.
 */

export interface Interval {
  readonly start_time: number
  /** Milliseconds; null while it runs. */
  readonly duration: number | null
}

export interface Scale {
  readonly from: number
  /** Milliseconds from end to end, at least a little. */
  readonly length: number
}

/** The time from the first start to the last end that is known. */
export const scaleOf = (events: ReadonlyArray<Interval>): Scale => {
  let from = Infinity
  let to = -Infinity
  for (const { duration, start_time } of events) {
    from = Math.min(from, start_time)
    to = Math.max(to, start_time + Math.max(0, duration ?? 0))
  }
  return from === Infinity ? { from: 0, length: 0 } : { from, length: to - from }
}

/** One bar of `width` cells at most: a full one is `█`, less than half a cell `▏`, what still runs `░` up to the end. */
export const bar = ({ duration, start_time }: Interval, { from, length }: Scale, width: number): string => {
  // Below a nanosecond there is nothing to tell apart
  const isMoment = length < 1e-6
  const cell = length / width
  const at = isMoment ? 0 : Math.min(width - 1, Math.max(0, Math.floor((start_time - from) / cell)))
  const left = " ".repeat(at)
  if (duration === null) return left + "░".repeat(width - at)
  const cells = isMoment ? 0 : (start_time + duration - from) / cell - at
  return left + (cells < 0.5 ? "▏" : "█".repeat(Math.min(width - at, Math.max(1, Math.round(cells)))))
}
