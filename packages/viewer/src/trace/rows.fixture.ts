/**
 * Events as the hive tells them, for tests.
 */
import type { SpanRow } from "../hive/types.ts"

interface Said {
  readonly id: string
  readonly parent?: string | null
  readonly type?: SpanRow[2]
  /** Else its id. */
  readonly name?: string
  readonly start?: number
  /** Milliseconds; null for what runs. */
  readonly duration?: number | null
  readonly status?: SpanRow[6]
  readonly tokens?: number | undefined
  readonly cost?: number | undefined
  readonly model?: string | undefined
  /** Whether its tokens count: false where another event tells the same call. */
  readonly counts?: boolean | undefined
}

/** A chain at the top, over at once, unless something else is said. */
export const spanRow = ({ id, name = id, ...said }: Said): SpanRow => [
  id,
  said.parent ?? null,
  said.type ?? "chain",
  name,
  said.start ?? 0,
  said.duration === undefined ? 0 : said.duration,
  said.status ?? "ok",
  said.tokens ?? null,
  said.cost ?? null,
  said.model ?? null,
  null,
  null,
  null,
  null,
  null,
  0,
  false,
  said.counts ?? true
]
