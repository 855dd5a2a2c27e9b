/**
 * The requests that raw events are in: kept as long as one of their spans has not been projected for good.
 */
import type { DatabaseSync } from "node:sqlite"
import { makeBodyWriter } from "./bodies.ts"
import { requestOf } from "./raw.ts"

const NOTHING = new Uint8Array(0)

export const makeRawRequests = (database: DatabaseSync, bodies = makeBodyWriter(database)) => {
  const add = database.prepare(
    `INSERT INTO raw_requests (before, spans, body)
     VALUES (COALESCE((SELECT before + spans FROM raw_requests ORDER BY id DESC LIMIT 1), 0), ?, ?)`
  )
  const placed = database.prepare("UPDATE raw_requests SET file = ?, place = ?, bytes = ? WHERE id = ?")
  const within = database.prepare("UPDATE raw_requests SET body = ? WHERE id = ?")
  const remove = database.prepare("DELETE FROM raw_requests WHERE id = ?")
  const removeBefore = database.prepare("DELETE FROM raw_requests WHERE id < ?")
  const oldest = database.prepare("SELECT raw FROM events WHERE raw IS NOT NULL ORDER BY raw LIMIT ?")

  return {
    add: (spans: number, body: Uint8Array): number => {
      const id = Number(add.run(spans, NOTHING).lastInsertRowid)
      const place = bodies.add(id, body)
      if (place === undefined) within.run(body, id)
      else placed.run(place.file, place.place, body.length, id)
      return id
    },
    sweep: bodies.sweep,
    forget: bodies.forget,
    remove: (id: number): void => void remove.run(id),
    /** The events that have waited longest. */
    oldest: (limit: number): ReadonlyArray<number> => oldest.all(limit).map(({ raw }) => Number(raw)),
    /** Removes the requests before the first one that is still needed. */
    tidy: (): void => {
      const [first] = oldest.all(1)
      removeBefore.run(first === undefined ? Number.MAX_SAFE_INTEGER : requestOf(Number(first["raw"])))
    }
  }
}
