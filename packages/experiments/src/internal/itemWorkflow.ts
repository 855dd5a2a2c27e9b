/**
 * A run's items as durable workflows: an item is an execution whose id follows from the run and the item, and whose result is
 * its entry in the journal.
 */
import { createHash, randomUUID } from "node:crypto"
import { hostname } from "node:os"
import * as ClusterSchema from "effect/cluster/ClusterSchema"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as MachineId from "effect/cluster/MachineId"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as ShardId from "effect/cluster/ShardId"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Digest from "effect/crypto/Digest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Workflow from "effect/workflow/Workflow"
import { Entry, type Kept, type Run } from "../Journal.ts"

/** Alone in the database, or with others. */
export type Options = {
  /** Before the names of the tables. */
  readonly prefix: string
} & (
  | {
      /** Of each engine another: ids are made of it. */
      readonly nextMachineId: () => number
      readonly shared?: undefined
    }
  | { readonly shared: { readonly takeover: Duration.Duration; readonly runners: number } }
)

/** Items of a run are for the runners of this run only, whatever else is in the database. */
const groupOf = (runId: string): string => createHash("sha256").update(runId).digest("hex").slice(0, 16)

const workflowOf = (group: string) =>
  Workflow.make("EvaluateItem", {
    payload: { run: Schema.String, item: Schema.String },
    success: Entry,
    idempotencyKey: ({ item, run }) => `${run.length}:${run}:${item}`
  })
    .annotate(ClusterSchema.ShardGroup, () => group)
    .annotate(ClusterSchema.ClientTracingEnabled, false)

const SHARDS = 120

/**
 * Until this process has a part of the run. What it asked for before would go to those who have all of it, and stay with them.
 */
const joined = (group: string) =>
  Effect.gen(function* () {
    const sharding = yield* Sharding.Sharding
    const has = Effect.sync(() =>
      Array.from({ length: SHARDS }, (_, index) => ShardId.make(group, index + 1)).some(sharding.hasShardId)
    )
    yield* Effect.repeat(has, { until: (yes) => yes, schedule: Schedule.spaced("100 millis") })
  })

const configOf = (group: string, shared: Options["shared"]) =>
  ShardingConfig.layer({
    // Runners meet in the database only: nothing listens there, it has to be no other's
    runnerAddress: Option.some(RunnerAddress.make(`${hostname()}-${randomUUID()}`, process.pid)),
    availableShardGroups: [group],
    assignedShardGroups: [group],
    shardsPerGroup: shared === undefined ? 1 : SHARDS,
    // When its shard moves to a runner that came later, an item in work is done here rather than paid for twice
    entityTerminationTimeout: Duration.minutes(10),
    simulateRemoteSerialization: false,
    ...(shared === undefined
      ? {}
      : {
          // Advisory locks are numbered by the group's place in each runner's list: two runs would share them
          shardLockDisableAdvisory: true,
          shardLockExpiration: shared.takeover,
          refreshAssignmentsInterval: Duration.millis(500),
          entityMessagePollInterval: Duration.millis(500)
        })
  })

const runnersOf = (options: Options) =>
  options.shared === undefined
    ? Layer.effect(
        RunnerStorage.RunnerStorage,
        Effect.map(RunnerStorage.makeMemory, (storage) => ({
          ...storage,
          register: (runner, healthy) =>
            Effect.map(storage.register(runner, healthy), () => MachineId.make(options.nextMachineId()))
        }))
      )
    : Layer.orDie(SqlRunnerStorage.layerWith({ prefix: options.prefix }))

const engineOf = (options: Options, group: string) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(Sharding.layer),
    Layer.provide(Runners.layerNoop),
    Layer.provide([
      SqlMessageStorage.layerWith({ prefix: options.prefix }),
      runnersOf(options),
      RunnerHealth.layerNoop
    ]),
    Layer.provide([Digest.layerWebCrypto, configOf(group, options.shared)])
  )

// A run is watched by its own spans and lines; of its engine only errors are news, and stdout belongs to the program
const unseen = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(References.MinimumLogLevel, (level) =>
    effect.pipe(
      Effect.provideService(References.MinimumLogLevel, LogLevel.isLessThan(level, "Error") ? "Error" : level),
      Effect.provideService(References.LogToStderr, true),
      Effect.withTracerEnabled(false)
    )
  )

export const open = Effect.fnUntraced(function* (options: Options, run: Run) {
  const group = groupOf(run.runId)
  const workflow = workflowOf(group)
  const permits = Semaphore.makeUnsafe(run.concurrency)
  const level = yield* References.MinimumLogLevel
  const items = workflow.toLayer(({ item }) =>
    Option.match(run.evaluate(item), {
      // Whoever asked for it has it, and gets its shard when this process ends
      onNone: () =>
        Effect.logWarning(
          `HoneyHive: run ${run.runId} has an item that this process has not: is the dataset another?`
        ).pipe(Effect.provideService(References.MinimumLogLevel, level), Effect.andThen(Effect.never)),
      onSome: (evaluate) => permits.withPermits(1)(evaluate)
    })
  )
  // Fresh: another run in this process has an engine of its own
  const engine = Layer.fresh(engineOf(options, group))
  const [outer, inner] = [yield* Scope.make(), yield* Scope.make()]
  // The engine first: it ends what is in work at once, where the items alone would be waited for
  yield* Effect.addFinalizer((exit) => Effect.andThen(Scope.close(outer, exit), Scope.close(inner, exit)))
  const context = yield* unseen(
    Effect.gen(function* () {
      const context = yield* Layer.buildWithScope(engine, outer)
      yield* Layer.buildWithScope(Layer.fresh(items), inner).pipe(Effect.provideContext(context))
      if (options.shared !== undefined) {
        // Others may be busy with all of it: their results are this process's, too
        yield* joined(group).pipe(Effect.provideContext(context), Effect.timeoutOption(options.shared.takeover))
      }
      return context
    })
  )
  return {
    // Shards are not even: twice what all can have in work keeps all of them busy
    ahead: run.concurrency * (options.shared === undefined ? 1 : 2 * options.shared.runners),
    shared: options.shared !== undefined,
    entry: (item) => unseen(workflow.execute({ run: run.runId, item })).pipe(Effect.provideContext(context))
  } satisfies Kept as Kept
})
