/**
 * What was asked first in a session and answered last, for its row in a list.
 */
import type { DatabaseSync } from "node:sqlite"
import type { SessionRow } from "../SessionRow.ts"
import { inputPreview, outputPreview } from "./preview.ts"
import type { RawReader } from "./raw.ts"
import type { JsonObject } from "./rest/json.ts"

type Found = { readonly [column: string]: unknown }

type Previews = Pick<SessionRow, "first_input" | "last_output">

/** Events of a session that are looked at. */
export const LOOKED_AT = 8

/** Previews that are kept, of up to 400 characters each: those of a list that is asked for again and again. */
const MAX_KNOWN = 2000

export const makePreviews = (database: DatabaseSync, unpack: (text: string) => string, rawEvents: RawReader) => {
  const first = database.prepare(
    `SELECT parent_id, inputs, outputs, raw FROM events WHERE session_id = ? AND event_type <> 'session'
      ORDER BY start_time LIMIT ${LOOKED_AT}`
  )
  const last = database.prepare(
    `SELECT outputs, raw FROM events WHERE session_id = ? AND event_type <> 'session' ORDER BY start_time DESC LIMIT ${LOOKED_AT}`
  )

  /** Of a span that is kept as it came: what it says there never changes, and no other one ever has its number. */
  const known = new Map<number, Previews>()
  const ofRaw = (raw: number): Previews => {
    const found = known.get(raw)
    if (found !== undefined) return found
    const { inputs, outputs } = rawEvents.event(raw)
    const previews: Previews = {
      // An event's buckets are JSON
      first_input: inputPreview(inputs as JsonObject),
      last_output: outputPreview(outputs as JsonObject | null)
    }
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(raw, previews)
    return previews
  }

  const bucket = (text: unknown): JsonObject | null =>
    // Only the writer writes them
    typeof text === "string" && text.length > 2 ? (JSON.parse(unpack(text)) as JsonObject | null) : null

  const input = ({ inputs, raw }: Found): string | null =>
    typeof raw === "number" ? ofRaw(raw).first_input : inputPreview(bucket(inputs))

  const output = ({ outputs, raw }: Found): string | null =>
    typeof raw === "number" ? ofRaw(raw).last_output : outputPreview(bucket(outputs))

  /** The session's own event says it, else what is directly in it, else its other events. */
  return (id: string, own: Found | undefined): Previews => {
    let asked = own === undefined ? null : input(own)
    let answered = own === undefined ? null : output(own)
    if (asked !== null && answered !== null) return { first_input: asked, last_output: answered }
    let below = answered !== null
    for (const row of first.iterate(id)) {
      asked ??= input(row)
      if (!below && row["parent_id"] === id) {
        below = true
        answered = output(row)
      }
      if (asked !== null && below) break
    }
    if (answered === null) {
      for (const row of last.iterate(id)) {
        answered = output(row)
        if (answered !== null) break
      }
    }
    return { first_input: asked, last_output: answered }
  }
}
