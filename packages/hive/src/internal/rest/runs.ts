/**
 * Experiment runs over REST.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Option from "effect/Option"
import { BadRequest, type Filter, HoneyHiveApi, type SearchEvents } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import type { Aggregate, CreateRun, Run, UpdateRun } from "@honeyhive/contract/Experiment"
import * as scores from "../scores.ts"
import * as events from "./events.ts"
import { changed, kinds, records } from "./records.ts"

interface RangeQuery {
  readonly "dateRange[$gte]"?: string
  readonly "dateRange[$lte]"?: string
}

const within = (query: RangeQuery): Pick<SearchEvents, "dateRange"> =>
  events.within({ $gte: query["dateRange[$gte]"], $lte: query["dateRange[$lte]"] })

/** Milliseconds, as a number or ISO 8601. */
const moment = (text: string | undefined, otherwise: number): Effect.Effect<number, BadRequest> => {
  if (text === undefined) return Effect.succeed(otherwise)
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isNaN(time)
    ? Effect.fail(new BadRequest({ message: `dateRange: ${JSON.stringify(text)} is no date` }))
    : Effect.succeed(time)
}

const PAGE = 1000

/** What the current and the legacy routes do alike. */
export const operations = Effect.gen(function* () {
  const { get, list, modify, newId, now, option, put, remove } = yield* records
  const { searchAll } = yield* events.operations

  /** Those that name the run, and those of the sessions that the run names; oldest first. */
  const eventsOf = Effect.fnUntraced(function* (
    run: Run,
    filters: ReadonlyArray<Filter> = [],
    range: Pick<SearchEvents, "dateRange"> = {}
  ) {
    const found = new Map<string, Event>()
    const keep = (all: ReadonlyArray<Event>): void => all.forEach((event) => found.set(event.event_id, event))
    keep(yield* searchAll({ filters, evaluation_id: run.run_id, ...range }))
    for (const id of new Set([...run.event_ids, ...run.session_ids])) {
      keep(
        yield* searchAll({
          filters: [...filters, { field: "session_id", operator: "is", value: id.toLowerCase() }],
          ...range
        })
      )
    }
    return [...found.values()].toSorted((a, b) => a.start_time - b.start_time)
  })

  const definitions = Effect.map(list(kinds.metric), (all) => new Map(all.map((metric) => [metric.name, metric])))

  /** A run by the id it was given, its dataset's name being the present one. */
  const find = Effect.fnUntraced(function* (id: string) {
    const run = yield* get(kinds.run, id)
    const dataset = run.dataset_id === null ? Option.none() : yield* option(kinds.dataset, run.dataset_id)
    return { ...run, dataset_name: Option.match(dataset, { onNone: () => null, onSome: ({ name }) => name }) }
  })

  const withEvents = Effect.fnUntraced(function* (id: string, filters?: ReadonlyArray<Filter>) {
    const run = yield* find(id)
    return { run, events: yield* eventsOf(run, filters) }
  })

  return {
    find,
    eventsOf,
    searchAll,
    all: list(kinds.run),
    create: Effect.fnUntraced(function* ({ dataset_id = null, run_id, ...wanted }: CreateRun) {
      const [id, time] = [run_id ?? (yield* newId), yield* now]
      if (Option.isSome(yield* option(kinds.run, id))) {
        return yield* Effect.fail(new BadRequest({ message: `there is a run ${id} already` }))
      }
      const empty: Run = {
        id,
        run_id: id,
        name: "Untitled Run",
        description: null,
        status: "pending",
        metadata: {},
        results: {},
        metrics: {},
        event_ids: [],
        session_ids: [],
        datapoint_ids: [],
        configuration: {},
        evaluators: [],
        passing_ranges: {},
        is_active: true,
        created_at: time,
        updated_at: time,
        scope_type: "project",
        scope_id: "local",
        dataset_id,
        dataset_name: null
      }
      yield* put(kinds.run, changed(empty, wanted))
      return yield* Effect.orDie(find(id))
    }),
    update: Effect.fnUntraced(function* (id: string, change: UpdateRun) {
      const time = yield* now
      yield* modify(kinds.run, id, (run) => ({ ...changed(run, change), updated_at: time }))
      return yield* find(id)
    }),
    remove: (id: string) => Effect.as(remove(kinds.run, id), { id, deleted: true }),
    summary: Effect.fnUntraced(function* (id: string, by: Aggregate = "average", filters?: ReadonlyArray<Filter>) {
      const { events, run } = yield* withEvents(id, filters)
      return scores.summary(run, events, yield* definitions, by)
    }),
    compare: Effect.fnUntraced(function* (newId: string, oldId: string, by: Aggregate = "average") {
      const [before, after] = [yield* withEvents(oldId), yield* withEvents(newId)]
      return scores.comparison(before, after, yield* definitions, by)
    }),
    pairs: Effect.fnUntraced(function* (
      newId: string,
      oldId: string,
      query: {
        readonly event_name?: string
        readonly event_type?: string
        readonly filter?: ReadonlyArray<Filter>
        readonly limit?: number
        readonly page?: number
      }
    ) {
      const { event_name, event_type, filter = [], limit = PAGE, page = 1 } = query
      const filters: ReadonlyArray<Filter> = [
        ...filter,
        ...(event_name === undefined ? [] : [{ field: "event_name", operator: "is", value: event_name } as const]),
        ...(event_type === undefined ? [] : [{ field: "event_type", operator: "is", value: event_type } as const])
      ]
      // Which datapoint a session is about stands on any of its events: pair first, then leave out
      const [before, after] = [yield* withEvents(oldId), yield* withEvents(newId)]
      const kept =
        filters.length === 0
          ? undefined
          : new Set((yield* eventsOf(after.run, filters)).map(({ event_id }) => event_id))
      const all = scores.pairs(before, after).filter(({ event_1 }) => kept?.has(event_1.event_id) ?? true)
      return { events: all.slice(limit * (page - 1), limit * page), totalEvents: all.length }
    })
  }
})

