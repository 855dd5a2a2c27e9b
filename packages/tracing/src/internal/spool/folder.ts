/**
 * The folder that processes share: who owns a segment stands in its name, and a rename, which the file system does at
 * once or not at all, is how it changes hands.
 *
 * `<time>-<random>.own-<host>-<pid>-<start>` is being written or sent by a process; `<time>-<random>.seg` is nobody's.
 */
import { createHash, randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"

const short = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8)

/**
 * When this process started, in a form that its threads share and that another process with the same number does not: a
 * container's first process always has the same number.
 */
const startOf = (pid: number): string | undefined => {
  try {
    // The 22nd field; the second, the command, may hold spaces and parentheses
    const stat = Fs.readFileSync(`/proc/${pid}/stat`, "latin1")
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  } catch {
    return undefined
  }
}

export interface Owner {
  readonly host: string
  readonly pid: number
  readonly start: string
}

export const self = (): Owner => ({
  host: short(hostname()),
  pid: process.pid,
  start: startOf(process.pid) ?? "0"
})

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It runs, but is another user's
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const ownedName = /^(\d{13}-[0-9a-f]{8})\.own-([0-9a-f]{8})-(\d+)-(\d+)$/
const freeName = /^(\d{13}-[0-9a-f]{8})\.seg$/

/** Owners on other hosts show that they live by touching their segments; see {@link TOUCH_EVERY}. */
const SILENT = 10 * 60_000

/** Milliseconds. */
export const TOUCH_EVERY = 60_000

const isGone = (owner: Owner, me: Owner, modified: number, now: number): boolean => {
  if (owner.host !== me.host) return now - modified > SILENT
  return !isRunning(owner.pid) || (startOf(owner.pid) ?? owner.start) !== owner.start
}

export const freshName = (now: number): string =>
  `${String(Math.max(0, now)).padStart(13, "0")}-${randomBytes(4).toString("hex")}`

export const ownedPath = (folder: string, name: string, { host, pid, start }: Owner): string =>
  join(folder, `${name}.own-${host}-${pid}-${start}`)

export const freePath = (folder: string, name: string): string => join(folder, `${name}.seg`)

export interface Found {
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** Whether it is nobody's, or that of a process that is gone. */
  readonly claimable: boolean
}

/** The segments of a folder, oldest first; a folder that is not there has none. */
export const list = (folder: string, me: Owner, now: number): ReadonlyArray<Found> => {
  const found: Array<Found> = []
  for (const file of Fs.existsSync(folder) ? Fs.readdirSync(folder).toSorted() : []) {
    const free = freeName.exec(file)
    const owned = ownedName.exec(file)
    const name = free?.[1] ?? owned?.[1]
    const stat = name === undefined ? undefined : Fs.statSync(join(folder, file), { throwIfNoEntry: false })
    // Another process may have finished it meanwhile
    if (name === undefined || stat === undefined) continue
    const owner = { host: owned?.[2] ?? "", pid: Number(owned?.[3]), start: owned?.[4] ?? "" }
    const claimable = free !== null || isGone(owner, me, stat.mtimeMs, now)
    found.push({ name, path: join(folder, file), bytes: stat.size, claimable })
  }
  return found
}

/** Makes a segment this process's own; `undefined` when another was faster. */
export const claim = (folder: string, { name, path }: Found, me: Owner): string | undefined => {
  const mine = ownedPath(folder, name, me)
  try {
    Fs.renameSync(path, mine)
    return mine
  } catch {
    return undefined
  }
}
