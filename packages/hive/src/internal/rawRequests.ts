/**
 * The requests that raw events are in: kept as long as one of their spans has not been projected for good.
 */
import type { DatabaseSync } from "node:sqlite"
import { requestOf } from "./raw.ts"

export const makeRawRequests = (database: DatabaseSync) => {
  const add = database.prepare(
    `INSERT INTO raw_requests (before, spans, body)
     VALUES (COALESCE((SELECT before + spans FROM raw_requests ORDER BY id DESC LIMIT 1), 0), ?, ?)`
  )
  const remove = database.prepare("DELETE FROM raw_requests WHERE id = ?")
  const removeBefore = database.prepare("DELETE FROM raw_requests WHERE id < ?")
  const oldest = database.prepare("SELECT raw FROM events WHERE raw IS NOT NULL ORDER BY raw LIMIT ?")

  return {
    add: (spans: number, body: Uint8Array): number => Number(add.run(spans, body).lastInsertRowid),
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
