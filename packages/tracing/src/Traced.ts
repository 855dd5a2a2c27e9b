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
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { Attributes, type AttributeValue } from "@honeyhive/contract/Attributes"
import { flatten } from "@honeyhive/contract/Bucket"
import type { EventType } from "@honeyhive/contract/Event"
import { type EventWord, fromWord } from "@honeyhive/contract/EventKind"
import { writeFields } from "@honeyhive/contract/Projection"
import { asValues, type Values } from "./Enrichment.ts"
import { writer } from "./internal/bridge.ts"
import * as effectStream from "./internal/effectStream.ts"
import { enter } from "./internal/enter.ts"
import * as instance from "./internal/instance.ts"
import { annotationsOf } from "./internal/startType.ts"
import { safely } from "./internal/safely.ts"
import { watch, watchThenable } from "./internal/streams.ts"
import { type Instance, provideInstance } from "./Registry.ts"

// Any function at all: its own types are kept by the type parameter
type AnyFunction = (...args: never) => unknown

/** What is recorded of a result: what a promise or an Effect gives; of a stream, its chunks put together. */
type Recorded<R> =
  R extends Effect.Effect<infer A, unknown, unknown>
    ? A
    : R extends Iterator<unknown> | AsyncIterable<unknown> | ReadableStream | Stream.Stream<unknown, unknown, unknown>
      ? unknown
      : Awaited<R>

/**
 * How the calls of a function are recorded.
 *
 * @category models
 * @since 0.1.0
 */
export interface TracedOptions<F extends AnyFunction = AnyFunction> {
  /** Name of the event. Default: the function's name. */
  readonly name?: string | undefined
  /** Default: `tool`. `workflow` and `agent` are chains. */
  readonly type?: EventWord | undefined
  /** Whether arguments are recorded, or what of them. Default: true, by their names. */
  readonly captureInput?: boolean | ((args: Parameters<F>) => Values) | undefined
  /** Whether the result is recorded, or what of it. Default: true, as `result`. */
  readonly captureOutput?: boolean | ((result: Recorded<ReturnType<F>>) => Values) | undefined
  /** Further attributes of the span; a function is evaluated at every call, and what it throws is not the program's. */
  readonly attributes?: Values | (() => Values) | undefined
  /** The instance that the calls belong to, wherever they are made. Default: see `Registry`. */
  readonly instance?: Instance | undefined
  /** The same on every event of the function, such as a model's name and settings. */
  readonly config?: Values | undefined
  /** The same on every event of the function. */
  readonly metadata?: Values | undefined
}

/** The same, once and for all calls. */
interface Settings {
  readonly type: EventType
  readonly captureInput: boolean | ((args: ReadonlyArray<unknown>) => unknown)
  readonly captureOutput: boolean | ((result: unknown) => unknown)
  readonly attributes: Values | (() => Values) | undefined
  readonly instance: Instance | undefined
  readonly config: Values | undefined
  readonly metadata: Values | undefined
}

const settingsOf = <F extends AnyFunction>(options: TracedOptions<F>): Settings => ({
  type: fromWord(options.type) ?? "tool",
  // What the hooks take is what `F` takes and gives; whatever they throw stays here
  captureInput: (options.captureInput ?? true) as Settings["captureInput"],
  captureOutput: (options.captureOutput ?? true) as Settings["captureOutput"],
  attributes: options.attributes,
  instance: options.instance,
  config: options.config,
  metadata: options.metadata
})

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

type Write = ReturnType<typeof writer>

const recordConstants = ({ config, metadata }: Settings, write: Write): void => {
  if (config !== undefined || metadata !== undefined) safely(() => writeFields({ config, metadata }, write))
}

const recordInputs = (
  { attributes, captureInput }: Settings,
  args: ReadonlyArray<unknown>,
  nameOf: (index: number) => string,
  write: Write
): void => {
  if (captureInput === true) safely(() => args.forEach((arg, index) => flatten(nameOf(index), arg, write)))
  else if (captureInput !== false) {
    safely(() => writeFields({ inputs: asValues("inputs", captureInput(args)) }, write))
  }
  if (attributes === undefined) return
  safely(() => {
    const said = typeof attributes === "function" ? attributes() : attributes
    for (const [name, value] of Object.entries(said)) flatten(name, value, write)
  })
}

const recordOutput = (captureOutput: Settings["captureOutput"], result: unknown, write: Write): void => {
  if (captureOutput === true) flatten("honeyhive_outputs.result", result, write)
  else if (captureOutput !== false) {
    safely(() => writeFields({ outputs: asValues("outputs", captureOutput(result)) }, write))
  }
}

const MAX_CHUNKS = 256

