/**
 * An instance from its parts: what `HoneyHive` offers, its place in the registry, and its end.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { Delivery } from "../Delivery.ts"
import type { HoneyHive } from "../HoneyHive.ts"
import { Provider } from "../Provider.ts"
import { CurrentSession, Sessions } from "../Session.ts"
import { TracerConfig } from "../TracerConfig.ts"
import { change } from "./baggage.ts"
import { callersProvider } from "./callers.ts"
import { within } from "./deadline.ts"
import * as handOver from "./handOver.ts"
import { isInstanceTracer } from "./instance.ts"
import { OnlyByChoice, register } from "./registry.ts"

/** Registered under the service that it is. */
export const make = (service: Context.Key<HoneyHive, HoneyHive["Service"]>) =>
  Effect.gen(function* () {
    const settings = yield* TracerConfig
    const sessions = yield* Sessions
    const delivery = yield* Delivery
    const provider = yield* Provider
    const session = Effect.gen(function* () {
      const current = yield* CurrentSession
      if (current !== undefined) return sessions.here(current)
      const span = yield* Effect.option(Effect.currentParentSpan)
      return (Option.isSome(span) ? provider.sessionOf(span.value.traceId) : undefined) ?? sessions.own()
    })
    const shutdown = (exit: Exit.Exit<unknown, unknown>) =>
      Effect.suspend(() => {
        for (const end of provider.open) end()
        // Before anything is waited for, so that an instance that takes over (a hot reload) finds the global free
        provider.release()
        // Both halves have the whole deadline, instead of one after the other
        return Effect.all([sessions.close(exit), delivery.close], { concurrency: 2 })
      })
    yield* Effect.addFinalizer(shutdown)
    // Both have the deadline: a backend that hangs while a session is announced must not hold the program either
    const flush = Effect.map(
      Effect.all([delivery.flush, within(settings.flushTimeout, sessions.flush)], { concurrency: 2 }),
      ([receipt]) => receipt
    )
    const over = yield* handOver.whenOver(flush)
    const hive: HoneyHive["Service"] = {
      id: provider.stamp.identity.id,
      session,
      startSession: sessions.start,
      endSession: (session, exit, end) => Effect.andThen(sessions.end(session, exit, end), Effect.sync(over)),
      updateSession: (update, id) =>
        id === undefined
          ? Effect.flatMap(session, ({ id }) => sessions.update(id, update))
          : sessions.update(id, update),
      updateEvent: (id, update) => sessions.updateEvent(id, update, delivery.flush),
      flush,
      settings,
      tracerProvider: provider.tracerProvider,
      providerMode: provider.mode,
      setBaggage: (members) =>
        Effect.sync(() => {
          provider.stamp.baggage = change(provider.stamp.baggage, members)
        }),
      instrumentationProvider: callersProvider(provider.tracerProvider, provider.stamp)
    }
    const own = yield* Effect.tracer
    // With tracing disabled, this is the tracer of somebody else
    if (isInstanceTracer(own) && own.open === provider.open) {
      const context = Context.make(Tracer.Tracer, own).pipe(Context.add(service, hive))
      const run = Effect.runPromiseWith(yield* Effect.context<never>())
      const leave = register({
        id: hive.id,
        tracer: own,
        context,
        facade: hive,
        handlesSignals: settings.handleSignals,
        ended: delivery.ended,
        flush: () => run(Effect.ignore(hive.flush)),
        shutdown: () => run(Effect.asVoid(shutdown(Exit.void))),
        spill: delivery.spill,
        onlyByChoice: yield* OnlyByChoice
      })
      yield* Effect.addFinalizer(() => Effect.sync(leave))
    }
    return hive
  })

/**
 * Layers are shared by reference wherever a program provides them; an instance must share its parts with nobody.
 */
export const isolated = <A, E>(layer: Layer.Layer<A, E>): Layer.Layer<A, E> =>
  Layer.fromBuildMemo((_, scope) => Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope))
