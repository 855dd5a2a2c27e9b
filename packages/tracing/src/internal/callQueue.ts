/**
 * Calls to the backend, a few at a time: those of one session keep their order, those that wait are plain data, and what is
 * said twice of a session while it waits becomes one call.
 *
 * While nobody answers, all of them wait, up to a bound, and one of them asks now and then whether somebody is there.
 */
import * as Exit from "effect/Exit"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { UpdateEvent } from "@honeyhive/contract/Event"

export interface Call {
  /** Of the session or event. */
  readonly id: string
  /** Said where it fails. */
  readonly what: string
  /** About as much as it takes while it waits. */
  readonly bytes: number
  /** What it changes; absent where it may not become part of another call. */
  readonly change?: UpdateEvent
  readonly make: (change: UpdateEvent | undefined) => Effect.Effect<void, unknown>
}

/** Over with, whatever the answer was; or nobody answered, and wants to be left alone for so many milliseconds. */
export type Outcome = { readonly wait: number } | undefined

export interface CallQueue {
  readonly add: (call: Call) => void
  /** Waits until there is nothing to do; where nobody answers, asks again at once. */
  readonly idle: Effect.Effect<void>
  /** Calls that have not been made. */
  readonly waiting: () => number
}

export interface Options {
  /** Calls at a time. */
  readonly most: number
  /** What may wait. */
  readonly bounds: { readonly calls: number; readonly bytes: number }
  readonly fork: (call: Call) => Fiber.Fiber<Outcome>
  readonly sleep: (millis: number) => Fiber.Fiber<void>
  /** One was dropped, because too many wait. */
  readonly onDropped: () => void
}

const buckets = ["config", "metadata", "metrics", "feedback", "user_properties"] as const

/** Both changes as one; undefined where they say different things of the same. */
export const joined = (before: UpdateEvent, after: UpdateEvent): UpdateEvent | undefined => {
  const result: Record<string, unknown> = { ...before }
  for (const [field, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, field)) {
      result[field] = value
      continue
    }
    const bucket = buckets.find((name) => name === field)
    const [one = {}, other = {}] = bucket === undefined ? [] : [before[bucket], after[bucket]]
    if (bucket === undefined || Object.keys(other).some((key) => Object.hasOwn(one, key))) return undefined
    result[field] = { ...one, ...other }
  }
  return result
}

const OVERHEAD = 64

/** About as many bytes as plain data takes in memory. */
export const sizeOf = (value: unknown): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return 8
  let bytes = OVERHEAD
  for (const [key, inner] of Object.entries(value)) bytes += key.length + sizeOf(inner)
  return bytes
}

/** Milliseconds between two questions whether somebody answers again. */
const FIRST_PAUSE = 200
const LONGEST_PAUSE = 10_000

/** How often a call may find nobody while others are answered: then it is the call. */
const TRIES = 3

/** Among so many of the oldest the one that says least is dropped first. */
const OLDEST = 64

/** Calls of one session or event: the first is under way or the next. */
interface Line {
  readonly calls: Array<Call>
  isRunning: boolean
  /** Of the first call: how often nobody answered it, and how many calls had been answered by the first time. */
  tries: number
  answered: number
}

