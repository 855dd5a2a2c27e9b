/**
 * Spans for the methods of a class.
 *
 * @since 0.1.0
 */
import { traced, type TracedOptions } from "./Traced.ts"

/**
 * How the methods of a class are recorded, and which of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface TracedClassOptions extends Omit<TracedOptions, "name"> {
  /** First part of the events' names. Default: the name of the class. */
  readonly name?: string | undefined
  /** Only these methods. Default: all public ones, inherited ones included. */
  readonly include?: ReadonlyArray<string> | undefined
  /** Not these methods. */
  readonly exclude?: ReadonlyArray<string> | undefined
}

// Any class at all: its own type is kept by the type parameter
type AnyClass = abstract new (...args: never) => object

type Method = (...args: never) => unknown

/** What is needed of what a compiler tells a decorator. */
type MethodContext = Pick<ClassMethodDecoratorContext, "name">

/** Methods by name, the nearest first; accessors, symbols and names that begin with an underscore are not public methods. */
const methodsOf = (prototype: object): ReadonlyMap<string, Method> => {
  const methods = new Map<string, Method>()
  const seen = new Set<string>()
  let level: object | null = prototype
  while (level !== null && level !== Object.prototype) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === "function" && !seen.has(name) && name !== "constructor" && !name.startsWith("_")) {
        methods.set(name, value)
      }
      seen.add(name)
    }
    level = Object.getPrototypeOf(level)
  }
  return methods
}

const decorate = <C extends AnyClass>(options: TracedClassOptions, target: C): C => {
  const { exclude = [], include, name: className, ...rest } = options
  for (const [name, method] of methodsOf(target.prototype)) {
    if (exclude.includes(name) || (include !== undefined && !include.includes(name))) continue
    Object.defineProperty(target.prototype, name, {
      value: traced({ ...rest, name: `${className ?? target.name}.${name}` }, method),
      configurable: true,
      writable: true,
      enumerable: false
    })
  }
  return target
}

/**
 * Makes the public methods of a class traced, as a decorator (`@tracedClass`, `@tracedClass({ type: "chain" })`) or as a
 * plain function (`tracedClass({ type: "chain" }, Planner)`). Each call is an event named `Class.method`; a parent class
 * stays as it is.
 *
 * ```ts no-run
 * import { tracedClass, traceMethod } from "@honeyhive/tracing"
 *
 * @tracedClass({ type: "chain", exclude: ["ask"] })
 * class Planner {
 *   plan(goal: string) {
 *     return [`first, ${goal}`]
 *   }
 *   @traceMethod({ type: "model" })
 *   ask(question: string) {
 *     return question
 *   }
 * }
 *
 * new Planner().plan("look")
 * ```
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter, tracedClass } from "@honeyhive/tracing"
 *
 * const Planner = tracedClass({ type: "chain" })(
 *   class Planner {
 *     plan(goal: string) {
 *       return [`first, ${goal}`]
 *     }
 *   }
 * )
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.sync(() => new Planner().plan("look"))
 *   yield* HoneyHive.flush
 *   return (yield* MemoryExporter.use((memory) => memory.spans)).map((span) => span.name)
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => ["Planner.plan"]
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const tracedClass: {
  <C extends AnyClass>(target: C, context?: ClassDecoratorContext): C
  (options?: TracedClassOptions): <C extends AnyClass>(target: C, context?: ClassDecoratorContext) => C
  <C extends AnyClass>(options: TracedClassOptions, target: C): C
} = <C extends AnyClass>(first: C | TracedClassOptions = {}, second?: C | ClassDecoratorContext) => {
  if (typeof first === "function") return decorate({}, first)
  return typeof second === "function"
    ? decorate(first, second)
    : // The overloads above tell callers which of the three they get
      ((<D extends AnyClass>(target: D) => decorate(first, target)) as never)
}

/**
 * Makes one method traced, as a decorator: `@traceMethod({ type: "tool" })`. The event has the method's name.
 *
 * @example
 * ```ts
 * import { traceMethod } from "@honeyhive/tracing"
 *
 * // What a compiler makes of `@traceMethod({ type: "tool" }) search(query) { … }`
 * const search = traceMethod({ type: "tool" })((query: string) => [query], { name: "search" })
 *
 * search("refund") // => ["refund"]
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const traceMethod: {
  <F extends Method>(method: F, context: MethodContext): F
  (options?: TracedOptions): <F extends Method>(method: F, context: MethodContext) => F
} = <F extends Method>(first: F | TracedOptions = {}, second?: MethodContext) => {
  if (typeof first === "function") return traced({ name: String(second?.name ?? first.name) }, first)
  return ((method: F, { name }: MethodContext): F => {
    // The hooks of a decorator take what the methods below it take
    const options = first as TracedOptions<F>
    return traced({ ...options, name: options.name ?? String(name) }, method)
  }) as never // the overloads above tell callers which of the two they get
}
