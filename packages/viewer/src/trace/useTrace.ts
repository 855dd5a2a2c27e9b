/**
 * A session's events as they are: read in a worker, laid out there, kept in step by the live stream.
 */
import { useCallback, useEffect, useRef, useState } from "react"
import { HiveProblem, key } from "../hive/api.ts"
import { useLive } from "../hive/live.ts"
import type { SessionRow, SpanRow } from "../hive/types.ts"
import type { Layout } from "./Layout.ts"
import type { FromWorker, ToWorker } from "./worker.ts"

export interface Trace {
  readonly session: SessionRow | undefined
  /** By index; `layout.rows` says where each stands. Grows and changes in place: `layout` is new when it did. */
  readonly rows: ReadonlyArray<SpanRow>
  readonly layout: Layout | undefined
  /** How many there are, as far as the hive said. */
  readonly count: number
  readonly complete: boolean
  readonly error: HiveProblem | undefined
  /** The session was deleted while it was shown. */
  readonly deleted: boolean
  readonly reload: () => void
  /** The index of an event's row; -1 where it is not among them. */
  readonly indexOf: (eventId: string) => number
}

interface State {
  readonly session: SessionRow | undefined
  readonly layout: Layout | undefined
  readonly count: number
  readonly complete: boolean
  readonly error: HiveProblem | undefined
  readonly deleted: boolean
}

const nothing: State = {
  session: undefined,
  layout: undefined,
  count: 0,
  complete: false,
  error: undefined,
  deleted: false
}

export const useTrace = (sessionId: string): Trace => {
  const worker = useRef<Worker>(undefined)
  const rows = useRef<Array<SpanRow>>([])
  const index = useRef(new Map<string, number>())
  const [state, setState] = useState(nothing)
  const [, redraw] = useState(0)

  const tell = useCallback((message: ToWorker) => worker.current?.postMessage(message), [])
  const reload = useCallback(() => tell({ _tag: "read", sessionId, key: key.get() }), [tell, sessionId])

  useEffect(() => {
    const made = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" })
    worker.current = made
    rows.current = []
    index.current = new Map()
    setState(nothing)
    made.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      switch (data._tag) {
        case "session":
          return setState((before) => ({ ...before, session: data.session, count: data.count, error: undefined }))
        case "rows":
          // A new reading begins at 0
          rows.current.length = data.from
          if (data.from === 0) index.current.clear()
          for (const row of data.rows) {
            index.current.set(row[0], rows.current.length)
            rows.current.push(row)
          }
          return
        case "changed":
          for (const [at, row] of data.changed) rows.current[at] = row
          return redraw((times) => times + 1)
        case "layout":
          return setState((before) => ({ ...before, layout: data.layout }))
        case "read":
          return setState((before) => ({ ...before, complete: true }))
        case "problem":
          return setState((before) => ({ ...before, error: new HiveProblem(data.status, data.message) }))
      }
    })
    reload()
    return () => made.terminate()
  }, [sessionId, reload])

  // What comes together is told together
  const arrived = useRef<Array<SpanRow>>([])
  useLive(sessionId, {
    session: (session) => setState((before) => ({ ...before, session, deleted: false })),
    row: (row) => {
      arrived.current.push(row)
      if (arrived.current.length > 1) return
      queueMicrotask(() => {
        tell({ _tag: "rows", rows: arrived.current })
        arrived.current = []
      })
    },
    deleted: (id) => {
      if (id === sessionId) setState((before) => ({ ...before, deleted: true }))
    },
    gap: reload
  })

  const indexOf = useCallback((eventId: string) => index.current.get(eventId) ?? -1, [])
  return { ...state, rows: rows.current, reload, indexOf }
}
