/**
 * Sessions: the id is made here, stamped on every span, and announced to the backend without the program waiting for it.
 *
 * A backend that never heard of the session makes it from the spans' auto-create flag, so an announcement that fails costs
 * only what it would have carried (inputs, metadata, an early sight of the session).
 *
 * @since 0.1.0
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { Content } from "@honeyhive/contract/Bucket"
import { Attributes } from "@honeyhive/contract/Attributes"
import type { StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import { isUuid } from "@honeyhive/contract/Uuid"
import type { Values } from "./Enrichment.ts"
import { background } from "./internal/background.ts"
import * as callQueue from "./internal/callQueue.ts"
import { toContent } from "./internal/content.ts"
import { within } from "./internal/deadline.ts"
import { describeCause } from "./internal/failure.ts"
import { untraced } from "./internal/instance.ts"
import { warn } from "./internal/log.ts"
import { uuidV5 } from "./internal/uuidV5.ts"
import { Redactor } from "./Redactor.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

/**
 * What a program says of a session when it starts one.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionOptions {
  /** Default: the instance's session name. */
  readonly name?: string | undefined
  /**
   * Continues the session with this id. Default: a new one. An id that is no UUID (a chat's, a ticket's) is mapped to one,
   * always the same, and kept as `metadata.session_id`.
   */
  readonly id?: string | undefined
  /** Becomes `user_properties.user_id`. */
  readonly userId?: string | undefined
  readonly userProperties?: Values | undefined
  readonly inputs?: Values | undefined
  readonly metadata?: Values | undefined
  /** The experiment that the session is part of; these three stand on the session and on every event in it. */
  readonly runId?: string | undefined
  readonly datasetId?: string | undefined
  readonly datapointId?: string | undefined
  /** Called with every span of the session as it ends, until the session does; it must not throw. */
  readonly onSpanEnd?: ((span: ReadableSpan) => void) | undefined
}

/**
 * How a session ended, where that is more than an exit says.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionEnd {
  readonly outputs?: Values | undefined
  /** Becomes `metadata.status`. Default: `ok` or `error`, as the exit says. */
  readonly status?: string | undefined
  /** Anything thrown; the session has failed with it. */
  readonly error?: unknown
}

/**
 * A session under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionInfo {
  /** A UUID. */
  readonly id: string
  /** Empty where the session is continued. */
  readonly name: string
  /** Unix milliseconds. */
  readonly startTime: number
  /** Started by the caller of this service, who also names and ends it. */
  readonly continued?: boolean | undefined
  /** What was said of the user, `user_id` among it. */
  readonly userProperties?: Content | undefined
  /** Its experiment, under the names of the wire. */
  readonly experiment?: { readonly [id in "run_id" | "dataset_id" | "datapoint_id"]?: string } | undefined
}

const Owner: unique symbol = Symbol("@honeyhive/tracing/Session/Owner")

/** The instance that started the session, if one did. */
const ownerOf = (session: SessionInfo): unknown => (session as { [Owner]?: unknown })[Owner] // absent on others

/**
 * The experiment that a session is part of.
 *
 * @internal
 */
