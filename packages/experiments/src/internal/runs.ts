/**
 * A run as the backend sees it: announced in the background, closed when it is over. A backend that fails costs the run
 * nothing but its record there.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import type { CreateRun, UpdateRun } from "@honeyhive/contract/Experiment"
import type { Settings } from "@honeyhive/tracing/TracerConfig"
import { accepted, asResponse, connect, keyOf, quietly } from "./client.ts"
import { describe } from "./json.ts"

export interface Run {
  /** Tells the backend how the run ended, and says whether it knows. */
  readonly close: (update: UpdateRun) => Effect.Effect<boolean>
}

// To stderr where the logger is Effect's own: stdout belongs to the program
const warn = (message: string): Effect.Effect<void> =>
  Effect.provideService(Effect.logWarning(message), References.LogToStderr, true)

/**
 * Announces a run. The ids are made here, so nothing waits for the answer. One that may be there already, because it is
 * resumed or in work elsewhere, too, is told to be pending again.
 */
export const open = Effect.fnUntraced(function* (
  settings: Settings,
  run: CreateRun & { readonly run_id: string },
  { again = false }: { readonly again?: boolean } = {}
) {
  const key = keyOf(settings)
  if (key === undefined) return { close: () => Effect.succeed(false) }
  const client = connect(settings.url, key)
  const create = (payload: CreateRun) =>
    client.pipe(
      Effect.flatMap(({ runs }) => accepted(runs.create({ payload, ...asResponse }))),
      quietly(settings)
    )
  const update = (payload: UpdateRun) =>
    client.pipe(
      Effect.flatMap(({ runs }) => accepted(runs.update({ params: { run_id: run.run_id }, payload, ...asResponse }))),
      quietly(settings)
    )
  const announced = yield* Deferred.make<Exit.Exit<unknown, unknown>>()
  // Of its own: an interrupted run still has to be closed as what it was announced as
  const { dataset_id: _dataset_id, run_id: _run_id, ...pending } = run
  const announce = again ? update(pending).pipe(Effect.catch(() => create(run))) : create(run)
  const fiber = yield* announce.pipe(
    Effect.exit,
    Effect.flatMap((exit) => Deferred.succeed(announced, exit)),
    Effect.forkDetach
  )
  return {
    close: (change) =>
      Effect.gen(function* () {
        yield* Fiber.await(fiber)
        const known = Exit.isSuccess(yield* Deferred.await(announced))
        // A backend that was away when the run began may be back
        const created = known ? update(change) : create({ ...run, ...change })
        // Another process may have been faster
        const exit = yield* Effect.exit(again && !known ? created.pipe(Effect.catch(() => update(change))) : created)
        if (Exit.isSuccess(exit)) return true
        yield* warn(`HoneyHive: run ${run.run_id} is not recorded, its sessions are: ${describe(exit.cause)}`)
        return false
      })
  } satisfies Run
})
