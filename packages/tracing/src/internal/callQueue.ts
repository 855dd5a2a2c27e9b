/**
 * Calls to the backend, a few at a time: those of one session keep their order, those that wait are plain data, and what is
 * said twice of a session while it waits becomes one call.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { UpdateEvent } from "@honeyhive/contract/Event"

export interface Call {
  /** Of the session or event. */
  readonly id: string
  /** Said where it fails. */
  readonly what: string
  /** What it changes; absent where it may not become part of another call. */
  readonly change?: UpdateEvent
  readonly make: (change: UpdateEvent | undefined) => Effect.Effect<void, unknown>
}

export interface CallQueue {
  readonly add: (call: Call) => void
  /** Waits until there is nothing to do. */
  readonly idle: Effect.Effect<void>
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

/** Calls of one session or event: the first is under way or the next. */
interface Line {
  readonly calls: Array<Call>
  isRunning: boolean
}

export const make = (most: number, fork: (call: Call) => Fiber.Fiber<void>): CallQueue => {
  const lines = new Map<string, Line>()
  const ready = new Set<Line>()
  const waiting = new Set<() => void>()
  let running = 0
  let isPumping = false

  const ended = (id: string, line: Line): void => {
    running--
    line.isRunning = false
    line.calls.shift()
    if (line.calls.length === 0) lines.delete(id)
    else ready.add(line)
    pump()
    if (lines.size > 0) return
    const told = [...waiting]
    waiting.clear()
    for (const tell of told) tell()
  }

  const pump = (): void => {
    // A call that ends at once comes back here
    if (isPumping) return
    isPumping = true
    for (const line of ready) {
      const [call] = line.calls
      if (running >= most) break
      ready.delete(line)
      if (call === undefined) continue
      running++
      line.isRunning = true
      fork(call).addObserver(() => ended(call.id, line))
    }
    isPumping = false
  }

  return {
    add: (call) => {
      const line = lines.get(call.id)
      if (line === undefined) {
        const first: Line = { calls: [call], isRunning: false }
        lines.set(call.id, first)
        ready.add(first)
        return pump()
      }
      const last = line.calls.at(-1)
      const waits = line.calls.length > 1 || !line.isRunning
      const both =
        waits && last?.change !== undefined && call.change !== undefined ? joined(last.change, call.change) : undefined
      if (both === undefined || last === undefined) line.calls.push(call)
      else line.calls[line.calls.length - 1] = { ...last, change: both }
    },
    idle: Effect.callback((resume) => {
      if (lines.size === 0) return resume(Effect.void)
      const tell = (): void => resume(Effect.void)
      waiting.add(tell)
      return Effect.sync(() => void waiting.delete(tell))
    })
  }
}
