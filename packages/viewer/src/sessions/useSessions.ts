/**
 * The list of sessions as it grows: pages are read as the reader scrolls, known rows change in place as the hive tells of
 * them, and new ones wait until showing them moves nothing that is being read.
 */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query"
import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import { read } from "../hive/api.ts"
import { useLive } from "../hive/live.ts"
import type { SessionPage, SessionRow } from "../hive/types.ts"
import type { Order } from "../addresses.ts"

const PAGE = 50

/** Between two looks for new sessions, in milliseconds; the first one is not delayed. */
const PROBE = 250

export interface Sessions {
  readonly rows: ReadonlyArray<SessionRow>
  /** New ones that are not shown yet. */
  readonly waiting: number
  readonly showWaiting: () => void
  readonly more: (() => void) | undefined
  readonly isReading: boolean
  readonly error: unknown
  readonly retry: () => void
}

const readPage = (q: string | undefined, order: Order | undefined, before: string | undefined, signal?: AbortSignal) =>
  read<SessionPage>("/api/sessions", { q, order, before, limit: PAGE }, signal)

/** `mayMove` says whether new rows may be put above the others at this moment. */
export const useSessions = (q: string | undefined, order: Order | undefined, mayMove: () => boolean): Sessions => {
  const queries = useQueryClient()
  const queryKey = useMemo(() => ["sessions", q ?? "", order ?? "newest"], [q, order])
  const pages = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => readPage(q, order, pageParam, signal),
    getNextPageParam: ({ next }) => next ?? undefined
  })
  const [changed, change] = useState<ReadonlyMap<string, SessionRow>>(new Map())
  const [fresh, setFresh] = useState<ReadonlyArray<SessionRow>>([])
  const [shown, setShown] = useState<ReadonlyArray<SessionRow>>([])
  const [deleted, remove] = useState<ReadonlySet<string>>(new Set())

  useEffect(() => {
    change(new Map())
    setFresh([])
    setShown([])
  }, [queryKey])

  const base = useMemo(() => pages.data?.pages.flatMap(({ sessions }) => sessions) ?? [], [pages.data])
  const known = useMemo(() => new Set([...shown, ...base].map(({ session_id }) => session_id)), [shown, base])
  const knownNow = useRef(known)
  knownNow.current = known
  const moveNow = useRef(mayMove)
  moveNow.current = mayMove

  const showWaiting = useCallback(() => {
    setFresh([])
    setShown((before) => [...fresh.filter(({ session_id }) => !knownNow.current.has(session_id)), ...before])
  }, [fresh])

  const probing = useRef<{ running: boolean; again: boolean }>({ running: false, again: false })
  const probe = useCallback(() => {
    const state = probing.current
    if (state.running) {
      state.again = true
      return
    }
    state.running = true
    state.again = false
    const look = async () => {
      try {
        const { sessions } = await readPage(q, order, undefined)
        const unknown = sessions.filter(({ session_id }) => !knownNow.current.has(session_id))
        change((before) => new Map([...before, ...sessions.map((row) => [row.session_id, row] as const)]))
        if (knownNow.current.size === 0 || moveNow.current()) {
          setFresh([])
          setShown((before) => [...unknown, ...before])
        } else setFresh(unknown)
      } catch {
        // The banner says that the hive is away
      }
      setTimeout(() => {
        state.running = false
        if (state.again) probe()
      }, PROBE)
    }
    void look()
  }, [q, order])

  useLive(undefined, {
    session: (row) => {
      if (knownNow.current.has(row.session_id)) change((before) => new Map(before).set(row.session_id, row))
      else probe()
    },
    deleted: (id) => remove((before) => new Set(before).add(id)),
    gap: () => void queries.invalidateQueries({ queryKey })
  })

  const rows = useMemo(() => {
    const seen = new Set<string>()
    return [...shown, ...base].flatMap((row) => {
      if (seen.has(row.session_id) || deleted.has(row.session_id)) return []
      seen.add(row.session_id)
      return [changed.get(row.session_id) ?? row]
    })
  }, [shown, base, changed, deleted])

  const { fetchNextPage } = pages
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage])
  return {
    rows,
    waiting: fresh.length,
    showWaiting,
    more: pages.hasNextPage && !pages.isFetchingNextPage ? more : undefined,
    isReading: pages.isPending,
    error: pages.error,
    retry: () => void pages.refetch()
  }
}
