/**
 * Round moments on an axis of time.
 */
import type { Scale } from "./scale.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const steps: ReadonlyArray<number> = [
  ...[-3, -2, -1, 0, 1, 2].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28].map((count) => count * DAY)
]

/** The smallest round step that makes at most so many of them in a stretch of milliseconds. */
export const tickStep = (length: number, most: number): number =>
  steps.find((step) => length / step <= most) ?? Math.ceil(length / most / DAY) * DAY

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 3 })
const pad = (value: number): string => String(value).padStart(2, "0")

/** How far from the start, as precisely as the step asks for. */
export const tickLabel = (ms: number, step: number): string => {
  if (ms === 0) return "0"
  if (step < SECOND && ms < 10 * SECOND) return `${number.format(ms)} ms`
  if (ms < MINUTE) return `${number.format(ms / SECOND)} s`
  const isCoarse = step >= SECOND
  const whole = isCoarse ? Math.round(ms / SECOND) : ms / SECOND
  const seconds = whole % 60
  const minutes = Math.floor(whole / 60)
  const hours = Math.floor(minutes / 60)
  return [
    ...(hours > 0 ? [`${hours} h`] : []),
    ...(minutes % 60 > 0 || (hours > 0 && seconds > 0) ? [`${hours > 0 ? pad(minutes % 60) : minutes} m`] : []),
    ...(seconds > 0 ? [`${isCoarse ? pad(seconds) : number.format(seconds)} s`] : [])
  ].join(" ")
}

export interface Tick {
  /** On the scale. */
  readonly place: number
  readonly label: string
}

/** At most about `most` of them between two places; none inside of idle time that is cut, and none too near to another. */
export const ticks = (scale: Scale, from: number, to: number, most: number): ReadonlyArray<Tick> => {
  const start = scale.toTime(0)
  const step = tickStep(to - from, most)
  const found: Array<Tick> = []
  const add = (begin: number, end: number) => {
    const first = Math.ceil((scale.toTime(begin) - start) / step - 1e-9)
    for (let count = first; found.length < most * 4; count++) {
      // Steps below 1 have no exact binary form
      const ms = Number((count * step).toPrecision(12))
      const place = scale.toPlace(start + ms)
      if (place > end) return
      const before = found.at(-1)
      if (before === undefined || place - before.place > step * 0.7) found.push({ place, label: tickLabel(ms, step) })
    }
  }
  let begin = from
  for (const cut of scale.breaks) {
    if (cut.at + cut.width <= begin) continue
    if (cut.at >= to) break
    if (cut.at > begin) add(begin, cut.at)
    begin = cut.at + cut.width
  }
  if (begin < to) add(begin, to)
  return found
}
