/**
 * Flushing where the process does not outlive the response: AWS Lambda, Vercel, Next.js, Cloudflare Workers.
 *
 * A Lambda is frozen as soon as its response is out, so the flush comes first, within the flush deadline. The others run on
 * until the work they were told of is done: there the response goes out first, and the platform waits for the flush.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { HoneyHive } from "./HoneyHive.ts"
import { handOver, PlatformWaitUntil, type WaitUntil } from "./internal/handOver.ts"
import { getDefault } from "./Registry.ts"

/**
 * The platform's function that keeps a process running: `waitUntil` of `@vercel/functions`, `after` of `next/server`,
 * `ctx.waitUntil` of a Cloudflare Worker.
 *
 * @category models
 * @since 0.1.0
 */
export type { WaitUntil } from "./internal/handOver.ts"

const VERCEL = Symbol.for("@vercel/request-context")

/**
 * The `waitUntil` of the request that the calling code runs in, as Vercel publishes it; `undefined` elsewhere.
 *
 * @example
 * ```ts
 * import { Serverless } from "@honeyhive/tracing"
 *
 * Serverless.vercelWaitUntil() // => undefined
 * ```
 *
 * @category platforms
 * @since 0.1.0
 */
export const vercelWaitUntil = (): WaitUntil | undefined => {
  const published: unknown = Reflect.get(globalThis, VERCEL)
  if (!Predicate.hasProperty(published, "get") || typeof published.get !== "function") return undefined
  const request: unknown = published.get()
  if (!Predicate.hasProperty(request, "waitUntil") || typeof request.waitUntil !== "function") return undefined
  const { waitUntil } = request
  return (work) => Reflect.apply(waitUntil, request, [work])
}

const onVercel: WaitUntil = (work) => vercelWaitUntil()?.(work)

/**
 * Flushes an instance whenever a session or a root span has ended, and has the platform wait for it. Give it to the
 * instance's Layer. Without a function, it is the one that Vercel publishes for each request.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HoneyHive, Serverless } from "@honeyhive/tracing"
 *
 * // `waitUntil` of `@vercel/functions`, or `after` of `next/server`
 * const told: Array<Promise<unknown>> = []
 * const waitUntil = (work: Promise<unknown>) => void told.push(work)
 *
 * const live = HoneyHive.layer({ testMode: true }).pipe(Layer.provide(Serverless.withWaitUntil(waitUntil)))
 *
 * await Effect.runPromise(Effect.void.pipe(Effect.withSpan("request"), Effect.provide(live)))
 * told.length // => 1
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const withWaitUntil = (waitUntil: WaitUntil = onVercel): Layer.Layer<never> =>
  Layer.succeed(PlatformWaitUntil, waitUntil)

/**
 * Flushes when the effect is over, successful or not, and before its result is handed on: for a handler on Lambda. It takes
 * no longer than the flush deadline, and changes neither result nor error.
 *
 * @example
 * ```ts
 * import { Effect, ManagedRuntime } from "effect"
 * import { HoneyHive, Serverless } from "@honeyhive/tracing"
 *
 * // Once per cold start
 * const runtime = ManagedRuntime.make(HoneyHive.layer({ testMode: true }))
 *
 * const handler = (event: { readonly question: string }) =>
 *   Effect.succeed(`about ${event.question}`).pipe(
 *     Effect.withSpan("answer"),
 *     HoneyHive.withSession({ name: "support" }),
 *     Serverless.flushAfter,
 *     runtime.runPromise
 *   )
 *
 * await handler({ question: "refunds" }) // => "about refunds"
 * ```
 *
 * @category flushing
 * @since 0.1.0
 */
export const flushAfter = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | HoneyHive> =>
  Effect.flatMap(HoneyHive, (hive) => Effect.ensuring(effect, Effect.ignoreCause(hive.flush)))

/**
 * Starts a flush when the effect is over and has the platform wait for it, so that the result does not: for platforms that
 * give each request a function of its own.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Serverless } from "@honeyhive/tracing"
 *
 * const told: Array<Promise<unknown>> = []
 * const ctx = { waitUntil: (work: Promise<unknown>) => void told.push(work) }
 *
 * const response = Effect.succeed("hello").pipe(
 *   Effect.withSpan("request"),
 *   Serverless.flushLater((work) => ctx.waitUntil(work)),
 *   Effect.provide(HoneyHive.layer({ testMode: true }))
 * )
 *
 * await Effect.runPromise(response) // => "hello"
 * told.length // => 1
 * ```
 *
 * @category flushing
 * @since 0.1.0
 */
export const flushLater: {
  (waitUntil: WaitUntil): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | HoneyHive>
  <A, E, R>(effect: Effect.Effect<A, E, R>, waitUntil: WaitUntil): Effect.Effect<A, E, R | HoneyHive>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, waitUntil: WaitUntil): Effect.Effect<A, E, R | HoneyHive> =>
  Effect.flatMap(HoneyHive, (hive) =>
    Effect.ensuring(
      effect,
      Effect.sync(() => handOver(hive.flush, waitUntil))
    )
  )
)

