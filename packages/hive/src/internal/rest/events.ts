/**
 * Sessions and events over REST: what the current routes and the legacy ones do alike.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import {
  BadRequest,
  BatchFailed,
  type EventBatch,
  type ExportEvents,
  HoneyHiveApi,
  NotFound,
  type SearchEvents
} from "@honeyhive/contract/Api"
import type { Event, PostEvent, StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import type { Json, JsonObject } from "./json.ts"
import { TraceStore } from "../../TraceStore.ts"

/** The earliest and the latest moment that an open range has. */
const everAfter = { start_time: "1970-01-01T00:00:00.000Z", end_time: "9999-12-31T23:59:59.999Z" }

export interface OpenRange {
  readonly $gte?: string | undefined
  readonly $lte?: string | undefined
}

/** The range as a part of a search; nothing when it is open at both ends. */
export const within = (range: OpenRange | undefined): Pick<SearchEvents, "dateRange"> =>
  range?.$gte === undefined && range?.$lte === undefined
    ? {}
    : { dateRange: { start_time: range.$gte ?? everAfter.start_time, end_time: range.$lte ?? everAfter.end_time } }

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Only these fields; a dotted name is a path, or a key of its bucket with dots in it. */
const project = (event: JsonObject, fields: ReadonlyArray<string>): JsonObject => {
  const found = new Map<string, Json>()
  for (const field of fields) {
    if (Object.hasOwn(event, field)) {
      found.set(field, event[field] ?? null)
      continue
    }
    const [bucket = "", ...path] = field.split(".")
    const content = Object.hasOwn(event, bucket) ? event[bucket] : undefined
    if (!isObject(content) || path.length === 0) continue
    const kept = found.get(bucket)
    const key = path.join(".")
    const top = Object.hasOwn(content, key) ? key : (path[0] ?? "")
    if (Object.hasOwn(content, top)) found.set(bucket, { ...(isObject(kept) ? kept : {}), [top]: content[top] ?? null })
  }
  return Object.fromEntries(found)
}

const PAGE = 1000

// There is no organisation here, but clients want one
const place = { org_id: "local", workspace_id: "local", project_id: "local" }

export const operations = Effect.gen(function* () {
  const store = yield* TraceStore

  const find = (id: string, what: string): Effect.Effect<Event, NotFound> =>
    store.event(id).pipe(
      Effect.orDie,
      Effect.flatMap(
        Option.match({
          onNone: () => Effect.fail(new NotFound({ message: `no ${what} ${id}` })),
          onSome: Effect.succeed
        })
      )
    )

  const start = (session: StartSession) =>
    Effect.map(Effect.orDie(store.startSession(session)), (event) => ({ ...event, ...place }))

  const create = (event: PostEvent) =>
    store.createEvents([event]).pipe(
      Effect.orDie,
      Effect.map(([event_id = ""]) => ({ success: true, event_id }))
    )

  const update = (id: string, change: UpdateEvent) =>
    store.updateEvent(id, change).pipe(
      Effect.orDie,
      Effect.flatMap((found) => (found ? Effect.void : Effect.fail(new NotFound({ message: `no event ${id}` }))))
    )

  /** All in one go; where that fails, one by one, so that one bad event does not cost the others. */
  const createAll = (events: ReadonlyArray<PostEvent>, sessionId?: string) =>
    store.createEvents(events, sessionId).pipe(
      Effect.catch(() =>
        Effect.forEach(events, (event) =>
          store.createEvents([event], sessionId).pipe(
            Effect.map(([id = ""]) => ({ id, error: undefined })),
            Effect.catch(({ message }) => Effect.succeed({ id: undefined, error: message }))
          )
        ).pipe(
          Effect.flatMap((results) => {
            const event_ids = results.flatMap(({ id }) => id ?? [])
            const errors = results.flatMap(({ error }, index) =>
              error === undefined ? [] : [`events[${index}]: ${error}`]
            )
            return errors.length === 0 ? Effect.succeed(event_ids) : Effect.fail(new BatchFailed({ event_ids, errors }))
          })
        )
      )
    )

  const createBatch = Effect.fnUntraced(function* (
    events: ReadonlyArray<PostEvent>,
    single: boolean,
    properties: EventBatch["session_properties"]
  ) {
    if (!single) return { success: true, event_ids: yield* createAll(events) }
    const { session_id } = yield* Effect.orDie(store.startSession(properties ?? {}))
    const all = events.map((event) => ({ ...event, session_id }))
    return { success: true, event_ids: yield* createAll(all), session_id }
  })

  const remove = (sessionId: string) =>
    store.deleteSession(sessionId).pipe(
      Effect.orDie,
      Effect.flatMap((gone) =>
        gone === 0
          ? Effect.fail(new NotFound({ message: `no session ${sessionId}` }))
          : Effect.succeed({ success: true, deleted: sessionId.toLowerCase() })
      )
    )

  const addEvents = (sessionId: string, events: ReadonlyArray<PostEvent>) =>
    Effect.as(
      createAll(
        events.map((event) => ({ ...event, session_id: sessionId })),
        sessionId
      ),
      { success: true }
    )

  const search = (query: SearchEvents) =>
    store.search(query).pipe(
      Effect.catchTag("SearchError", ({ message }) => Effect.fail(new BadRequest({ message }))),
      Effect.catchTag("TraceStoreError", Effect.die)
    )

  /** Every page of a search. */
  const searchAll = Effect.fnUntraced(function* (query: SearchEvents) {
    const found: Array<Event> = []
    for (let page = 1; ; page++) {
      const { events } = yield* search({ ...query, limit: PAGE, page })
      found.push(...events)
      if (events.length < PAGE) return found
    }
  })

  const exported = ({ dateRange, filters, limit = 1000, page, projections }: ExportEvents) =>
    Effect.map(
      search({
        limit,
        ...(page === undefined ? {} : { page }),
        ...(filters === undefined
          ? {}
          : { filters: filters.map(({ type, ...filter }) => (type === "id" || !type ? filter : { ...filter, type })) }),
        ...within(dateRange)
      }),
      ({ count, events }) => ({
        // An event is a JSON object with known fields
        events: (events as ReadonlyArray<JsonObject>).map((event) =>
          projections ? project(event, projections) : event
        ),
        totalEvents: count
      })
    )

  return { store, start, find, create, update, createBatch, addEvents, remove, search, searchAll, exported }
})

export const sessions = HttpApiBuilder.group(
  HoneyHiveApi,
  "sessions",
  Effect.fn(function* (handlers) {
    const { addEvents, find, remove, start } = yield* operations
    return handlers.handleAll({
      start: ({ payload }) => start(payload),
      get: ({ params }) => find(params.session_id, "session"),
      remove: ({ params }) => remove(params.session_id),
      addEvents: ({ params, payload }) => addEvents(params.session_id, payload.events)
    })
  })
)

export const events = HttpApiBuilder.group(
  HoneyHiveApi,
  "events",
  Effect.fn(function* (handlers) {
    const { create, createBatch, exported, find, search, update } = yield* operations
    return handlers.handleAll({
      create: ({ payload }) => create(payload),
      get: ({ params }) => Effect.map(find(params.event_id, "event"), (event) => ({ event })),
      update: ({ params, payload }) => update(params.event_id, payload),
      search: ({ payload }) => search(payload),
      export: ({ payload }) => exported(payload),
      createBatch: ({ payload }) =>
        createBatch(payload.events, payload.single_session ?? false, payload.session_properties)
    })
  })
)