/** A call under way: its span, and how it ends. */
class Call {
  readonly context: Context.Context<never>
  private readonly span: Tracer.Span
  readonly write: Write
  private readonly clock: Clock.Clock
  private readonly captureOutput: Settings["captureOutput"]
  private readonly chunks: Array<unknown> = []
  private chunkCount = 0
  private readonly started: bigint
  private readonly open: instance.OpenSpans
  private readonly abandon = (): void => this.end("never read to its end")

  constructor(found: instance.Found, name: string, options: Settings) {
    this.clock = Context.get(found.context, Clock.Clock)
    this.started = this.clock.currentTimeNanosUnsafe()
    this.captureOutput = options.captureOutput
    this.open = found.tracer.open
    this.span = found.tracer.span({
      name,
      parent: Context.getOption(found.context, Tracer.ParentSpan),
      annotations: annotationsOf[options.type ?? "tool"],
      links: [],
      startTime: this.started,
      kind: "internal",
      root: false,
      sampled: true
    })
    this.write = writer(this.span)
    this.write(Attributes.EVENT_TYPE, options.type)
    recordConstants(options, this.write)
    this.context = Context.add(found.context, Tracer.ParentSpan, this.span)
  }

  readonly run = <A>(evaluate: () => A): A => instance.run(this.context, evaluate)

  /** The span goes on until its stream is over, or its instance is. */
  readonly keepOpen = (): void => void safely(() => this.open.add(this.abandon))

  private finish(exit: Exit.Exit<unknown, unknown>): void {
    this.open.delete(this.abandon)
    this.span.end(this.clock.currentTimeNanosUnsafe(), exit)
  }

  readonly succeed = (result: unknown): void => {
    safely(() => {
      recordOutput(this.captureOutput, result, this.write)
      this.finish(Exit.void)
    })
  }

  readonly fail = (error: unknown): void => {
    safely(() => {
      if (this.chunkCount > 0) this.recordChunks()
      this.finish(Exit.failCause(Cause.fail(error)))
    })
  }

  readonly chunk = (value: unknown): void => {
    safely(() => {
      if (this.chunkCount++ === 0) {
        const nanos = this.clock.currentTimeNanosUnsafe() - this.started
        this.write("honeyhive_metadata.time_to_first_token_ms", Number(nanos / 1000n) / 1000)
      }
      if (this.captureOutput !== false && this.chunks.length < MAX_CHUNKS) this.chunks.push(value)
    })
  }

  readonly end = (how: "finished" | "stopped early" | "never read to its end"): void => {
    safely(() => {
      this.recordChunks()
      if (how !== "finished") this.write("honeyhive_metadata.stream", how)
      this.finish(Exit.void)
    })
  }

  /** Text is put together again, other chunks are listed. */
  private recordChunks(): void {
    this.write("honeyhive_metadata.chunks", this.chunkCount)
    const all = this.chunks.every(Predicate.isString) ? this.chunks.join("") : this.chunks
    recordOutput(this.captureOutput, all, this.write)
  }
}

const beginIn = (found: instance.Found | undefined, name: string, settings: Settings): Call | undefined =>
  safely(() => {
    if (found === undefined) return undefined
    // Under a named instance nothing of the caller's own may show, such as its session
    return settings.instance === undefined
      ? new Call(found, name, settings)
      : instance.run(found.context, () => new Call(found, name, settings))
  })

const begin = (name: string, settings: Settings): Call | undefined =>
  beginIn(
    safely(() => (settings.instance === undefined ? instance.current() : instance.named(settings.instance))),
    name,
    settings
  )