export const make = ({ bounds, fork, most, onDropped, sleep }: Options): CallQueue => {
  const lines = new Map<string, Line>()
  const ready = new Set<Line>()
  const listeners = new Set<() => void>()
  let [running, answered, calls, bytes] = [0, 0, 0, 0]
  let isPumping = false
  // While nobody answers
  let away: { pause: number; timer: Fiber.Fiber<void> | undefined } | undefined

  const took = (call: Call, sign: 1 | -1): void => {
    calls += sign
    bytes += sign * call.bytes
  }

  const removeFirst = (id: string, line: Line): void => {
    const call = line.calls.shift()
    if (call !== undefined) took(call, -1)
    line.tries = 0
    if (line.calls.length === 0) lines.delete(id)
    else ready.add(line)
  }

  const askLater = (pause: number): void => {
    const timer = sleep(pause)
    away = { pause, timer }
    timer.addObserver((exit) => {
      if (away?.timer !== timer || Exit.isFailure(exit)) return
      away.timer = undefined
      pump()
    })
  }

  const ended = (id: string, line: Line, exit: Exit.Exit<Outcome>): void => {
    running--
    line.isRunning = false
    const outcome = Exit.isSuccess(exit) ? exit.value : undefined
    const givenUp = outcome !== undefined && line.tries >= TRIES && answered > line.answered
    if (outcome === undefined || givenUp) {
      removeFirst(id, line)
      answered++
      away?.timer?.interruptUnsafe()
      away = undefined
    } else {
      if (line.tries++ === 0) line.answered = answered
      // Behind the others: it may be this call that nobody answers
      ready.add(line)
      // Those that were under way with the first that failed say nothing new
      if (away === undefined) askLater(Math.max(FIRST_PAUSE, outcome.wait))
      else if (away.timer === undefined) askLater(Math.max(Math.min(2 * away.pause, LONGEST_PAUSE), outcome.wait))
    }
    // The instance is closed: whatever else waits is not made any more
    if (Exit.isFailure(exit)) return
    pump()
    if (lines.size > 0) return
    const told = [...listeners]
    listeners.clear()
    for (const tell of told) tell()
  }

  const pump = (): void => {
    // A call that ends at once comes back here
    if (isPumping) return
    isPumping = true
    for (const line of ready) {
      const [call] = line.calls
      if (running >= (away === undefined ? most : 1) || away?.timer !== undefined) break
      ready.delete(line)
      if (call === undefined) continue
      running++
      line.isRunning = true
      fork(call).addObserver((exit) => ended(call.id, line, exit))
    }
    isPumping = false
  }

  /** Drops the oldest update of the session that says least, among the oldest; where there is none, how it started. */
  const drop = (): boolean => {
    let least: { readonly id: string; readonly line: Line; readonly index: number; readonly says: number } | undefined
    let looked = 0
    for (const [id, line] of lines) {
      if (looked++ === OLDEST && least !== undefined) break
      const from = line.isRunning ? 1 : 0
      const update = line.calls.findIndex(({ change }, index) => index >= from && change !== undefined)
      const index = update < 0 ? from : update
      const call = line.calls[index]
      if (call === undefined) continue
      const says = update < 0 ? Infinity : call.bytes
      if (least === undefined || says < least.says) least = { id, line, index, says }
    }
    if (least === undefined) return false
    const { id, index, line } = least
    for (const call of line.calls.splice(index, 1)) took(call, -1)
    if (line.calls.length === 0) {
      lines.delete(id)
      ready.delete(line)
    }
    onDropped()
    return true
  }

  const enqueue = (call: Call): void => {
    took(call, 1)
    const line = lines.get(call.id)
    if (line === undefined) {
      const first: Line = { calls: [call], isRunning: false, tries: 0, answered: 0 }
      lines.set(call.id, first)
      ready.add(first)
      return pump()
    }
    const last = line.calls.at(-1)
    const waits = line.calls.length > 1 || !line.isRunning
    const both =
      waits && last?.change !== undefined && call.change !== undefined ? joined(last.change, call.change) : undefined
    if (both === undefined || last === undefined) line.calls.push(call)
    else {
      calls--
      line.calls[line.calls.length - 1] = { ...last, change: both, bytes: last.bytes + call.bytes }
    }
  }

  return {
    add: (call) => {
      enqueue(call)
      while ((calls > bounds.calls || bytes > bounds.bytes) && drop());
    },
    idle: Effect.callback((resume) => {
      if (lines.size === 0) return resume(Effect.void)
      const tell = (): void => resume(Effect.void)
      listeners.add(tell)
      if (away?.timer !== undefined) {
        away.timer.interruptUnsafe()
        away.timer = undefined
        pump()
      }
      return Effect.sync(() => void listeners.delete(tell))
    }),
    waiting: () => calls
  }
}
