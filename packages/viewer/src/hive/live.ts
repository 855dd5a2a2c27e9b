/**
 * The hive's live stream, read with `fetch` because `EventSource` cannot send a key. It comes back by itself.
 */
import { createParser } from "eventsource-parser"
import { useEffect, useRef, useSyncExternalStore } from "react"
import { address, headers } from "./api.ts"
import type { SessionRow, SpanRow } from "./types.ts"

interface Listener {
  readonly session?: ((session: SessionRow) => void) | undefined
  readonly row?: ((row: SpanRow, sessionId: string) => void) | undefined
  readonly deleted?: ((sessionId: string) => void) | undefined
  /** Changes were missed: what is shown must be read again. */
  readonly gap?: (() => void) | undefined
}

/** `away`: the hive does not answer; it is tried again. */
export type Connection = "connecting" | "open" | "away"

let connection: Connection = "connecting"
const watchers = new Set<() => void>()
const become = (next: Connection): void => {
  if (connection === next) return
  connection = next
  for (const watcher of watchers) watcher()
}

/** Whether the hive is there. */
export const useConnection = (): Connection =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => connection
  )

const FIRST_WAIT = 300
const LONGEST_WAIT = 5_000

/** Twice what the hive lets pass between two signs of life. */
const SILENCE = 30_000

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })

/* Messages are the hive's own, built together with this page. */
const handle = (listener: Listener, event: string | undefined, data: string): void => {
  if (event === "gap") return listener.gap?.()
  const value = JSON.parse(data)
  if (event === "row") listener.row?.(value.row, value.session_id)
  else if (event === "session") listener.session?.(value)
  else if (event === "deleted") listener.deleted?.(value.session_id)
}

/** Listens until the signal says otherwise. */
const listen = async (sessionId: string | undefined, listener: Listener, signal: AbortSignal): Promise<void> => {
  let last: string | undefined
  let wait = FIRST_WAIT
  while (!signal.aborted) {
    const attempt = new AbortController()
    const leave = () => attempt.abort()
    signal.addEventListener("abort", leave)
    let silence = setTimeout(leave, SILENCE)
    try {
      const response = await fetch(address("/api/live", { view: "rows", session_id: sessionId, last_event_id: last }), {
        headers: headers(),
        signal: attempt.signal
      })
      if (!response.ok || response.body === null) throw new Error(String(response.status))
      become("open")
      wait = FIRST_WAIT
      const parser = createParser({
        onEvent: ({ data, event, id }) => {
          handle(listener, event, data)
          last = id ?? last
        }
      })
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(silence)
        silence = setTimeout(leave, SILENCE)
        parser.feed(text)
      }
    } catch {
      // Tried again below
    } finally {
      clearTimeout(silence)
      signal.removeEventListener("abort", leave)
    }
    if (signal.aborted) return
    become("away")
    await pause(wait, signal)
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }
}

/** Listens to one session, or to all of them, while the component is shown. */
export const useLive = (sessionId: string | undefined, listener: Listener): void => {
  const newest = useRef(listener)
  newest.current = listener
  useEffect(() => {
    const controller = new AbortController()
    void listen(
      sessionId,
      {
        session: (session) => newest.current.session?.(session),
        row: (row, id) => newest.current.row?.(row, id),
        deleted: (id) => newest.current.deleted?.(id),
        gap: () => newest.current.gap?.()
      },
      controller.signal
    )
    return () => controller.abort()
  }, [sessionId])
}
