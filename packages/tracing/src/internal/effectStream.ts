/**
 * Watching an Effect `Stream`, which is read by nobody yet: every run of it is watched by itself.
 *
 * The modules of streams are not imported (they cost more than the rest of this package): a stream is made of a channel,
 * and a channel of one function that gives the effect to pull from.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { Watcher } from "./streams.ts"

interface RunWatcher extends Watcher {
  /** Holds the span of the run. */
  readonly context: Context.Context<never>
}

type Pull = Effect.Effect<unknown, unknown>

interface Channel {
  readonly transform: (upstream: unknown, scope: Scope.Scope) => Effect.Effect<Pull, unknown>
}

export interface EffectStream {
  readonly channel: Channel
}

export const isEffectStream = (value: unknown): value is EffectStream =>
  Predicate.hasProperty(value, "~effect/Stream") &&
  Predicate.hasProperty(value, "channel") &&
  Predicate.hasProperty(value.channel, "transform") &&
  typeof value.channel.transform === "function"

/** The same object, but for one property. */
const withProperty = <A extends object>(object: A, property: Partial<A>): A =>
  Object.assign(Object.create(Object.getPrototypeOf(object)), object, property)

const isDone = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) => Cause.isFailReason(reason) && Cause.isDone(reason.error))

const watchPull = (pull: Pull, watcher: RunWatcher): Pull =>
  Effect.onExit(pull, (exit) =>
    Effect.sync(() => {
      if (Exit.isFailure(exit)) {
        if (isDone(exit.cause)) watcher.end("finished")
        else if (Cause.hasInterruptsOnly(exit.cause)) watcher.end("stopped early")
        else watcher.fail(Cause.squash(exit.cause))
      } else if (Array.isArray(exit.value)) {
        for (const element of exit.value) watcher.chunk(element)
      }
    })
  )

/**
 * A stream that tells how each run of it goes; `open` says who watches a run, if anybody does.
 */
export const watchEffectStream = (
  stream: EffectStream,
  open: (context: Context.Context<never>) => RunWatcher | undefined
): EffectStream => {
  const { channel } = stream
  const transform: Channel["transform"] = (upstream, scope) =>
    Effect.contextWith((context: Context.Context<never>) => {
      const watcher = open(context)
      if (watcher === undefined) return channel.transform(upstream, scope)
      const inside = Effect.provideContext(watcher.context)
      return Scope.addFinalizer(
        scope,
        Effect.sync(() => watcher.end("stopped early"))
      ).pipe(
        Effect.andThen(inside(channel.transform(upstream, scope))),
        Effect.tapCause((cause) => Effect.sync(() => watcher.fail(Cause.squash(cause)))),
        Effect.map((pull) => watchPull(inside(pull), watcher))
      )
    })
  return withProperty(stream, { channel: withProperty(channel, { transform }) })
}