export const experimentOf = ({ datapointId, datasetId, runId }: SessionOptions): SessionInfo["experiment"] => {
  const said = Object.entries({ run_id: runId, dataset_id: datasetId, datapoint_id: datapointId })
  const given = said.filter(([, id]) => id !== undefined)
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** A session to be ended; one that was started elsewhere has only its id. */
type Ending = Pick<SessionInfo, "id"> & Partial<SessionInfo>

/**
 * The session of the current fiber; undefined where none was started and spans go to the instance's own.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CurrentSession, HoneyHive } from "@honeyhive/tracing"
 *
 * const name = Effect.service(CurrentSession).pipe(
 *   Effect.map((session) => session?.name),
 *   HoneyHive.withSession({ name: "support" }),
 *   Effect.provide(HoneyHive.layerMemory())
 * )
 *
 * await Effect.runPromise(name) // => "support"
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentSession = Context.Reference<SessionInfo | undefined>("@honeyhive/tracing/Session/CurrentSession", {
  defaultValue: () => undefined
})

const userOf = ({ userId, userProperties }: SessionOptions): Content | undefined => {
  if (userId === undefined && userProperties === undefined) return undefined
  // Copied now, and whatever cannot be read is left out: the program may change it, or it may be no JSON
  return { ...toContent(userProperties ?? {}), ...(userId === undefined ? {} : { user_id: userId }) }
}

/**
 * The id under which HoneyHive knows a session: a UUID as it is, anything else (a chat's, a ticket's) always mapped to the
 * same UUID.
 *
 * @internal
 */
export const sessionIdOf = (id: string): string => (isUuid(id) ? id.toLowerCase() : uuidV5(id))

/** A call to the backend: what happens, when it happens, is the business of {@link Sessions}. */
interface Calls {
  readonly start: (session: StartSession) => Effect.Effect<void, unknown>
  readonly update: (id: string, update: UpdateEvent) => Effect.Effect<void, unknown>
  readonly close: Effect.Effect<void>
}

/** At a time. */
const CALLS = 8

/** What waits while nobody answers. */
const BOUNDS = { calls: 10_000, bytes: 16 * 2 ** 20 }

/** Between two words about what was dropped. */
const SAYS_EVERY = 30_000

const silent: Calls = { start: () => Effect.void, update: () => Effect.void, close: Effect.void }

/** Whether nobody answered, and for how long they want to be left alone. */
const awayOf = (cause: Cause.Cause<unknown>): callQueue.Outcome => {
  const error = Cause.squash(cause)
  if (!Predicate.hasProperty(error, "isAway") || error.isAway !== true) return undefined
  const wait = Predicate.hasProperty(error, "retryAfter") ? error.retryAfter : undefined
  return { wait: typeof wait === "number" ? wait : 0 }
}

// Loaded when the first session is announced: the REST client is the larger half of this package's import time
const remote = (settings: Settings, apiKey: Redacted.Redacted, redactor: Redactor["Service"]): Calls => {
  const connected = () =>
    import("./internal/sessionClient.ts").then(({ connect }) => Effect.runPromise(connect(settings, apiKey)))
  let connecting: ReturnType<typeof connected> | undefined
  const client = Effect.promise(() => (connecting ??= connected()))
  return {
    start: (session) => Effect.flatMap(client, (_) => _.start(redactor.session(session))),
    update: (id, update) => Effect.flatMap(client, (_) => _.update(id, redactor.session(update))),
    close: Effect.suspend(() => (connecting === undefined ? Effect.void : Effect.map(client, (_) => _.close())))
  }
}

/**
 * The sessions of this instance.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Sessions, TracerConfig } from "@honeyhive/tracing"
 *
 * // An instance brings its own; in a program use `HoneyHive.withSession`
 * const layer = Sessions.layer.pipe(Layer.provide(TracerConfig.layer({ testMode: true, sessionName: "nightly" })))
 * const names = Sessions.use((sessions) =>
 *   Effect.map(sessions.start({ name: "support" }), (session) => [sessions.own().name, session.name])
 * )
 *
 * await Effect.runPromise(names.pipe(Effect.provide(layer))) // => ["nightly", "support"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Sessions extends Context.Service<
  Sessions,
  {
    /** The instance's own session, started when it is first asked for. */
    readonly own: () => SessionInfo
    /** The session of code whose current session is this one: another instance's is none of ours. */
    readonly here: (current: SessionInfo | undefined) => SessionInfo
    /** Starts a session; the scope ends it with the exit it closes with. */
    readonly start: (options?: SessionOptions) => Effect.Effect<SessionInfo>
    /** Ends a session, with the cause of its failure if there was one; only the first end counts. */
    readonly end: (session: Ending, exit: Exit.Exit<unknown, unknown>, end?: SessionEnd) => Effect.Effect<void>
    /** Adds to what the backend knows of a session; returns at once. */
    readonly update: (id: string, update: UpdateEvent) => Effect.Effect<void>
    /** Adds to an event of any type, once `ready` says that the backend can know it; returns at once. */
    readonly updateEvent: (
      id: string,
      update: UpdateEvent,
      ready: Effect.Effect<unknown, unknown>
    ) => Effect.Effect<void>
    /** Tells whoever watches the session of this span. */
    readonly spanEnded: (span: ReadableSpan) => void
    /** Waits for every call that was made before. */
    readonly flush: Effect.Effect<void>
    /** Ends the instance's own session and flushes, within the shutdown deadline; what its scope does at the end. */
    readonly close: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
  }
