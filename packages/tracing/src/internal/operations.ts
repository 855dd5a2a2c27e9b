/**
 * What a program does with an instance: sessions around effects, and more said about spans, events and sessions.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import { enrichGiven, type Enrichment, evaluate, toUpdate, type Values } from "../Enrichment.ts"
import type { HoneyHive } from "../HoneyHive.ts"
import { CurrentSession, type SessionEnd, sessionIdOf, type SessionInfo, type SessionOptions } from "../Session.ts"
import * as SpanHandle from "../SpanHandle.ts"
import { eventIdOf, type GivenSpan } from "./givenSpan.ts"

/**
 * What `withSession` is told besides how the session begins.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithSessionOptions<A> extends SessionOptions {
  /** Whether, or as what, the result becomes the session's outputs. Default: false. */
  readonly outputs?: boolean | ((result: A) => Values) | undefined
}

/**
 * Ends a session with the exit of what ran in it, and with its result if that is wanted.
 */
export const endWith = <A>(
  hive: HoneyHive["Service"],
  session: SessionInfo,
  exit: Exit.Exit<unknown, unknown>,
  capture: WithSessionOptions<A>["outputs"]
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (Exit.isFailure(exit)) return hive.endSession(session, exit)
    // The exit is that of the effect whose result the program asks for
    const said = SpanHandle.outputsOf(capture, exit.value as A)
    return Effect.flatMap(evaluate({ ...said }), ({ fields }) => hive.endSession(session, exit, fields))
  })

/** The operations of the instance that a service names. */
export const operations = (service: Effect.Effect<HoneyHive["Service"], never, HoneyHive>) => {
  const withSession: {
    <A = unknown>(
      options?: WithSessionOptions<A>
    ): <B extends A, E, R>(effect: Effect.Effect<B, E, R>) => Effect.Effect<B, E, R | HoneyHive>
    <A, E, R>(effect: Effect.Effect<A, E, R>, options?: WithSessionOptions<A>): Effect.Effect<A, E, R | HoneyHive>
  } = dual(
    (args) => Effect.isEffect(args[0]),
    <A, E, R>(
      effect: Effect.Effect<A, E, R>,
      { outputs, ...options }: WithSessionOptions<A> = {}
    ): Effect.Effect<A, E, R | HoneyHive> =>
      Effect.flatMap(service, (hive) =>
        Effect.acquireUseRelease(
          hive.startSession(options),
          (session) => Effect.provideService(effect, CurrentSession, session),
          (session, exit) => endWith(hive, session, exit, outputs)
        )
      )
  )

  /** Two arguments say what to add to; one adds to what is current. */
  const isTargeted = <T, R>(
    args: readonly [Enrichment<R>] | readonly [T, Enrichment<R>]
  ): args is readonly [T, Enrichment<R>] => args.length === 2

  const enrichSpan: {
    <R = never>(enrichment: Enrichment<R>): Effect.Effect<void, never, R>
    <R = never>(span: GivenSpan, enrichment: Enrichment<R>): Effect.Effect<void, never, R>
  } = <R>(...args: readonly [Enrichment<R>] | readonly [GivenSpan, Enrichment<R>]): Effect.Effect<void, never, R> => {
    const [span, enrichment] = isTargeted(args)
      ? [Effect.succeed(args[0]), args[1]]
      : [Effect.option(Effect.currentSpan).pipe(Effect.map(Option.getOrUndefined)), args[0]]
    return Effect.flatMap(span, (span) => (span === undefined ? Effect.void : enrichGiven(span, enrichment)))
  }

  const enrichSession: {
    <R = never>(enrichment: Enrichment<R>): Effect.Effect<void, never, HoneyHive | R>
    <R = never>(session: string | SessionInfo, enrichment: Enrichment<R>): Effect.Effect<void, never, HoneyHive | R>
  } = <R>(
    ...args: readonly [Enrichment<R>] | readonly [string | SessionInfo, Enrichment<R>]
  ): Effect.Effect<void, never, HoneyHive | R> =>
    Effect.gen(function* () {
      const hive = yield* service
      const [session, enrichment] = isTargeted(args) ? args : [yield* hive.session, args[0]]
      const id = typeof session === "string" ? sessionIdOf(session) : session.id
      yield* hive.updateSession(toUpdate(yield* evaluate(enrichment)), id)
    })

  const enrichEvent = <R = never>(
    event: string | GivenSpan,
    enrichment: Enrichment<R>
  ): Effect.Effect<void, never, HoneyHive | R> =>
    Effect.gen(function* () {
      const hive = yield* service
      const id = typeof event === "string" ? event : eventIdOf(event)
      yield* hive.updateEvent(id, toUpdate(yield* evaluate(enrichment)))
    })

  const startSession = (options?: SessionOptions): Effect.Effect<SessionInfo, never, HoneyHive> =>
    Effect.flatMap(service, (hive) => hive.startSession(options))

  const isSession = (value: string | SessionInfo | SessionEnd | undefined): value is string | SessionInfo =>
    typeof value === "string" || (value !== undefined && "id" in value)

  const endSession: {
    (end?: SessionEnd): Effect.Effect<void, never, HoneyHive>
    (session: string | SessionInfo, end?: SessionEnd): Effect.Effect<void, never, HoneyHive>
  } = (first?: string | SessionInfo | SessionEnd, second?: SessionEnd): Effect.Effect<void, never, HoneyHive> =>
    Effect.gen(function* () {
      const hive = yield* service
      const [session, end = {}] = isSession(first) ? [first, second] : [yield* hive.session, first]
      yield* hive.endSession(
        typeof session === "string" ? { id: sessionIdOf(session) } : session,
        end.error === undefined ? Exit.void : Exit.fail(end.error),
        end
      )
    })

  const currentSession = Effect.flatMap(service, (hive) => hive.session)

  return { withSession, startSession, endSession, currentSession, enrichSpan, enrichEvent, enrichSession }
}
