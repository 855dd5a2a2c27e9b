/**
 * Content that comes again and again is kept once: system prompts, lists of tools, and the messages of a conversation,
 * each turn of which repeats all turns before it.
 *
 * A bucket's JSON of less than a kilobyte is stored as it is. In a larger one, texts and objects move into `blobs`, found
 * by the hash of their content; a list becomes the last link of a chain in which each link is one item after another link:
 * a list that continues a known one adds only its new links. What stays is the bucket without them, and, first in it, where
 * they belong: `{"$hive":[[["chat_history"],"c",17]],"chat_history":null,"model":"gpt-4o"}`. Small values stay readable
 * where they were, for SQLite's JSON functions too.
 */
import { createHash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"

const MIN_BUCKET = 1024
const MIN_VALUE = 512
const MIN_ITEM = 40
const MAX_DEPTH = 4
const MAX_CACHED = 50_000

/** How a packed bucket begins. A bucket that has such a key of its own is packed as a whole. */
const MARK = "$hive"
const START = `{"${MARK}":[`

type Path = ReadonlyArray<string>
/** Where a value belongs, whether it is a blob or a chain, and which. */
type Place = readonly [path: Path, kind: "b" | "c", id: number]

const isPacked = (text: string): boolean => text.startsWith(START)

/** Whether a bucket is looked into before it is stored. */
export const isLarge = (text: string): boolean => text.length >= MIN_BUCKET || isPacked(text)

/** The same as SQL, for a bucket's column of the table `events`; every handle has the functions. */
export const unpackedColumn = (column: string): string => {
  const dot = column.indexOf(".") + 1
  const raw = `${column.slice(0, dot)}raw`
  return `CASE WHEN ${raw} IS NOT NULL THEN hive_raw(${raw}, '${column.slice(dot)}')
    WHEN substr(${column}, 1, ${START.length}) = '${START}' THEN hive_unpacked(${column}) ELSE ${column} END`
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Lists of numbers or of small items would cost more as chains than they save. */
const isChain = (items: ReadonlyArray<unknown>, size: number): boolean =>
  size / items.length >= MIN_ITEM && items.every((item) => typeof item === "string" || isRecord(item))

/** Puts content away; for the writer only. */
export const makePacker = (database: DatabaseSync) => {
  const findBlob = database.prepare("SELECT id FROM blobs WHERE hash = ?")
  const addBlob = database.prepare("INSERT INTO blobs (hash, body) VALUES (?, ?)")
  const findLink = database.prepare("SELECT id FROM chains WHERE before = ? AND blob = ?")
  const addLink = database.prepare("INSERT INTO chains (before, blob) VALUES (?, ?)")
  /** Blobs and links that were used lately; forgotten as a whole when they are many, or when a transaction is undone. */
  const known = new Map<string, number>()

  const remember = (key: string, id: number): number => {
    if (known.size >= MAX_CACHED) known.clear()
    known.set(key, id)
    return id
  }

  const blob = (json: string): number => {
    const hash = createHash("sha256").update(json).digest()
    const key = hash.toString("latin1")
    return (
      known.get(key) ?? remember(key, Number(findBlob.get(hash)?.["id"] ?? addBlob.run(hash, json).lastInsertRowid))
    )
  }

  const chain = (items: ReadonlyArray<unknown>): number => {
    let last = 0
    for (const item of items) {
      const content = blob(JSON.stringify(item))
      const key = `${last}:${content}`
      last =
        known.get(key) ??
        remember(key, Number(findLink.get(last, content)?.["id"] ?? addLink.run(last, content).lastInsertRowid))
    }
    return last
  }

  /** What is left of a value when its large parts are put away. */
  const reduce = (value: unknown, path: Path, places: Array<Place>): unknown => {
    if (typeof value !== "object" || value === null) {
      if (typeof value !== "string" || value.length < MIN_VALUE) return value
      places.push([path, "b", blob(JSON.stringify(value))])
      return null
    }
    const json = JSON.stringify(value)
    if (json.length < MIN_VALUE) return value
    if (Array.isArray(value)) {
      places.push(isChain(value, json.length) ? [path, "c", chain(value)] : [path, "b", blob(json)])
      return null
    }
    if (path.length >= MAX_DEPTH) {
      places.push([path, "b", blob(json)])
      return null
    }
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, reduce(entry, [...path, key], places)]))
  }

  return {
    pack: (text: string): string => {
      if (!isLarge(text)) return text
      const value: unknown = JSON.parse(text)
      const places: Array<Place> = []
      if (!isRecord(value) || MARK in value || text.includes('"__proto__"')) {
        return JSON.stringify({ [MARK]: [[[], "b", blob(text)]] })
      }
      const rest = reduce(value, [], places)
      if (places.length === 0) return text
      const kept = JSON.stringify(rest)
      return `${START}${places.map((place) => JSON.stringify(place)).join(",")}],${kept.slice(1)}`
    },
    forget: (): void => known.clear()
  }
}

/** What a stored text needs: blobs and chains, by their ids. */
export const sharesOf = (text: string): ReadonlyArray<readonly [kind: "b" | "c", id: number]> => {
  if (!isPacked(text)) return []
  const { [MARK]: places }: { readonly [MARK]: ReadonlyArray<Place> } = JSON.parse(text)
  return places.map(([, kind, id]) => [kind, id])
}

/** Puts content together again, and registers the SQL function that does. */
export const makeUnpacker = (database: DatabaseSync): ((text: string) => string) => {
  const blob = database.prepare("SELECT body FROM blobs WHERE id = ?")
  const items = database.prepare(
    `WITH RECURSIVE link (id, before, blob, place) AS (
       SELECT id, before, blob, 0 FROM chains WHERE id = ?
       UNION ALL SELECT chains.id, chains.before, chains.blob, place + 1 FROM link JOIN chains ON chains.id = link.before
     ) SELECT body FROM link JOIN blobs ON blobs.id = link.blob ORDER BY place DESC`
  )

  const content = (kind: "b" | "c", id: number): string =>
    kind === "b"
      ? String(blob.get(id)?.["body"] ?? "null")
      : `[${items
          .all(id)
          .map(({ body }) => String(body))
          .join(",")}]`

  const unpack = (text: string): string => {
    if (!isPacked(text)) return text
    const { [MARK]: places, ...value }: { readonly [MARK]: ReadonlyArray<Place>; readonly [key: string]: unknown } =
      JSON.parse(text)
    for (const [path, kind, id] of places) {
      if (path.length === 0) return content(kind, id)
      let parent: Record<string, unknown> = value
      // The path was made of these very records
      for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>
      parent[path.at(-1) ?? ""] = JSON.parse(content(kind, id))
    }
    return JSON.stringify(value)
  }

  database.function("hive_unpacked", { deterministic: true }, (text) => unpack(String(text)))
  return unpack
}
