/**
 * The spool on this machine's disk: segments that this instance writes, and those that it sends again.
 */
import * as Fs from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Replay, Spool, SpoolMode, Ticket } from "../../Spool.ts"
import type { Sendable, Storage } from "../../Transport.ts"
import { warn } from "../log.ts"
import * as folders from "./folder.ts"
import * as segments from "./segment.ts"

/** A file that this instance writes. */
interface Segment {
  readonly name: string
  readonly path: string
  readonly file: number
  readonly origins: Map<object, number>
  bytes: number
  /** Spans written so far; the next one's number. */
  spans: number
  /** Spans of it that are in memory as well, and will be sent from there. */
  underWay: number
  /** Spans of it that only the disk has. */
  left: number
  full: boolean
}

const SEGMENT_BYTES = 4 * 1024 * 1024
/** A segment of which nothing is left to deliver is deleted when it has this size, so that it need not grow on. */
const WORTH_DELETING = 256 * 1024
const RETRY_DISK = 30_000

export const make = Effect.fnUntraced(function* (
  mode: SpoolMode,
  folder: string,
  maxBytes: number,
  storage: Storage<Sendable>
) {
  const clock = yield* Clock.Clock
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const say = (message: string): void => void runFork(warn(`HoneyHive: ${message}`))
  const now = (): number => clock.currentTimeMillisUnsafe()

  const me = folders.self()
  let active: Segment | undefined
  /** Full segments, of which some spans are still under way. */
  const draining = new Set<Segment>()
  let others = 0
  let failing = false
  let pausedUntil = 0
  let touched = 0

  /** Tries something with the disk; a failure is said once, and the disk is left alone for a while. */
  const disk = <A>(what: string, attempt: () => A): A | undefined => {
    try {
      const result = attempt()
      if (failing) say(`the spool in ${folder} works again`)
      failing = false
      return result
    } catch (error) {
      if (!failing) {
        const reason = error instanceof Error ? error.message : String(error)
        say(`${what} the spool failed, spans are kept in memory only: ${reason}`)
      }
      failing = true
      pausedUntil = now() + RETRY_DISK
      return undefined
    }
  }

  const refresh = (): void => {
    const own = new Set([active, ...draining].map((segment) => segment?.path))
    others = folders.list(folder, me, now()).reduce((sum, { bytes, path }) => (own.has(path) ? sum : sum + bytes), 0)
  }

  const size = (): number => {
    let bytes = others + (active?.bytes ?? 0)
    for (const segment of draining) bytes += segment.bytes
    return bytes
  }

  const open = (): Segment => {
    Fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    refresh()
    const name = folders.freshName(now())
    const path = folders.ownedPath(folder, name, me)
    const file = Fs.openSync(path, "ax+", 0o600)
    const bytes = Fs.writeSync(file, segments.mark())
    return { name, path, file, origins: new Map(), bytes, spans: 0, underWay: 0, left: 0, full: false }
  }

  /** Writes all of it or takes back what was written: a torn record in the middle would hide those after it. */
  const write = (segment: Segment, bytes: Buffer): void => {
    try {
      for (let at = 0; at < bytes.length;) at += Fs.writeSync(segment.file, bytes, at)
    } catch (error) {
      try {
        Fs.ftruncateSync(segment.file, segment.bytes)
      } catch {
        // The reader skips what is torn; nothing more is written here
        segment.full = true
      }
      throw error
    }
    segment.bytes += bytes.length
  }

  /** Ends a segment that is full, or unwanted, once nothing of it is under way. */
  const finish = (segment: Segment): void => {
    if (segment.underWay > 0) return
    if (active === segment) active = undefined
    draining.delete(segment)
    disk("closing a file of", () => {
      Fs.closeSync(segment.file)
      if (segment.left === 0) Fs.unlinkSync(segment.path)
      else Fs.renameSync(segment.path, folders.freePath(folder, segment.name))
    })
    if (segment.left > 0) others += segment.bytes
  }

  const retire = (segment: Segment): void => {
    if (active === segment) active = undefined
    draining.add(segment)
    finish(segment)
  }

  let warnedFull = false
  const append = (item: Sendable): Ticket | undefined => {
    if (failing && now() < pausedUntil) return undefined
    return disk("writing to", () => {
      const segment = (active ??= open())
      const data = storage.dataOf(item)
      if (size() + data.length > maxBytes) {
        if (!warnedFull) say(`the spool in ${folder} is full (${maxBytes} bytes)`)
        warnedFull = true
        return undefined
      }
      warnedFull = false
      const shared = storage.originOf(item)
      let origin = segment.origins.get(shared)
      if (origin === undefined) {
        origin = segment.origins.size
        write(segment, segments.originRecord(origin, storage.storeOrigin(item)))
        segment.origins.set(shared, origin)
      }
      write(segment, segments.spanRecord(origin, data))
      segment.underWay++
      const ticket = { segment, number: segment.spans++ }
      if (segment.bytes >= SEGMENT_BYTES || segment.full) retire(segment)
      return ticket
    })
  }

  const bySegment = (tickets: ReadonlyArray<Ticket>): ReadonlyMap<Segment, ReadonlyArray<number>> => {
    const numbers = new Map<Segment, Array<number>>()
    for (const { number, segment } of tickets) {
      const known = segment as Segment // tickets are made here only
      const list = numbers.get(known)
      if (list === undefined) numbers.set(known, [number])
      else list.push(number)
    }
    return numbers
  }

  const settle = (tickets: ReadonlyArray<Ticket>): void => {
    for (const [segment, numbers] of bySegment(tickets)) {
      segment.underWay -= numbers.length
      const isDone = segment.underWay === 0 && segment.left === 0
      if (isDone && (segment.full || draining.has(segment) || segment.bytes >= WORTH_DELETING)) retire(segment)
      else {
        disk("writing to", () => write(segment, segments.deliveredRecord(numbers)))
        if (draining.has(segment)) finish(segment)
      }
    }
  }

  const leave = (tickets: ReadonlyArray<Ticket>): void => {
    for (const [segment, numbers] of bySegment(tickets)) {
      segment.underWay -= numbers.length
      segment.left += numbers.length
      if (draining.has(segment)) finish(segment)
    }
  }

  const touch = (): void => {
    if (now() - touched < folders.TOUCH_EVERY) return
    touched = now()
    const time = new Date()
    for (const segment of [active, ...draining]) {
      if (segment !== undefined) disk("touching", () => Fs.futimesSync(segment.file, time, time))
    }
  }

  const load = (name: string, path: string): Replay | undefined => {
    const bytes = Fs.readFileSync(path)
    const { damaged, spans } = segments.read(bytes)
    if (damaged > 0) say(`${damaged} records in ${path} are damaged and were skipped`)
    const restored = new Map<string, Option.Option<(data: Buffer) => Sendable>>()
    const known: Array<{ readonly number: number; readonly item: Sendable }> = []
    for (const { data, number, origin } of spans) {
      const restore = restored.get(origin) ?? storage.restore(origin)
      restored.set(origin, restore)
      if (Option.isSome(restore)) known.push({ number, item: restore.value(data) })
    }
    if (known.length < spans.length) say(`${spans.length - known.length} spans in ${path} cannot be read`)
    const release = (done: boolean): void => {
      disk("releasing a file of", () => {
        if (done) Fs.unlinkSync(path)
        else Fs.renameSync(path, folders.freePath(folder, name))
      })
      if (done) others = Math.max(0, others - bytes.length)
    }
    if (known.length === 0) {
      // Of another version, or damaged: whatever it is, it is not thrown away, and not read again
      if (spans.length > 0)
        disk("putting away a file of", () => Fs.renameSync(path, join(folder, `${name}.unreadable`)))
      else release(true)
      return undefined
    }
    return {
      items: known.map(({ item }) => item),
      delivered: (from, to) => {
        const numbers = known.slice(from, to).map(({ number }) => number)
        disk("writing to", () => Fs.appendFileSync(path, segments.deliveredRecord(numbers)))
      },
      release
    }
  }

  const replay = (): Replay | undefined => {
    touch()
    if (failing && now() < pausedUntil) return undefined
    if (active !== undefined && active.underWay === 0 && active.left > 0) retire(active)
    const found = disk("reading", () => folders.list(folder, me, now()))
    for (const candidate of found ?? []) {
      if (!candidate.claimable) continue
      const path = folders.claim(folder, candidate, me)
      const loaded = path === undefined ? undefined : disk("reading", () => load(candidate.name, path))
      if (loaded !== undefined) return loaded
    }
    return undefined
  }

  const close = (): void => {
    for (const segment of [active, ...draining]) if (segment !== undefined) finish(segment)
  }
  yield* Effect.addFinalizer(() => Effect.sync(close))
  return { mode, append, settle, leave, replay, close } satisfies Spool["Service"]
})
