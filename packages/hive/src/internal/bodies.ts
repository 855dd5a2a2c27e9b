/**
 * The bytes of requests whose spans wait to be projected, in files beside the store: what is needed for minutes would
 * otherwise be written to the log, copied into the store and deleted again there, at three times the cost.
 *
 * A file is named after the first request in it, and only grows; where each request is in it, the store says. What a
 * transaction wrote that was undone is written over by the next one. Small requests, and those of a store in memory, are in
 * the store itself.
 *
 * Free of packages: the writer's thread imports it.
 */
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type { DatabaseSync } from "node:sqlite"

/** Fewer bytes than this stay in the store: a file more to open is not worth it. */
const SMALL = 16 * 1024

/** A file that has grown to this is followed by a new one, so that what is not needed can go. */
const FULL = 64 * 2 ** 20

/** Somebody may be reading what was needed until now; milliseconds. */
const GRACE = 60_000

const fileOf = (store: string, number: number): string => `${store}-raw${number}`

/** The files of a store that are there, whether needed or not. */
const filesOf = (store: string): ReadonlyArray<number> => {
  const prefix = `${Path.basename(store)}-raw`
  return FileSystem.readdirSync(Path.dirname(store)).flatMap((name) => {
    const number = name.startsWith(prefix) ? name.slice(prefix.length) : ""
    return /^\d+$/.test(number) ? [Number(number)] : []
  })
}

/** The body of a request, by its number. */
export const makeBodyReader = (database: DatabaseSync): ((request: number) => Uint8Array) => {
  const store = database.location()
  const find = database.prepare("SELECT body, file, place, bytes FROM raw_requests WHERE id = ?")
  return (request) => {
    const { body, bytes, file, place } = find.get(request) ?? {}
    if (!(body instanceof Uint8Array)) throw new Error(`the request ${request} is missing`)
    if (file === null || store === null) return body
    const handle = FileSystem.openSync(fileOf(store, Number(file)), "r")
    try {
      const found = new Uint8Array(Number(bytes))
      const read = FileSystem.readSync(handle, found, 0, found.length, Number(place))
      if (read < found.length) throw new Error(`the request ${request} was cut off`)
      return found
    } finally {
      FileSystem.closeSync(handle)
    }
  }
}

interface Current {
  readonly file: number
  readonly handle: number
  end: number
}

/** Where a request's bytes went. */
export interface BodyPlace {
  readonly file: number
  readonly place: number
}

/** For the writer: everything here happens inside of a transaction. */
export const makeBodyWriter = (database: DatabaseSync, full = FULL) => {
  const store = database.location()
  const last = database.prepare(
    "SELECT file, MAX(place + bytes) AS end FROM raw_requests WHERE file = (SELECT MAX(file) FROM raw_requests)"
  )
  const needed = database.prepare("SELECT MIN(file) AS file FROM raw_requests")
  let current: Current | undefined
  /** The first file that is needed, when last looked. */
  let first: number | undefined
  /** Files that nobody needs, and since when. */
  let unneeded = new Map<number, number>()

  const leave = (): void => {
    if (current !== undefined) FileSystem.closeSync(current.handle)
    current = undefined
  }

  const open = (store: string, file: number, end: number): Current => {
    leave()
    unneeded.delete(file)
    const { O_CREAT, O_RDWR } = FileSystem.constants
    return (current = { file, handle: FileSystem.openSync(fileOf(store, file), O_RDWR | O_CREAT, 0o600), end })
  }

  /** The file that goes on, or the one that a request begins. */
  const fileFor = (store: string, request: number): Current => {
    const { end, file } = current === undefined ? (last.get() ?? {}) : {}
    if (typeof file === "number") open(store, file, Number(end))
    return current === undefined || current.end >= full ? open(store, request, 0) : current
  }

  const look = (store: string, now: number): void => {
    const file = Number(needed.get()?.["file"] ?? Infinity)
    if (file === first) return
    first = file
    if (current !== undefined && current.file < file) leave()
    const gone = filesOf(store).filter((other) => other < file)
    unneeded = new Map(gone.map((file) => [file, unneeded.get(file) ?? now]))
  }

  return {
    /** Keeps the bytes of a request, unless they belong into the store. */
    add: (request: number, body: Uint8Array): BodyPlace | undefined => {
      if (store === null || body.length < SMALL) return undefined
      const file = fileFor(store, request)
      const place = file.end
      for (let written = 0; written < body.length;) {
        written += FileSystem.writeSync(file.handle, body, written, body.length - written, place + written)
      }
      file.end += body.length
      return { file: file.file, place }
    },
    /**
     * Deletes files that have not been needed for so long, in milliseconds. A transaction's first step: what it finds will stay
     * so, whatever becomes of the transaction.
     */
    sweep: (now: number, grace = GRACE): void => {
      if (store === null) return
      look(store, now)
      for (const [file, since] of unneeded) {
        if (now - since < grace) continue
        FileSystem.rmSync(fileOf(store, file), { force: true })
        unneeded.delete(file)
      }
    },
    /** A transaction was undone, or another process wrote: what is known of the files may not be so. */
    forget: (): void => {
      leave()
      first = undefined
    }
  }
}
