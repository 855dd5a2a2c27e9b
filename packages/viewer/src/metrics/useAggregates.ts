/**
 * What the hive adds up.
 */
import { keepPreviousData, queryOptions, useQueries, useQuery } from "@tanstack/react-query"
import { read } from "../hive/api.ts"
import type { Aggregate, Aggregates, Histogram } from "../hive/types.ts"

/** What groups are made by. */
export type By = "all" | "name" | "model" | "tool" | "hour" | "day"

/** How long sums are taken for fresh, in milliseconds: they are work for the hive. */
const FRESH = 10_000

const aggregates = (q: string, by: By, order: "events" | "cost" | "newest" = "events", limit = 50) =>
  queryOptions({
    queryKey: ["aggregates", q, by, order, limit],
    queryFn: ({ signal }) => read<Aggregates>("/api/aggregates", { q, by, order, limit }, signal),
    staleTime: FRESH,
    refetchInterval: FRESH * 3,
    placeholderData: keepPreviousData
  })

/** The groups, the largest first. */
export const useGroups = (q: string, by: By, order?: "events" | "cost") => useQuery(aggregates(q, by, order))

/** One list of steps, the oldest first, for each of several queries. */
export const useSeries = (
  queries: ReadonlyArray<string>,
  step: "hour" | "day"
): ReadonlyArray<ReadonlyArray<Aggregate>> =>
  useQueries({
    queries: queries.map((q) => aggregates(q, step, "newest", 1_000)),
    combine: (results) => results.map(({ data }) => data?.groups.toReversed() ?? [])
  })

/** How many calls took how long. */
export const useHistogram = (q: string) =>
  useQuery({
    queryKey: ["histogram", q],
    queryFn: ({ signal }) => read<Histogram>("/api/histogram", { q, buckets: 24 }, signal),
    staleTime: FRESH,
    refetchInterval: FRESH * 3,
    placeholderData: keepPreviousData
  })
