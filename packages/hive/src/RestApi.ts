/**
 * HoneyHive's REST API over the store.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import { BadRequest, type EventBatch, HoneyHiveApi, NotFound, Validation } from "@honeyhive/contract/Api"
import type { Event, PostEvent, UpdateEvent } from "@honeyhive/contract/Event"
import { Keys } from "./Keys.ts"
import { TraceStore } from "./TraceStore.ts"

/** What the Schemas refuse, with the path to it. */
const validation = HttpApiMiddleware.layerSchemaErrorTransform(Validation, (error) =>
  Effect.fail(new BadRequest({ message: `${error.kind.toLowerCase()}: ${error.cause.message}` }))
)

const operations = Effect.gen(function* () {
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

  const createBatch = Effect.fnUntraced(function* (
    events: ReadonlyArray<PostEvent>,
    single: boolean,
    properties: EventBatch["session_properties"]
  ) {
    if (!single) return { success: true, event_ids: yield* Effect.orDie(store.createEvents(events)) }
    const { session_id } = yield* Effect.orDie(store.startSession(properties ?? {}))
    const all = events.map((event) => ({ ...event, session_id }))
    return { success: true, event_ids: yield* Effect.orDie(store.createEvents(all)), session_id }
  })

  return { store, find, create, update, createBatch }
})

const sessions = HttpApiBuilder.group(
  HoneyHiveApi,
  "sessions",
  Effect.fn(function* (handlers) {
    const { find, store } = yield* operations
    return handlers.handleAll({
      start: ({ payload }) => Effect.orDie(store.startSession(payload)),
      get: ({ params }) => find(params.session_id, "session"),
      addEvents: ({ params, payload }) =>
        store
          .createEvents(
            payload.events.map((event) => ({ ...event, session_id: params.session_id })),
            params.session_id
          )
          .pipe(Effect.orDie, Effect.as({ success: true }))
    })
  })
)

const events = HttpApiBuilder.group(
  HoneyHiveApi,
  "events",
  Effect.fn(function* (handlers) {
    const { create, createBatch, find, store, update } = yield* operations
    return handlers.handleAll({
      create: ({ payload }) => create(payload),
      get: ({ params }) => Effect.map(find(params.event_id, "event"), (event) => ({ event })),
      update: ({ params, payload }) => update(params.event_id, payload),
      search: ({ payload }) =>
        store.search(payload).pipe(
          Effect.catchTag("SearchError", ({ message }) => Effect.fail(new BadRequest({ message }))),
          Effect.catchTag("TraceStoreError", Effect.die)
        ),
      createBatch: ({ payload }) =>
        createBatch(payload.events, payload.single_session ?? false, payload.session_properties)
    })
  })
)

const legacy = HttpApiBuilder.group(
  HoneyHiveApi,
  "legacy",
  Effect.fn(function* (handlers) {
    const { create, createBatch, store, update } = yield* operations
    return handlers.handleAll({
      startSession: ({ payload }) => Effect.orDie(store.startSession(payload.session)),
      createEvent: ({ payload }) => create(payload.event),
      updateEvent: ({ payload: { event_id, ...change } }) => update(event_id, change),
      createEventBatch: ({ payload }) =>
        createBatch(payload.events, payload.is_single_session ?? false, payload.session)
    })
  })
)

/**
 * The routes of the contract's `HoneyHiveApi`.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = HttpApiBuilder.layer(HoneyHiveApi, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide([sessions, events, legacy]),
  Layer.provide([Keys.authorization, validation])
)
