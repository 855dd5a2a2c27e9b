/**
 * Spans for plain functions: same function, same result, same error, and an event with its inputs and outputs.
 *
 * A traced function belongs to whichever instance it is called under: the fiber that calls it, or the traced function
 * around it. Outside of every instance it is the plain function.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import { Attributes } from "@honeyhive/contract/Attributes"
import { flatten } from "@honeyhive/contract/Bucket"
import type { EventType } from "@honeyhive/contract/Event"
import * as instance from "./internal/instance.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface TracedOptions {
  /** Name of the event. Default: the function's name. */
  readonly name?: string | undefined
  /** Default: `tool`. */
  readonly type?: EventType | undefined
  /** Whether arguments are recorded. Default: true. */
  readonly captureInput?: boolean | undefined
  /** Whether the result is recorded. Default: true. */
  readonly captureOutput?: boolean | undefined
}

// Any function at all: its own types are kept by the type parameter
type AnyFunction = (...args: never) => unknown

/** Simple parameter lists name the inputs; anything more complex is numbered. */
const parameterNames = (fn: AnyFunction): ReadonlyArray<string> => {
  const list = /^(?:async\s*)?(?:function\s*\*?\s*)?[\w$]*\s*\(([\w$,\s]*)\)/.exec(Function.prototype.toString.call(fn))
  return (
    list?.[1]
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "") ?? []
  )
}

const isAsyncFunction = (fn: AnyFunction): boolean => Object.prototype.toString.call(fn) === "[object AsyncFunction]"

/** Whatever goes wrong on our side stays here. */
const safely = (record: () => void): void => {
  try {
    record()
  } catch {
    // Tracing never changes the program
  }
}

interface Running {
  readonly span: Tracer.Span
  readonly clock: Clock.Clock
  readonly context: Context.Context<never>
}

const begin = (name: string, type: EventType): Running | undefined => {
  try {
    const found = instance.current()
    if (found === undefined) return undefined
    const { context, tracer } = found
    const clock = Context.get(context, Clock.Clock)
    const span = tracer.span({
      name,
      parent: Context.getOption(context, Tracer.ParentSpan),
      annotations: Context.empty(),
      links: [],
      startTime: clock.currentTimeNanosUnsafe(),
      kind: "internal",
      root: false,
      sampled: true
    })
    span.attribute(Attributes.EVENT_TYPE, type)
    return { span, clock, context: Context.add(context, Tracer.ParentSpan, span) }
  } catch {
    return undefined
  }
}

const wrap = <F extends AnyFunction>(options: TracedOptions, fn: F): F => {
  const name = options.name ?? (fn.name === "" ? "anonymous" : fn.name)
  const parameters = parameterNames(fn)
  const { captureInput = true, captureOutput = true, type = "tool" } = options

  const recordInputs = (span: Tracer.Span, args: ArrayLike<unknown>): void => {
    for (let index = 0; index < args.length; index++) {
      const parameter = parameters[index] ?? `arg${index}`
      flatten(`honeyhive_inputs._params_.${parameter}`, args[index], (key, value) => span.attribute(key, value))
    }
  }

  const succeed = ({ clock, span }: Running, result: unknown): void =>
    safely(() => {
      if (captureOutput) flatten("honeyhive_outputs.result", result, (key, value) => span.attribute(key, value))
      span.end(clock.currentTimeNanosUnsafe(), Exit.void)
    })

  const fail = ({ clock, span }: Running, error: unknown): void =>
    safely(() => span.end(clock.currentTimeNanosUnsafe(), Exit.failCause(Cause.fail(error))))

  const isAsync = isAsyncFunction(fn)

  const observe = (running: Running, promise: Promise<unknown>): Promise<unknown> => {
    const onSuccess = (value: unknown) => {
      succeed(running, value)
      return value
    }
    const onFailure = (error: unknown) => {
      fail(running, error)
      throw error
    }
    // An async function's promise is new to everybody, so a promise made from it can stand in its place, and a rejection
    // that nobody handles is still reported. Another function's promise may be known elsewhere: it is handed on itself.
    if (isAsync) return promise.then(onSuccess, onFailure)
    promise.then(onSuccess, (error: unknown) => fail(running, error))
    return promise
  }

  const traced = function (this: unknown, ...args: Array<unknown>): unknown {
    const running = begin(name, type)
    // `F` takes what the caller of the wrapper passed
    const call = () => Reflect.apply(fn, this, args as never)
    if (running === undefined) return call()
    if (captureInput) safely(() => recordInputs(running.span, args))
    let result: unknown
    try {
      result = instance.run(running.context, call)
    } catch (error) {
      fail(running, error)
      throw error
    }
    if (result instanceof Promise && result.constructor === Promise) return observe(running, result)
    succeed(running, result)
    return result
  }

  Object.defineProperties(traced, Object.getOwnPropertyDescriptors(fn))
  Object.setPrototypeOf(traced, Object.getPrototypeOf(fn))
  // Same parameters, result and `this` as `fn`
  return traced as unknown as F
}

/**
 * Makes a function traced.
 *
 * The function runs exactly once per call, with its own `this`; its result, its error and whether it is asynchronous stay
 * what they are. Arguments are recorded before it runs, so they show what it was called with.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter, traced } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search", type: "tool" }, async (query: string) => ({ query, hits: 3 }))
 *
 * const program = Effect.gen(function*() {
 *   const found = yield* Effect.promise(() => search("refund"))
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return [found.hits, span?.attributes["honeyhive_inputs._params_.query"]]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => [3, "refund"]
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const traced: {
  <F extends AnyFunction>(fn: F): F
  <F extends AnyFunction>(options: TracedOptions, fn: F): F
  (options: TracedOptions): <F extends AnyFunction>(fn: F) => F
} = <F extends AnyFunction>(first: TracedOptions | F, second?: F) =>
  typeof first === "function"
    ? wrap({}, first)
    : second === undefined
      ? <G extends AnyFunction>(fn: G) => wrap(first, fn)
      : // The overloads above tell callers which of the three they get
        (wrap(first, second) as never)
