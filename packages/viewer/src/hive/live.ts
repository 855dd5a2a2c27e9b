/**
 * The hive's live stream, read with `fetch` because `EventSource` cannot send a key. It comes back by itself.
 */
import { createParser } from "eventsource-parser"
import { useEffect, useRef, useSyncExternalStore } from "react"
import { address, headers } from "./api.ts"
import { connection } from "./connection.ts"
import type { SessionRow, SpanRow } from "./types.ts"

interface Listener {
  readonly session?: ((session: SessionRow) => void) | undefined
  readonly row?: ((row: SpanRow, sessionId: string) => void) | undefined
  readonly deleted?: ((sessionId: string) => void) | undefined
  /** Changes were missed: what is shown must be read again. */
  readonly gap?: (() => void) | undefined
}

/** Whether the hive is there. */
export const useConnection = () => useSyncExternalStore(connection.watch, connection.get)

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

/** Waits until the page is looked at: browsers allow a host a few connections only, whatever the number of its tabs. */
const seen = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState === "hidden" && !signal.aborted) return
      document.removeEventListener("visibilitychange", look)
      resolve()
    }
    document.addEventListener("visibilitychange", look)
    signal.addEventListener("abort", look)
    look()
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
  for (await seen(signal); !signal.aborted; await seen(signal)) {
    const attempt = new AbortController()
    const leave = () => attempt.abort()
    const hide = () => {
      if (document.visibilityState === "hidden") leave()
    }
    signal.addEventListener("abort", leave)
    document.addEventListener("visibilitychange", hide)
    let silence = setTimeout(leave, SILENCE)
    try {
      const response = await fetch(
        address("/api/live", {
          view: sessionId === undefined ? "sessions" : "rows",
          session_id: sessionId,
          last_event_id: last
        }),
        {
          headers: headers(),
          signal: attempt.signal
        }
      )
      if (!response.ok || response.body === null) throw new Error(String(response.status))
      connection.become("open")
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
      document.removeEventListener("visibilitychange", hide)
    }
    if (signal.aborted) return
    // It goes on where it was when the page is seen again
    if (document.visibilityState === "hidden") continue
    connection.become("away")
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