const wrap = <F extends AnyFunction>(options: TracedOptions<F>, fn: F): F => {
  const settings = settingsOf(options)
  const name = options.name ?? (fn.name === "" ? "anonymous" : fn.name)
  const parameters = parameterNames(fn)
  const isAsync = isAsyncFunction(fn)
  const inputName = (index: number): string => `honeyhive_inputs._params_.${parameters[index] ?? `arg${index}`}`

  /** A value that the program gets now: the end of the call, or the beginning of a stream. */
  const settle = (call: Call, value: unknown): void => {
    if (safely(() => watch(value, call)) === true) call.keepOpen()
    else call.succeed(value)
  }

  const observe = (call: Call, promise: Promise<unknown>): Promise<unknown> => {
    const onSuccess = (value: unknown): unknown => {
      settle(call, value)
      return value
    }
    // An async function's promise is new to everybody, so a promise made from it can stand in its place, and a rejection
    // that nobody handles is still reported. Another function's promise may be known elsewhere: it is handed on itself.
    if (isAsync) {
      return promise.then(onSuccess, (error: unknown) => {
        call.fail(error)
        throw error
      })
    }
    promise.then(onSuccess, call.fail)
    return promise
  }

  const traced = function (this: unknown, ...args: Array<unknown>): unknown {
    const call = begin(name, settings)
    // `F` takes what the caller of the wrapper passed
    const evaluate = () => Reflect.apply(fn, this, args as never)
    if (call === undefined) return evaluate()
    recordInputs(settings, args, inputName, call.write)
    let result: unknown
    try {
      result = call.run(evaluate)
    } catch (error) {
      call.fail(error)
      throw error
    }
    if (isEffect(result)) return lazily(result, args)
    if (isPlainPromise(result)) return observe(call, result)
    if (isThenable(result) && safely(() => watchThenable(result, (value) => settle(call, value), call.fail)) === true) {
      return result
    }
    if (isEffectStream(result)) return eachRun(result, args)
    settle(call, result)
    return result
  }

  /** An Effect has not run yet: each run of it is a span of its own, under the tracer of the fiber that runs it. */
  const lazily = (effect: Effect.Effect<unknown, unknown>, args: ReadonlyArray<unknown>) => {
    const attributes: Record<string, unknown> = { [Attributes.EVENT_TYPE]: settings.type }
    const write: Write = (key, value) => void (attributes[key] = value)
    recordConstants(settings, write)
    recordInputs(settings, args, inputName, write)
    const record = (result: unknown) =>
      Effect.currentSpan.pipe(
        Effect.map((span) => safely(() => recordOutput(settings.captureOutput, result, writer(span)))),
        Effect.ignore
      )
    const recorded = settings.captureOutput === false ? effect : Effect.tap(effect, record)
    const spanned = Effect.withSpan(recorded, name, {
      attributes,
      annotations: annotationsOf[settings.type],
      captureStackTrace: false
    })
    const { instance: chosen } = settings
    if (chosen !== undefined) {
      return Effect.suspend(() => (instance.named(chosen) === undefined ? effect : provideInstance(spanned, chosen)))
    }
    return Effect.flatMap(Effect.tracer, (tracer) => (instance.isInstanceTracer(tracer) ? spanned : effect))
  }

  /** The same for a stream: its span is one reading of it. */
  const eachRun = (stream: effectStream.EffectStream, args: ReadonlyArray<unknown>) => {
    const said: Array<readonly [string, AttributeValue]> = []
    recordInputs(settings, args, inputName, (key, value) => void said.push([key, value]))
    return effectStream.watchEffectStream(stream, (context) => {
      const { instance: chosen } = settings
      const inside = chosen === undefined ? context : enter(context, chosen)
      const call = beginIn(instance.within(inside), name, settings)
      if (call === undefined) return undefined
      for (const [key, value] of said) call.write(key, value)
      call.keepOpen()
      return call
    })
  }

  Object.defineProperties(traced, Object.getOwnPropertyDescriptors(fn))
  Object.setPrototypeOf(traced, Object.getPrototypeOf(fn))
  // Same parameters, result and `this` as `fn`
  return traced as unknown as F
}

// What it needs is the business of whoever runs it
const isEffect = (value: unknown): value is Effect.Effect<unknown, unknown> =>
  safely(() => Effect.isEffect(value)) === true

const isEffectStream = (value: unknown): value is effectStream.EffectStream =>
  safely(() => effectStream.isEffectStream(value)) === true

const isPlainPromise = (value: unknown): value is Promise<unknown> =>
  safely(() => value instanceof Promise && value.constructor === Promise && !Object.hasOwn(value, "then")) === true

const isThenable = (value: unknown): value is object =>
  safely(() => Predicate.isObject(value) && typeof Reflect.get(value, "then") === "function") === true

/**
 * Makes a function traced.
 *
 * The function runs exactly once per call, with its own `this`; its result, its error and whether it is asynchronous stay
 * what they are. Arguments are recorded before it runs, so they show what it was called with.
 *
 * What is read piece by piece (generators, async iterables, web and Node streams) is handed on itself; its span ends when
 * it has been read, has failed, or its reader stops, and says how many chunks there were and when the first one came.
 * A function that returns an Effect or an Effect `Stream` stays lazy: every run of it is a span.
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
  <F extends AnyFunction>(options: TracedOptions<F>, fn: F): F
  (options: TracedOptions): <F extends AnyFunction>(fn: F) => F
} = <F extends AnyFunction>(first: TracedOptions<F> | F, second?: F) =>
  typeof first === "function"
    ? wrap({}, first)
    : second === undefined
      ? (fn: F) => wrap(first, fn)
      : // The overloads above tell callers which of the three they get
        (wrap(first, second) as never)
