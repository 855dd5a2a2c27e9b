/**
 * An evaluation as a value: what a file exports for `hive eval run`, to be started by somebody else.
 *
 * It brings everything it needs, so whoever starts it sees plain data and promises only, and may have another copy of
 * this package than the file.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as References from "effect/References"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import type { Options as TracingOptions } from "@honeyhive/tracing/TracerConfig"
import { evaluate, type EvaluateOptions } from "./Evaluate.ts"
import type { ServicesOf } from "./internal/call.ts"
import type { Report, ReportItem } from "./Report.ts"

const TypeId = "~@honeyhive/experiments/Evaluation"

/**
 * What whoever starts an evaluation may say over the file.
 *
 * @category models
 * @since 0.1.0
 */
export interface StartOptions extends Partial<
  Pick<
    EvaluateOptions<unknown, unknown, unknown>,
    "name" | "concurrency" | "repetitions" | "timeout" | "runId" | "metadata" | "progress" | "onItem"
  >
> {
  /** Only the dataset's first so many datapoints. Default: all. */
  readonly limit?: number | undefined
  /** The file of `Resume.layer` that keeps the run, so that it can go on where it stopped. Default: none. */
  readonly journal?: string | undefined
  /** The tracer instance of the run, over the file's own and the environment. */
  readonly tracing?: TracingOptions | undefined
  /** Interrupts the run, which is closed as failed before the promise rejects. */
  readonly signal?: AbortSignal | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Evaluation {
  readonly [TypeId]: typeof TypeId
  readonly name: string
  /** Its own conditions, which hold beside those of the command line. */
  readonly failOn: ReadonlyArray<string>
  /** Rejects where the dataset, the layer or the configuration cannot be used. */
  readonly start: (options?: StartOptions) => Promise<Started>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Started {
  readonly report: Report
  /** Whether the backend has the run. */
  readonly recorded: boolean
}

/**
 * Options of {@link defineEvaluation}: those of `evaluate`, and what a file says in place of its surroundings.
 *
 * @category models
 * @since 0.1.0
 */
export interface DefineOptions<I, G, A, ED = never, RD = never, RE = never, RL = never> extends EvaluateOptions<
  I,
  G,
  A,
  ED,
  RD,
  RE
> {
  /** The services of the application, the dataset and the evaluators; built once for the run. */
  readonly layer?: Layer.Layer<RL, unknown, HoneyHive> | undefined
  /** What must not be, such as `accuracy < -0.02`. */
  readonly failOn?: string | ReadonlyArray<string> | undefined
  /** The tracer instance of the run, over the environment. */
  readonly tracing?: TracingOptions | undefined
}

const over = <A extends object>(options: A): Partial<A> =>
  // Without the absent ones, which would hide what the file says
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<A>

/**
 * Defines an evaluation for `hive eval run`: the default export of its file.
 *
 * @example
 * ```ts
 * import { Context, Layer } from "effect"
 * import { Dataset, defineEvaluation, Evaluators } from "@honeyhive/experiments"
 *
 * class Greeting extends Context.Service<Greeting, string>()("Greeting") {}
 *
 * // In a file of its own: export default defineEvaluation({ ... })
 * const evaluation = defineEvaluation({
 *   name: "greets",
 *   dataset: Dataset.make([{ inputs: "Ada", ground_truth: "hello Ada" }]),
 *   run: (name) => Greeting.useSync((greeting) => `${greeting} ${name}`),
 *   evaluators: [Evaluators.exactMatch({ name: "accuracy" })],
 *   layer: Layer.succeed(Greeting, "hello"),
 *   failOn: "accuracy.mean < 0.9"
 * })
 *
 * const { report } = await evaluation.start({ tracing: { testMode: true } })
 *
 * report.summary.metrics[0]?.mean // => 1
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const defineEvaluation = <I, G, A, ED = never, RD = never, RE = never, RL = never>(
  options: DefineOptions<I, G, A, ED, RD, RE, RL> &
    ([Exclude<RD | RE | ServicesOf<A>, HoneyHive | RL>] extends [never]
      ? unknown
      : { readonly layer: Layer.Layer<Exclude<RD | RE | ServicesOf<A>, HoneyHive>, unknown, HoneyHive> })
): Evaluation => {
  const defined: DefineOptions<I, G, A, ED, RD, RE, RL> = options
  const { failOn = [], layer = Layer.empty, tracing, ...own } = defined
  return {
    [TypeId]: TypeId,
    name: own.name,
    failOn: typeof failOn === "string" ? [failOn] : failOn,
    start: async ({ journal, limit, onItem, signal, tracing: outer, ...rest } = {}) => {
      const kept = journal === undefined ? Layer.empty : (await import("./Resume.ts")).layer({ path: journal })
      const dataset = Effect.map(Effect.isEffect(own.dataset) ? own.dataset : Effect.succeed(own.dataset), (read) => ({
        ...read,
        items: limit === undefined ? read.items : read.items.slice(0, limit)
      }))
      const metadata = { ...own.metadata, ...rest.metadata }
      const watch = (item: ReportItem): void => {
        onItem?.(item)
        own.onItem?.(item)
      }
      // What the layer does not have the type of the options has refused
      const program = evaluate({ ...own, ...over(rest), onItem: watch, metadata, dataset }).pipe(
        Effect.provide(layer as Layer.Layer<RL | RD | RE | ServicesOf<A>, unknown, HoneyHive>)
      ) as Effect.Effect<Started, unknown, HoneyHive>
      const { recorded, report } = await Effect.runPromise(
        program.pipe(
          Effect.provide([HoneyHive.layer({ ...tracing, ...over(outer ?? {}) }), kept]),
          // Of whoever started it: stdout is for results
          Effect.provideService(References.LogToStderr, true)
        ),
        signal === undefined ? undefined : { signal }
      )
      return { report, recorded }
    }
  }
}

/**
 * Whether a value, such as a file's default export, is an evaluation, whichever copy of this package made it.
 *
 * @example
 * ```ts
 * import { isEvaluation } from "@honeyhive/experiments"
 *
 * isEvaluation({ name: "greets" }) // => false
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isEvaluation = (value: unknown): value is Evaluation => Predicate.hasProperty(value, TypeId)