>()("@honeyhive/tracing/Session/Sessions") {
  /** Announces sessions to HoneyHive when there is a key for it. */
  static readonly layer: Layer.Layer<Sessions, never, TracerConfig> = Layer.effect(
    Sessions,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const clock = yield* Clock.Clock
      const redactor = yield* Redactor
      const reachable =
        settings.apiKey !== undefined &&
        settings.otlpEndpoint === undefined &&
        settings.exporter === "otlp" &&
        !settings.testMode &&
        !settings.disableTracing
      const calls = reachable && settings.apiKey !== undefined ? remote(settings, settings.apiKey, redactor) : silent
      const announces = calls !== silent && !settings.skipSessionCreation
      yield* Effect.addFinalizer(() => calls.close)
      const fibers = yield* FiberSet.make<unknown>()
      const fork = yield* FiberSet.runtime(fibers)()
      const later = <A>(effect: Effect.Effect<A>) =>
        untraced(() => fork(effect.pipe(Effect.withTracerEnabled(false), background)))

      let isAway = false
      let dropped = 0
      let saidAt = Number.NEGATIVE_INFINITY
      const said = (what: string, cause: Cause.Cause<unknown>): Effect.Effect<callQueue.Outcome> => {
        const reason = describeCause(cause).message
        const away = awayOf(cause)
        if (away === undefined) {
          isAway = false
          return Effect.as(warn(`HoneyHive: ${what}: ${reason}`), undefined)
        }
        if (isAway) return Effect.succeed(away)
        isAway = true
        return Effect.as(warn(`HoneyHive: what there is to say of sessions waits: ${reason}`), away)
      }
      const sayDropped = (): Effect.Effect<void> =>
        warn(`HoneyHive: ${dropped} updates of sessions were dropped, because too many wait for the backend`)
      const queue = callQueue.make({
        most: CALLS,
        bounds: BOUNDS,
        fork: ({ change, make, what }) =>
          later(
            make(change).pipe(
              Effect.map((): callQueue.Outcome => {
                isAway = false
                return undefined
              }),
              Effect.catchCause((cause) =>
                Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause as Cause.Cause<never>) : said(what, cause)
              )
            )
          ),
        sleep: (millis) => later(Effect.sleep(millis)),
        onDropped: () => {
          dropped++
          const now = clock.currentTimeMillisUnsafe()
          if (now - saidAt < SAYS_EVERY) return
          saidAt = now
          later(sayDropped())
        }
      })
      const watchers = new Map<string, (span: ReadableSpan) => void>()

      const enqueue = (call: callQueue.Call): void => {
        if (calls !== silent) queue.add(call)
      }

      const announce = (session: SessionInfo, options: SessionOptions, known: Values): void => {
        if (!announces) return
        const { inputs, metadata } = options
        // Copied now: the program may change its objects before the call is made
        const said: StartSession = {
          session_id: session.id,
          session_name: session.name,
          event_name: session.name,
          source: settings.source,
          start_time: session.startTime,
          ...(inputs === undefined ? {} : { inputs: toContent(inputs) }),
          ...(metadata === undefined && Object.keys(known).length === 0
            ? {}
            : { metadata: { ...toContent(known), ...toContent(metadata ?? {}) } }),
          ...(session.userProperties === undefined ? {} : { user_properties: session.userProperties })
        }
        enqueue({
          id: session.id,
          what: "starting a session failed, spans still carry it",
          bytes: callQueue.sizeOf(said),
          make: () => calls.start(said)
        })
      }

      const begin = (options: SessionOptions): SessionInfo => {
        // A plain JavaScript caller's number is an id like any other
        const id = options.id === undefined ? crypto.randomUUID() : sessionIdOf(String(options.id))
        const correlation = options.id === undefined || isUuid(options.id) ? undefined : String(options.id)
        const user = userOf(options)
        const session: SessionInfo = {
          id,
          name: options.name ?? settings.sessionName,
          startTime: clock.currentTimeMillisUnsafe(),
          experiment: experimentOf(options),
          ...(user === undefined ? {} : { userProperties: user })
        }
        Object.defineProperty(session, Owner, { value: queue })
        if (options.onSpanEnd !== undefined) watchers.set(session.id, options.onSpanEnd)
        announce(session, options, {
          ...(correlation === undefined ? {} : { session_id: correlation }),
          ...session.experiment
        })
        return session
      }

      const update = (id: string, change: UpdateEvent): void =>
        enqueue({
          id,
          what: "updating a session failed",
          bytes: callQueue.sizeOf(change),
          change,
          make: (joined = change) => calls.update(id, joined)
        })

      const updateEvent = (id: string, change: UpdateEvent, ready: Effect.Effect<unknown, unknown>): void =>
        enqueue({
          id,
          what: "updating an event failed",
          bytes: callQueue.sizeOf(change),
          make: () => Effect.andThen(within(settings.httpTimeout, Effect.ignore(ready)), calls.update(id, change))
        })

      const ended = new WeakSet<Ending>()
      const end = (session: Ending, exit: Exit.Exit<unknown, unknown>, { outputs, status }: SessionEnd = {}): void => {
        watchers.delete(session.id)
        if (!announces || ended.has(session)) return
        ended.add(session)
        const now = clock.currentTimeMillisUnsafe()
        update(session.id, {
          end_time: now,
          ...(session.startTime === undefined ? {} : { duration: now - session.startTime }),
          ...(outputs === undefined ? {} : { outputs: toContent(outputs) }),
          metadata: Exit.isFailure(exit)
            ? { status: status ?? "error", error: describeCause(exit.cause).message }
            : { status: status ?? "ok" }
        })
      }

      let own: SessionInfo | undefined
      const flush = queue.idle

      const sayLost = Effect.suspend(() => {
        const lost = queue.waiting() + dropped
        return lost === 0 ? Effect.void : warn(`HoneyHive: ${lost} updates of sessions are lost: nobody answered`)
      })

      let closing: Effect.Effect<void> | undefined
      const close = Effect.fnUntraced(function* (exit: Exit.Exit<unknown, unknown>) {
        if (closing === undefined) {
          if (own !== undefined) end(own, exit)
          closing = yield* Effect.cached(Effect.andThen(within(settings.shutdownTimeout, flush), sayLost))
        }
        yield* closing
      })
      yield* Effect.addFinalizer(close)

      const ownSession = (): SessionInfo => (own ??= begin({ id: settings.sessionId, inputs: settings.inputs }))
      const here = (current: SessionInfo | undefined): SessionInfo => {
        const owner = current === undefined ? undefined : ownerOf(current)
        return current === undefined || (owner !== undefined && owner !== queue) ? ownSession() : current
      }

      return Sessions.of({
        own: ownSession,
        here,
        start: (options = {}) => Effect.sync(() => begin(options)),
        end: (session, exit, how) => Effect.sync(() => end(session, exit, how)),
        update: (id, change) => Effect.sync(() => update(id, change)),
        updateEvent: (id, change, ready) => Effect.sync(() => updateEvent(id, change, ready)),
        spanEnded: (span) => {
          if (watchers.size > 0) watchers.get(String(span.attributes[Attributes.SESSION_ID]))?.(span)
        },
        flush,
        close
      })
    })
  ).pipe(Layer.provide(Redactor.layer))
}