/**
 * What a handler flushes when its response is out, and who waits for that.
 *
 * @category models
 * @since 0.1.0
 */
export interface HandlerOptions<Args extends ReadonlyArray<unknown>> {
  /** What to flush: what `start` returned. Default: the default instance of the `Registry`. */
  readonly hive?: { readonly flush: () => Promise<unknown> } | undefined
  /** The request's `waitUntil`. Default: the one that Vercel publishes; where there is none, the response waits. */
  readonly waitUntil?: ((...args: Args) => WaitUntil | undefined) | undefined
}

const flushOf = (hive: HandlerOptions<[]>["hive"]): Effect.Effect<unknown, unknown> =>
  hive === undefined ? (getDefault()?.flush ?? Effect.void) : Effect.tryPromise(() => hive.flush())

/** Time to hand the response over, in milliseconds: an invocation that runs out of it fails, whatever its handler said. */
const MARGIN = 200

const remaining = (args: ReadonlyArray<unknown>): number => {
  for (const arg of args) {
    if (Predicate.hasProperty(arg, "getRemainingTimeInMillis") && typeof arg.getRemainingTimeInMillis === "function") {
      return Math.max(0, Number(arg.getRemainingTimeInMillis()) - MARGIN)
    }
  }
  return Number.POSITIVE_INFINITY
}

const before = (flush: Effect.Effect<unknown, unknown>, millis: number): Promise<void> =>
  Effect.runPromise(
    Effect.ignoreCause(Number.isFinite(millis) ? Effect.asVoid(Effect.timeoutOption(flush, millis)) : flush)
  )

/**
 * Makes a handler of AWS Lambda flush before its response goes out, within the flush deadline (2 s on Lambda) and what the
 * invocation has left. Result and error stay the handler's own; what cannot be sent in that time is tried again in the
 * next invocation.
 *
 * @example
 * ```ts
 * import { Serverless, start, traced } from "@honeyhive/tracing"
 *
 * const answer = traced({ name: "answer", type: "chain" }, async (question: string) => `about ${question}`)
 *
 * // Once per cold start
 * const hive = await start({ testMode: true })
 *
 * export const handler = Serverless.lambda((event: { readonly question: string }) => answer(event.question), { hive })
 *
 * await handler({ question: "refunds" }) // => "about refunds"
 *
 * await hive.close()
 * ```
 *
 * @category handlers
 * @since 0.1.0
 */
export const lambda = <Args extends ReadonlyArray<unknown>, A>(
  handler: (...args: Args) => A | Promise<A>,
  { hive }: Pick<HandlerOptions<Args>, "hive"> = {}
): ((...args: Args) => Promise<A>) =>
  async function (this: unknown, ...args) {
    try {
      return await Reflect.apply(handler, this, args)
    } finally {
      await before(flushOf(hive), remaining(args))
    }
  }

/**
 * Makes a handler of another platform flush when it is done, while its response goes out and the platform waits.
 *
 * @example
 * ```ts
 * import { Serverless, start } from "@honeyhive/tracing"
 *
 * interface Context {
 *   readonly waitUntil: (work: Promise<unknown>) => void
 * }
 *
 * const hive = await start({ testMode: true })
 *
 * // Cloudflare: `export default { fetch }`
 * const fetch = Serverless.handler(
 *   async (request: Request, _env: unknown, _ctx: Context) => new Response(`hello ${new URL(request.url).pathname}`),
 *   { hive, waitUntil: (_request, _env, ctx) => (work) => ctx.waitUntil(work) }
 * )
 *
 * const told: Array<Promise<unknown>> = []
 * const response = await fetch(new Request("http://localhost/x"), {}, { waitUntil: (work) => void told.push(work) })
 *
 * await response.text() // => "hello /x"
 * told.length // => 1
 *
 * await hive.close()
 * ```
 *
 * @category handlers
 * @since 0.1.0
 */
export const handler = <Args extends ReadonlyArray<unknown>, A>(
  handle: (...args: Args) => A | Promise<A>,
  { hive, waitUntil = () => vercelWaitUntil() }: HandlerOptions<Args> = {}
): ((...args: Args) => Promise<A>) =>
  async function (this: unknown, ...args) {
    try {
      return await Reflect.apply(handle, this, args)
    } finally {
      const platform = found(() => waitUntil(...args))
      if (platform === undefined) await before(flushOf(hive), Number.POSITIVE_INFINITY)
      else handOver(flushOf(hive), platform)
    }
  }

// A function of the program's: what it throws must not replace the handler's result
const found = <A>(read: () => A): A | undefined => Option.getOrUndefined(Option.liftThrowable(read)())
