/**
 * Reads a session's events and lays them out, away from the page's own thread.
 */
import { address, HiveProblem, request } from "../hive/api.ts"
import type { SessionRow, SpanRow } from "../hive/types.ts"
import { type Layout, layout } from "./Layout.ts"

/** What the page says. */
export type ToWorker =
  | { readonly _tag: "read"; readonly sessionId: string; readonly key: string | null }
  /** Events as they are now, from the live stream. */
  | { readonly _tag: "rows"; readonly rows: ReadonlyArray<SpanRow> }

/** What the worker says. */
export type FromWorker =
  | { readonly _tag: "session"; readonly session: SessionRow; readonly count: number }
  /** Rows from an index on; those that were there before are replaced. */
  | { readonly _tag: "rows"; readonly from: number; readonly rows: ReadonlyArray<SpanRow> }
  | { readonly _tag: "changed"; readonly changed: ReadonlyArray<readonly [number, SpanRow]> }
  | { readonly _tag: "layout"; readonly layout: Layout }
  /** Everything was read. */
  | { readonly _tag: "read" }
  | { readonly _tag: "problem"; readonly status: number; readonly message: string }

let rows: Array<SpanRow> = []
let index = new Map<string, number>()
let laid = -Infinity
let timer: ReturnType<typeof setTimeout> | undefined
let reading = new AbortController()

const say = (message: FromWorker, transfer: Array<Transferable> = []) => postMessage(message, { transfer })

const lay = () => {
  timer = undefined
  laid = performance.now()
  const found = layout(rows)
  const { cost, critical, depth, errors, parent, position, rows: order, self, size, tokens } = found
  say(
    { _tag: "layout", layout: found },
    [cost, critical, depth, errors, parent, position, order, self, size, tokens].map(
      ({ buffer }) => buffer as ArrayBuffer
    )
  )
}

/** As soon as the last one is as long ago as the size asks for: a single span that begins waits for nothing. */
const layLater = () => {
  timer ??= setTimeout(lay, Math.max(0, laid + Math.min(1_000, 16 + rows.length / 200) - performance.now()))
}

const add = (found: ReadonlyArray<SpanRow>) => {
  const changed: Array<readonly [number, SpanRow]> = []
  const from = rows.length
  for (const row of found) {
    const at = index.get(row[0])
    if (at === undefined) {
      index.set(row[0], rows.length)
      rows.push(row)
    } else {
      rows[at] = row
      if (at < from) changed.push([at, row])
    }
  }
  if (rows.length > from) say({ _tag: "rows", from, rows: rows.slice(from) })
  if (changed.length > 0) say({ _tag: "changed", changed })
}

/** Lines are the hive's own, built together with this page. */
const take = (line: string) => {
  if (line === "") return
  const said = JSON.parse(line)
  if (said.session !== undefined) return say({ _tag: "session", session: said.session, count: said.count })
  const before = rows.length
  add(said.rows)
  if (before === 0) lay()
  else layLater()
}

const read = async (sessionId: string, key: string | null) => {
  reading.abort()
  reading = new AbortController()
  rows = []
  index = new Map()
  try {
    const response = await request(address(`/api/sessions/${encodeURIComponent(sessionId)}/spans`), {
      signal: reading.signal,
      ...(key !== null && { headers: { authorization: `Bearer ${key}` } })
    })
    if (response.body === null) throw new HiveProblem(0, "The hive answered without a body.")
    let rest = ""
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) take(line)
    }
    take(rest)
    if (timer !== undefined) clearTimeout(timer)
    lay()
    say({ _tag: "read" })
  } catch (error) {
    if (reading.signal.aborted) return
    const problem =
      error instanceof HiveProblem ? error : new HiveProblem(0, "The hive stopped in the middle of its answer.")
    say({ _tag: "problem", status: problem.status, message: problem.message })
  }
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data._tag === "read") void read(data.sessionId, data.key)
  else {
    add(data.rows)
    layLater()
  }
})
