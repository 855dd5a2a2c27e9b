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
import type * as Redacted from "effect/Redacted"
import * as Semaphore from "effect/Semaphore"
import type { Content } from "@honeyhive/contract/Bucket"
import { Attributes } from "@honeyhive/contract/Attributes"
import type { StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import { isUuid } from "@honeyhive/contract/Uuid"
import { within } from "./internal/deadline.ts"
import { describeCause } from "./internal/failure.ts"
import { warn } from "./internal/log.ts"
import { uuidV5 } from "./internal/uuidV5.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

/**
 * The place of a session in an experiment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Evaluation {
  readonly runId?: string | undefined
  readonly datasetId?: string | undefined
  readonly datapointId?: string | undefined
}

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
  readonly userProperties?: Content | undefined
  readonly inputs?: Content | undefined
  readonly metadata?: Content | undefined
  /** In the session's metadata and on each of its spans, in place of what the instance's configuration says. */
  readonly evaluation?: Evaluation | undefined
  /** Called with every span of the session as it ends, until the session does; it must not throw. */
  readonly onSpanEnd?: ((span: ReadableSpan) => void) | undefined
}

/**
 * A session under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionInfo {
  readonly id: string
  readonly name: string
  /** Unix milliseconds. */
  readonly startTime: number
  /** Absent where the session is no part of an experiment of its own. */
  readonly evaluation?: Evaluation
}

const Owner: unique symbol = Symbol("@honeyhive/tracing/Session/Owner")

/** The instance that started the session, if one did. */
const ownerOf = (session: SessionInfo): unknown => (session as { [Owner]?: unknown })[Owner] // absent on others

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

const evaluationMetadata = (evaluation: Evaluation | undefined): Content => ({
  ...(evaluation?.runId === undefined ? {} : { run_id: evaluation.runId }),
  ...(evaluation?.datasetId === undefined ? {} : { dataset_id: evaluation.datasetId }),
  ...(evaluation?.datapointId === undefined ? {} : { datapoint_id: evaluation.datapointId })
})

/** A call to the backend: what happens, when it happens, is the business of {@link Sessions}. */
interface Calls {
  readonly start: (session: StartSession) => Effect.Effect<void, unknown>
  readonly update: (id: string, update: UpdateEvent) => Effect.Effect<void, unknown>
}

const silent: Calls = { start: () => Effect.void, update: () => Effect.void }

// Loaded when the first session is announced: the REST client is the larger half of this package's import time
const remote = (settings: Settings, apiKey: Redacted.Redacted): Calls => {
  const client = () => Effect.promise(() => import("./internal/sessionClient.ts"))
  return {
    start: (session) => Effect.flatMap(client(), (_) => _.start(settings.url, apiKey, session)),
    update: (id, update) => Effect.flatMap(client(), (_) => _.update(settings.url, apiKey, id, update))
  }
}

