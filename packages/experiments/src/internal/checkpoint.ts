/**
 * The items of a run by way of the journal: keys for tasks, entries for results, and back.
 */
import { createHash } from "node:crypto"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Item } from "../Dataset.ts"
import { type Entry, Journal, RecordedFailure, type Service } from "../Journal.ts"
import type { ReportItem } from "../Report.ts"
import type { ErrorOf, OutputOf } from "./call.ts"
import type { Done } from "./item.ts"
import { json } from "./json.ts"

interface Task<I, G> {
  readonly item: Item<I, G>
  readonly repetition: number
}

export interface Plan<I, G, A, R> {
  readonly runId: string
  readonly name: string
  readonly evaluators: ReadonlyArray<string>
  readonly tasks: ReadonlyArray<Task<I, G>>
  readonly concurrency: number
  readonly outputSchema: Schema.Codec<OutputOf<A>, unknown> | undefined
  readonly evaluate: (task: Task<I, G>) => Effect.Effect<Done<I, G, A>, never, R>
  /** The sessions that the backend has with their results; undefined where it does not say. */
  readonly told: Effect.Effect<ReadonlySet<string> | undefined>
  /** Tells the backend of an item that was evaluated before. */
  readonly tell: (task: Task<I, G>, item: ReportItem) => Effect.Effect<void>
}

/** What to call in place of the plan's own `evaluate`, and for how many tasks at a time. */
export interface Checkpoint<I, G, A, R> {
  readonly evaluate: (task: Task<I, G>) => Effect.Effect<Done<I, G, A>, never, R>
  readonly concurrency: number
}

/**
 * An entry is an item's as long as its datapoint, the name of the run and its evaluators are the same: whoever changes one of
 * them and resumes has the item evaluated again.
 */
const keysOf = <I, G, A, R>({ evaluators, name, tasks }: Plan<I, G, A, R>): ReadonlyMap<Task<I, G>, string> => {
  const seen = new Map<string, number>()
  return new Map(
    tasks.map((task) => {
      const { groundTruth, id, inputs } = task.item
      const text = JSON.stringify([name, evaluators, id, task.repetition, json(inputs), json(groundTruth)])
      const hash = createHash("sha256").update(text).digest("hex").slice(0, 32)
      // A dataset may have the same datapoint twice
      const before = seen.get(hash) ?? 0
      seen.set(hash, before + 1)
      return [task, before === 0 ? hash : `${hash}-${before}`]
    })
  )
}

const toEntry = <I, G, A>(
  { reported, result }: Done<I, G, A>,
  schema: Schema.Codec<OutputOf<A>, unknown> | undefined
): Entry => {
  const { ground_truth: _ground_truth, index: _index, inputs: _inputs, ...item } = reported
  if (schema === undefined || Exit.isFailure(result.exit)) return { item }
  const encoded = Schema.encodeUnknownOption(Schema.toCodecJson(schema))(result.exit.value)
  return Option.isNone(encoded) ? { item } : { item, encoded: encoded.value }
}

const fromEntry = <I, G, A>(
  { encoded, item }: Entry,
  task: Task<I, G>,
  schema: Schema.Codec<OutputOf<A>, unknown> | undefined
): Done<I, G, A> => {
  const reported: ReportItem = {
    ...item,
    index: task.item.index,
    inputs: json(task.item.inputs),
    ground_truth: json(task.item.groundTruth)
  }
  const failed = (message: string) => Exit.die(new RecordedFailure({ message }))
  const exit = (): Exit.Exit<OutputOf<A>, ErrorOf<A> | Cause.TimeoutError> => {
    if (item.status === "timed out") return Exit.fail(new Cause.TimeoutError(item.error))
    if (item.status === "failed") return failed(item.error ?? "failed")
    // Without a schema the outputs are what JSON keeps of them, as the option's documentation says
    if (schema === undefined) return Exit.succeed(item.outputs as OutputOf<A>)
    const decoded = Schema.decodeUnknownResult(Schema.toCodecJson(schema))(encoded ?? item.outputs)
    return decoded._tag === "Success"
      ? Exit.succeed(decoded.success)
      : failed(`the recorded outputs are not what the output schema says: ${decoded.failure.message}`)
  }
  return {
    reported,
    result: {
      item: task.item,
      repetition: task.repetition,
      sessionId: item.session_id,
      exit: exit(),
      scores: item.scores
    }
  }
}

const through = Effect.fnUntraced(function* <I, G, A, R>(
  journal: Service,
  plan: Plan<I, G, A, R>
): Effect.fn.Return<Checkpoint<I, G, A, R>, never, R | Scope.Scope> {
  const context = yield* Effect.context<R>()
  const keys = keysOf(plan)
  const tasks = new Map([...keys].map(([task, key]) => [key, task]))
  // What was evaluated here is returned as it is, not as the journal has it
  const live = new Map<string, Done<I, G, A>>()
  const kept = yield* journal.open({
    runId: plan.runId,
    concurrency: plan.concurrency,
    evaluate: (key) =>
      Option.map(Option.fromUndefinedOr(tasks.get(key)), (task) =>
        plan.evaluate(task).pipe(
          // The journal's own services are none of the application's business
          Effect.updateContext<never, R>(() => context),
          Effect.map((done) => {
            live.set(key, done)
            return toEntry(done, plan.outputSchema)
          })
        )
      )
  })
  // Asked once, and only where something was evaluated before: what was on its way when that process was killed is lost
  const told = yield* Effect.cached(kept.shared ? Effect.succeed(undefined) : plan.told)
  return {
    concurrency: kept.ahead,
    evaluate: (task) => {
      const key = keys.get(task)
      if (key === undefined) return plan.evaluate(task)
      return Effect.flatMap(kept.entry(key), (entry) => {
        const done = live.get(key)
        if (done !== undefined) {
          live.delete(key)
          return Effect.succeed(done)
        }
        const before = fromEntry(entry, task, plan.outputSchema)
        const tell = Effect.flatMap(told, (sessions) =>
          sessions === undefined || sessions.has(entry.item.session_id) ? Effect.void : plan.tell(task, before.reported)
        )
        return Effect.as(tell, before)
      })
    }
  }
})

/** The plan's items, by way of the journal if there is one. */
export const open = <I, G, A, R>(
  plan: Plan<I, G, A, R>
): Effect.Effect<Checkpoint<I, G, A, R>, never, R | Scope.Scope> =>
  Effect.flatMap(
    Journal,
    Option.match({
      onNone: () => Effect.succeed<Checkpoint<I, G, A, R>>({ evaluate: plan.evaluate, concurrency: plan.concurrency }),
      onSome: (journal) => through(journal, plan)
    })
  )
