/**
 * An instance for programs that are not written in Effect.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Receipt } from "./Delivery.ts"
import * as Description from "./Description.ts"
import type { Members } from "./Baggage.ts"
import type { Enrichment } from "./Enrichment.ts"
import { type Attachment, HoneyHive, layerNamed, type WithSessionOptions } from "./HoneyHive.ts"
import { callerOf } from "./internal/caller.ts"
import type { GivenSpan } from "./internal/givenSpan.ts"
import * as instance from "./internal/instance.ts"
import { endWith } from "./internal/operations.ts"
import * as registry from "./internal/registry.ts"
import { settle } from "./internal/settle.ts"
import { type Operations, operations } from "./PlainSpan.ts"
import { CurrentSession, type SessionEnd, type SessionInfo, type SessionOptions } from "./Session.ts"
import type { Options, Settings, TracerConfigError } from "./TracerConfig.ts"

/**
 * A running instance. Its operations belong to it wherever they are called: below what runs there, where that is this
 * instance's, else at the root of a trace.
 *
 * @category models
 * @since 0.1.0
 */
export interface Handle extends AsyncDisposable, Operations {
  /** Tells this instance from every other one: see `Registry`. */
  readonly id: string
  /** Runs a function in a session of its own; it ends when the function, or the promise it returns, does. */
  readonly withSession: <A>(options: WithSessionOptions<Awaited<A>>, evaluate: () => A) => A
  /** Starts a session that the program ends itself, with `endSession`; `within` runs code in it. */
  readonly startSession: (options?: SessionOptions) => SessionInfo
  /** Ends the current session, or one that is given or named by its id, in the background. */
  readonly endSession: {
    (end?: SessionEnd): void
    (session: string | SessionInfo, end?: SessionEnd): void
  }
  /** The session that spans started here belong to. */
  readonly currentSession: () => SessionInfo
  /** Runs a function, and whatever it starts, under this instance, and in a session if one is given. */
  readonly within: <A>(evaluate: () => A, session?: SessionInfo) => A
  /** Adds to the current session, or to one that is given or named by its id, in the background. */
  readonly enrichSession: {
    (enrichment: Enrichment): void
    (session: string | SessionInfo, enrichment: Enrichment): void
  }
  /** Adds to an event after its span has ended, in the background. */
  readonly enrichEvent: (event: string | GivenSpan, enrichment: Enrichment) => void
  /** The effective configuration. */
  readonly settings: Settings
  /** The effective configuration as data that may be shown, and where each value comes from. */
  readonly describe: () => Description.Description
  /** Changes the baggage that every span of this instance has; what `withBaggage` says around a span comes first. */
  readonly setBaggage: (members: Members) => void
  /** Waits until everything that ended before has been accepted or dropped, or the flush deadline has come. */
  readonly flush: () => Promise<Receipt>
  /** Flushes and releases everything, within the shutdown deadline. */
  readonly close: () => Promise<void>
}

const isAttachment = (options: Options | Attachment | undefined): options is Attachment =>
  options !== undefined && "spanProcessor" in options

// A function of its own: what it holds is the runtime, and not what `start` returns
const disposer = (runtime: ManagedRuntime.ManagedRuntime<HoneyHive, TracerConfigError>) => () => void runtime.dispose()

/**
 * Starts an instance. Functions wrapped in `traced` belong to it wherever they are called, as long as it is the default
 * (see `Registry`). An instance that is not the default is closed when the program lets go of what this returns.
 * With `HoneyHive.attach()` in place of options, it is attached to somebody else's provider. Rejects with a `TracerConfigError` when an option or variable cannot be used.
 *
 * @example
 * ```ts
 * import { start, traced } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search" }, async (query: string) => [`${query}.md`])
 *
 * const hive = await start({ testMode: true, serviceName: "docs" })
 *
 * await hive.withSession({ name: "support", userId: "u1" }, () => search("refunds")) // => ["refunds.md"]
 *
 * await hive.close()
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const start = async (options?: Options | Attachment): Promise<Handle> => {
  const runtime = ManagedRuntime.make(isAttachment(options) ? options.layer : layerNamed(options, callerOf(start)))
  const context = await runtime.context()
  const hive = Context.get(context, HoneyHive)

  /** Where the caller runs, if that is under this instance. Whoever works here holds the handle, and so the instance. */
  const current = (): instance.Found | undefined => instance.named(handle)
  const here = (): Context.Context<HoneyHive> => Context.merge(context, current()?.context ?? Context.empty())
  const launch = (effect: Effect.Effect<void, never, HoneyHive>): void => void Effect.runForkWith(here())(effect)

  const within = <A>(evaluate: () => A, session?: SessionInfo): A =>
    instance.run(session === undefined ? here() : Context.add(here(), CurrentSession, session), evaluate)

  const withSession = <A>({ outputs, ...options }: WithSessionOptions<Awaited<A>>, evaluate: () => A): A => {
    const session = Effect.runSync(hive.startSession(options))
    return settle(
      () => within(evaluate, session),
      (exit) => launch(endWith(hive, session, exit, outputs))
    )
  }

  const close = () => runtime.dispose()
  const { settings } = hive
  const handle: Handle = {
    id: hive.id,
    ...operations(current),
    withSession,
    within,
    startSession: (options) => Effect.runSync(hive.startSession(options)),
    endSession: (first?: string | SessionInfo | SessionEnd, end?: SessionEnd) =>
      // The overloads say which of the two it is
      launch(
        end === undefined ? HoneyHive.endSession(first as SessionEnd) : HoneyHive.endSession(first as string, end)
      ),
    enrichSession: (first: string | SessionInfo | Enrichment, enrichment?: Enrichment) =>
      launch(
        enrichment === undefined
          ? HoneyHive.enrichSession(first as Enrichment)
          : HoneyHive.enrichSession(first as string, enrichment)
      ),
    enrichEvent: (event, enrichment) => launch(HoneyHive.enrichEvent(event, enrichment)),
    currentSession: () => Effect.runSyncWith(here())(hive.session),
    settings,
    describe: () => Description.describe(settings),
    setBaggage: (members) => Effect.runSync(hive.setBaggage(members)),
    flush: () => runtime.runPromise(hive.flush),
    close,
    [Symbol.asyncDispose]: close
  }
  registry.own(hive.id, handle, disposer(runtime))
  return handle
}
