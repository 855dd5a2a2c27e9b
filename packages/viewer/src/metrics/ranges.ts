/**
 * Stretches of time that metrics are shown for, as terms of a query, and the steps in which they are cut.
 */
export const RANGES = ["1h", "1d", "7d", "30d", "all"] as const
export type Range = (typeof RANGES)[number]

export const rangeTitles: Record<Range, string> = {
  "1h": "Last hour",
  "1d": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  all: "All"
}

/** Everything that must hold, as one query. */
export const both = (...queries: ReadonlyArray<string>): string => {
  const said = queries.map((query) => query.trim()).filter((query) => query !== "")
  return said.length < 2
    ? (said[0] ?? "")
    : said.map((query) => (/\sOR\s/.test(query) ? `(${query})` : query)).join(" ")
}

/** The query within the range. */
export const within = (query: string, range: Range): string => both(query, range === "all" ? "" : `since:${range}`)

/** What a point on the time axis stands for. */
export const stepOf = (range: Range): "hour" | "day" => (range === "1h" || range === "1d" ? "hour" : "day")

const LENGTH = { hour: 3_600_000, day: 86_400_000 } as const

/** The moments of a step, from a key such as `2026-11-21` or `2026-11-21T10`. */
export const stretch = (key: string, step: "hour" | "day"): readonly [from: number, to: number] => {
  const from = Date.parse(step === "day" ? `${key.slice(0, 10)}T00:00:00Z` : `${key.slice(0, 13)}:00:00Z`)
  return [from, from + LENGTH[step]]
}

/** What happened in one step. */
export const during = (query: string, key: string, step: "hour" | "day"): string => {
  const [from, to] = stretch(key, step)
  return both(query, `since:${new Date(from).toISOString()} until:${new Date(to).toISOString()}`)
}

/** Calls that took between two lengths, in milliseconds. */
export const lasting = (query: string, from: number, to: number): string =>
  both(query, `duration>=${from}ms duration<${to}ms`)
