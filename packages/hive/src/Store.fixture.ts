/**
 * Stores for the suites that run over all of them.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { asBytes } from "./internal/asBytes.fixture.ts"
import { Hive } from "./Hive.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import type { TraceQueries } from "./TraceQueries.ts"
import type { TraceStore, TraceStoreError } from "./TraceStore.ts"

export type Open = (options?: {
  readonly lease?: Duration.Input
  readonly prices?: PriceTable
  readonly retention?: SqliteTraceStore.Retention
}) => Layer.Layer<TraceStore | TraceQueries, TraceStoreError>

export interface Store {
  /** How often a law that needs a new store each time is tried. */
  readonly runs: number
  /** A store with nothing in it, which nobody sees again. */
  readonly empty: Open
  /** A store that can be opened again, with nothing in it at first. */
  readonly kept: Effect.Effect<Open, never, Scope.Scope>
}

export const sqlite: Store = {
  runs: 100,
  empty: (options) => Layer.fresh(SqliteTraceStore.layer({ ...options, path: ":memory:" })),
  kept: Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ).pipe(Effect.map((folder) => (options) => SqliteTraceStore.layer({ ...options, path: join(folder, "hive.db") })))
}

/** The same, given spans as a request's bytes: they are kept first and projected later. */
export const sqliteBytes: Store = {
  runs: sqlite.runs,
  empty: (options) => asBytes(sqlite.empty(options)),
  kept: Effect.map(sqlite.kept, (open) => (options) => asBytes(open(options)))
}

/** A hive over an empty store. */
export const hiveOver = ({ empty }: Store, options?: Parameters<Open>[0]) =>
  Layer.fresh(Hive.layerServer()).pipe(Layer.provideMerge(empty(options)))
