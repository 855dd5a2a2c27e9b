/**
 * The instances behind `compat`'s tracers: made by `init`, shared by what they are made with, and as long-lived as the
 * process, because 1.x has no way to close one.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { HoneyHive } from "../HoneyHive.ts"
import { type Options, type Settings, TracerConfig } from "../TracerConfig.ts"
import { warn } from "./log.ts"
import * as registry from "./registry.ts"

/** An instance that tracers with the same key, URL and source share. */
export interface Instance {
  /** Undefined where the configuration could not be used. */
  readonly settings: Settings | undefined
  readonly context: Context.Context<HoneyHive>
  readonly hive: HoneyHive["Service"]
  readonly close: () => Promise<void>
  /** Whether code from nowhere has a session, the first tracer's. */
  settled: boolean
}

// One that cannot be configured keeps its functions' spans to itself: another tracer must not get them
const silent = () =>
  HoneyHive.layer({ testMode: true }).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({}))))

const make = async (options: Options, settings: Settings | undefined): Promise<Instance> => {
  const runtime = ManagedRuntime.make(settings === undefined ? silent() : HoneyHive.layer(options))
  const context = await runtime.context()
  const hive = Context.get(context, HoneyHive)
  if (settings === undefined) registry.forget(hive)
  return { settings, context, hive, close: () => runtime.dispose(), settled: false }
}

// What is in the cell was put there by `open`
export const instances = (): ReadonlyArray<Promise<Instance>> =>
  [...registry.shared.values()] as Array<Promise<Instance>>

const keyOf = (settings: Settings): string => {
  const { apiKey, disableBatch, disableHttpTracing, otlpEndpoint, project, source, testMode, url } = settings
  const rest = [url, otlpEndpoint, source, project, disableBatch, disableHttpTracing, testMode]
  return JSON.stringify([apiKey && Redacted.value(apiKey), ...rest])
}

export const open = async (options: Options): Promise<Instance> => {
  const settings = await Effect.runPromise(
    TracerConfig.make(options).pipe(
      Effect.catch((error) =>
        Effect.as(warn(`HoneyHive: nothing is exported for this tracer: ${error.message}`), undefined)
      )
    )
  )
  const key = settings === undefined ? "" : keyOf(settings)
  let instance = registry.shared.get(key)
  if (instance === undefined) {
    instance = make(options, settings)
    registry.shared.set(key, instance)
  }
  return instance as Promise<Instance> // as above
}

/** Flushes and releases every one. */
export const closeAll = async (): Promise<void> => {
  const open = instances()
  registry.shared.clear()
  await Promise.all(open.map(async (made) => (await made).close()))
}