/**
 * The sessions of this instance.
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
    /** Ends a session with outputs, or with the cause of its failure. */
    readonly end: (session: SessionInfo, exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
    /** Adds to what the backend knows of a session; returns at once. */
    readonly update: (id: string, update: UpdateEvent) => Effect.Effect<void>
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
      const announces =
        settings.apiKey !== undefined &&
        settings.otlpEndpoint === undefined &&
        settings.exporter === "otlp" &&
        !settings.testMode &&
        !settings.disableTracing &&
        !settings.skipSessionCreation
      const calls = announces && settings.apiKey !== undefined ? remote(settings, settings.apiKey) : silent
      const fibers = yield* FiberSet.make<void>()
      const fork = yield* FiberSet.runtime(fibers)()
      const inFlight = yield* Semaphore.make(8)
      const announced = new Map<string, Effect.Effect<void>>()
      const watchers = new Map<string, (span: ReadableSpan) => void>()

      const deliver = (what: string, call: Effect.Effect<void, unknown>): Effect.Effect<void> =>
        call.pipe(
          Effect.timeout(settings.exportTimeout),
          inFlight.withPermits(1),
          Effect.catchCause((cause) =>
            Cause.hasInterruptsOnly(cause)
              ? Effect.void
              : warn(`HoneyHive: ${what} failed, spans still carry the session: ${describeCause(cause).message}`)
          ),
          Effect.withTracerEnabled(false)
        )

      // Calls of one session keep their order: each waits for the one before it
      const enqueue = (id: string, what: string, call: Effect.Effect<void, unknown>): void => {
        if (calls === silent) return
        const before = announced.get(id) ?? Effect.void
        const fiber = fork(Effect.andThen(before, deliver(what, call)))
        const settled = Effect.callback<void>((resume) => {
          fiber.addObserver(() => resume(Effect.void))
        })
        announced.set(id, settled)
        fiber.addObserver(() => {
          if (announced.get(id) === settled) announced.delete(id)
        })
      }

      const begin = (options: SessionOptions): SessionInfo => {
        const correlation = options.id === undefined || isUuid(options.id) ? undefined : options.id
        const metadata =
          correlation === undefined && options.evaluation === undefined
            ? options.metadata
            : {
                ...(correlation === undefined ? {} : { session_id: correlation }),
                ...evaluationMetadata(options.evaluation),
                ...options.metadata
              }
        const session: SessionInfo = {
          id: correlation === undefined ? (options.id?.toLowerCase() ?? crypto.randomUUID()) : uuidV5(correlation),
          name: options.name ?? settings.sessionName,
          startTime: clock.currentTimeMillisUnsafe(),
          ...(options.evaluation === undefined ? {} : { evaluation: options.evaluation })
        }
        if (options.onSpanEnd !== undefined) watchers.set(session.id, options.onSpanEnd)
        Object.defineProperty(session, Owner, { value: announced })
        enqueue(
          session.id,
          "starting a session",
          Effect.suspend(() =>
            calls.start({
              session_id: session.id,
              session_name: session.name,
              event_name: session.name,
              source: settings.source,
              start_time: session.startTime,
              ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
              ...(metadata === undefined ? {} : { metadata }),
              ...(options.userId === undefined && options.userProperties === undefined
                ? {}
                : {
                    user_properties: {
                      ...options.userProperties,
                      ...(options.userId === undefined ? {} : { user_id: options.userId })
                    }
                  })
            })
          )
        )
        return session
      }

      const update = (id: string, change: UpdateEvent): void =>
        enqueue(
          id,
          "updating a session",
          Effect.suspend(() => calls.update(id, change))
        )

      const end = (session: SessionInfo, exit: Exit.Exit<unknown, unknown>): void => {
        const now = clock.currentTimeMillisUnsafe()
        watchers.delete(session.id)
        update(session.id, {
          end_time: now,
          duration: now - session.startTime,
          ...(Exit.isFailure(exit)
            ? { metadata: { status: "error", error: describeCause(exit.cause).message } }
            : { metadata: { status: "ok" } })
        })
      }

      let own: SessionInfo | undefined
      const flush = FiberSet.awaitEmpty(fibers)

      let closing: Effect.Effect<void> | undefined
      const close = Effect.fnUntraced(function* (exit: Exit.Exit<unknown, unknown>) {
        if (closing === undefined) {
          if (own !== undefined) end(own, exit)
          closing = yield* Effect.cached(within(settings.shutdownTimeout, flush))
        }
        yield* closing
      })
      yield* Effect.addFinalizer(close)

      const ownSession = (): SessionInfo => (own ??= begin({ id: settings.sessionId }))
      const here = (current: SessionInfo | undefined): SessionInfo => {
        const owner = current === undefined ? undefined : ownerOf(current)
        return current === undefined || (owner !== undefined && owner !== announced) ? ownSession() : current
      }

      return Sessions.of({
        own: ownSession,
        here,
        start: (options = {}) => Effect.sync(() => begin(options)),
        end: (session, exit) => Effect.sync(() => end(session, exit)),
        update: (id, change) => Effect.sync(() => update(id, change)),
        spanEnded: (span) => {
          if (watchers.size > 0) watchers.get(String(span.attributes[Attributes.SESSION_ID]))?.(span)
        },
        flush,
        close
      })
    })
  )
}
