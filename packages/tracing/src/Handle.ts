/**
 * An instance for programs that are not written in Effect.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { Receipt } from "./Delivery.ts"
import * as Description from "./Description.ts"
import { type Attachment, HoneyHive } from "./HoneyHive.ts"
import * as instance from "./internal/instance.ts"
import type { Members } from "./Baggage.ts"
import { CurrentSession, type SessionOptions } from "./Session.ts"
import type { Options, Settings } from "./TracerConfig.ts"

/**
 * A running instance.
 *
 * @category models
 * @since 0.1.0
 */
export interface Handle extends AsyncDisposable {
  /** Runs a function in a session of its own; it ends when the function, or the promise it returns, does. */
  readonly withSession: <A>(options: SessionOptions, evaluate: () => A) => A
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

/**
 * Starts an instance. Functions wrapped in `traced` belong to it wherever they are called, as long as it is the default
 * (see `Registry`). With `HoneyHive.attach()` in place of options, it is attached to somebody else's provider. Rejects with a `TracerConfigError` when an option or variable cannot be used.
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
  const runtime = ManagedRuntime.make(isAttachment(options) ? options.layer : HoneyHive.layer(options))
  const context = await runtime.context()
  const hive = Context.get(context, HoneyHive)

  const withSession = <A>(options: SessionOptions, evaluate: () => A): A => {
    const session = Effect.runSync(hive.startSession(options))
    const end = (exit: Exit.Exit<unknown, unknown>): void => Effect.runSync(hive.endSession(session, exit))
    let result: A
    try {
      result = instance.run(Context.add(context, CurrentSession, session), evaluate)
    } catch (error) {
      end(Exit.fail(error))
      throw error
    }
    if (!(result instanceof Promise)) {
      end(Exit.void)
      return result
    }
    // A promise made from it, so that a rejection that nobody handles is still reported
    return result.then(
      (value: unknown) => {
        end(Exit.void)
        return value
      },
      (error: unknown) => {
        end(Exit.fail(error))
        throw error
      }
    ) as A // what `evaluate` promised, by way of another promise
  }

  const close = () => runtime.dispose()
  const setBaggage = (members: Members): void => Effect.runSync(hive.setBaggage(members))
  const { settings } = hive
  const describe = () => Description.describe(settings)
  return {
    withSession,
    settings,
    describe,
    setBaggage,
    flush: () => runtime.runPromise(hive.flush),
    close,
    [Symbol.asyncDispose]: close
  }
}