const order = {
  created_at: (run: Run) => run.created_at,
  updated_at: (run: Run) => run.updated_at,
  name: (run: Run) => run.name,
  status: (run: Run) => run.status
}

export const runs = HttpApiBuilder.group(
  HoneyHiveApi,
  "runs",
  Effect.fn(function* (handlers) {
    const { all, compare, create, eventsOf, find, pairs, remove, searchAll, summary, update } = yield* operations
    return handlers.handleAll({
      create: ({ payload }) => Effect.map(create(payload), (evaluation) => ({ evaluation, run_id: evaluation.run_id })),
      list: Effect.fnUntraced(function* ({ query }) {
        const { limit = 20, page = 1, sort_by = "created_at", sort_order = "desc" } = query
        const from = yield* moment(query["dateRange[$gte]"], -Infinity)
        const until = yield* moment(query["dateRange[$lte]"], Infinity)
        const ids = query["run_ids[]"]
        const every = yield* all
        const found = every.filter((run) => {
          const created = Date.parse(run.created_at)
          return (
            (query.dataset_id === undefined || run.dataset_id === query.dataset_id) &&
            (query.name === undefined || run.name.toLowerCase().includes(query.name.toLowerCase())) &&
            (query.status === undefined || run.status === query.status) &&
            (ids === undefined || ids.includes(run.run_id)) &&
            created >= from &&
            created <= until
          )
        })
        const key = order[sort_by]
        const sorted = found.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
        if (sort_order === "desc") sorted.reverse()
        const total_pages = Math.ceil(found.length / limit)
        const shown = sorted.slice(limit * (page - 1), limit * page)
        return {
          evaluations: yield* Effect.forEach(shown, (run) =>
            find(run.id).pipe(Effect.catch(() => Effect.succeed(run)))
          ),
          pagination: {
            page,
            limit,
            total: found.length,
            total_unfiltered: every.length,
            total_pages,
            has_next: page < total_pages,
            has_prev: page > 1
          },
          metrics: [...new Set(shown.flatMap((run) => Object.keys(run.metrics)))]
        }
      }),
      schema: ({ query }) =>
        Effect.map(
          searchAll({
            filters: [{ field: "metadata.run_id", operator: "exists" }],
            ...within(query)
          }),
          scores.schemaOf
        ),
      get: ({ params }) => Effect.map(find(params.run_id), (evaluation) => ({ evaluation })),
      update: ({ params, payload }) => Effect.map(update(params.run_id, payload), (evaluation) => ({ evaluation })),
      remove: ({ params }) => remove(params.run_id),
      runSchema: ({ params, query }) =>
        find(params.run_id).pipe(
          Effect.flatMap((run) => eventsOf(run, [], within(query))),
          Effect.map(scores.schemaOf)
        ),
      summary: ({ params, query }) => summary(params.run_id, query.aggregate_function, query.filters),
      result: ({ params, query }) => summary(params.run_id, query.aggregate_function, query.filters),
      metrics: Effect.fnUntraced(function* ({ params, query }) {
        const found = yield* eventsOf(yield* find(params.run_id), query.filters, within(query))
        const scored = found.filter(({ metrics }) => Object.keys(metrics).length > 0)
        return { events: scored, totalEvents: scored.length }
      }),
      compare: ({ params, query }) => compare(params.new_run_id, params.old_run_id, query.aggregate_function),
      compareWith: ({ params, query }) => compare(params.new_run_id, params.old_run_id, query.aggregate_function),
      compareEvents: ({ params, query }) => pairs(params.new_run_id, params.old_run_id, query),
      compareEventsOf: ({ query }) => pairs(query.run_id_1, query.run_id_2, query)
    })
  })
)
