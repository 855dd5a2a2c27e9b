/**
 * What produces the spans: service, process, host, platform, and the state of its source code.
 *
 * What costs nothing is known at once; everything else is looked up in the background, each part for itself and within a
 * deadline, so that neither the start of a program nor its end waits for a slow disk or a hanging git. What is late or
 * fails is left out.
 *
 * Arguments and owner of the process are recorded only when `processDetails` asks for them: arguments may hold secrets.
 * Git is left out where `HH_TELEMETRY` is `false`. Nothing of this goes anywhere but into the spans' resource.
 *
 * @since 0.1.0
 */
import type { Attributes } from "@opentelemetry/api"
import {
  type DetectedResource,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  type Resource as OtelResource,
  resourceFromAttributes
} from "@opentelemetry/resources"
import * as Cache from "effect/Cache"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { background } from "./internal/background.ts"
import { gitAttributes, gitNames, gitStatus, gitStatusNames } from "./internal/git.ts"
import { containerAttributes, platformAttributes, platformNames } from "./internal/platform.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

const VERSION = "0.1.0"

/** What an attribute of the resource was found to be. */
type Found = { readonly [name: string]: Attributes[string] }

/** One part of the resource. OpenTelemetry wants to know beforehand which attributes may come. */
interface Detector {
  readonly names: ReadonlyArray<string>
  readonly detect: Effect.Effect<Found>
}

const official = (names: ReadonlyArray<string>, detect: () => DetectedResource): Detector => ({
  names,
  detect: Effect.promise(async () => {
    const entries = Object.entries(detect().attributes ?? {})
    return Object.fromEntries(await Promise.all(entries.map(async ([name, value]) => [name, await value] as const)))
  })
})

const detectors = (settings: Settings): { readonly [name: string]: Detector } => ({
  host: official(["host.name", "host.arch", "host.id"], () => hostDetector.detect()),
  os: official(["os.type", "os.version"], () => osDetector.detect()),
  platform: { names: platformNames, detect: platformAttributes },
  container: { names: ["container.id"], detect: containerAttributes },
  ...(settings.processDetails
    ? {
        process: official(
          [
            "process.command",
            "process.command_args",
            "process.executable.name",
            "process.executable.path",
            "process.owner"
          ],
          () => processDetector.detect()
        )
      }
    : {}),
  ...(settings.telemetry
    ? {
        git: { names: gitNames, detect: Effect.suspend(() => gitAttributes(process.cwd())) },
        gitStatus: { names: gitStatusNames, detect: Effect.suspend(() => gitStatus(process.cwd())) }
      }
    : {})
})

/** What is known without looking anywhere. `OTEL_RESOURCE_ATTRIBUTES` may say anything but what the options say. */
const minimal = (settings: Settings): Found => {
  const said = envDetector.detect().attributes ?? {}
  return {
    "service.instance.id": crypto.randomUUID(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
    // Texts, all of them: OpenTelemetry's detector of variables promises nothing
    ...(said as Found),
    ...(settings.serviceName === "unknown_service" && said["service.name"] !== undefined
      ? {}
      : { "service.name": settings.serviceName }),
    ...(settings.serviceVersion === undefined ? {} : { "service.version": settings.serviceVersion }),
    "telemetry.sdk.name": "@honeyhive/tracing",
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.version": VERSION
  }
}

/**
 * The resource of this instance.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Resource, TracerConfig } from "@honeyhive/tracing"
 *
 * const layer = Resource.layer.pipe(Layer.provide(TracerConfig.layer({ testMode: true, serviceName: "agent" })))
 * const attributes = await Effect.runPromise(Resource.use((_) => _.attributes).pipe(Effect.provide(layer)))
 *
 * attributes["service.name"] // => "agent"
 * attributes["process.pid"] // => process.pid
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Resource extends Context.Service<
  Resource,
  {
    /**
     * For an OpenTelemetry provider. Complete when `waitForAsyncAttributes` resolves: after the detection deadline (1 s) at
     * the latest.
     */
    readonly resource: OtelResource
    /**
     * Everything that is known now: looked up again where the last answer is older than the cache's time to live, and
     * where there was none.
     */
    readonly attributes: Effect.Effect<Attributes>
  }
>()("@honeyhive/tracing/Resource") {
  /** Detects in the background. In test mode, and where tracing is disabled, there is only what needs no looking up. */
  static readonly layer: Layer.Layer<Resource, never, TracerConfig> = Layer.effect(
    Resource,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const settings = yield* TracerConfig
  const known = minimal(settings)
  const parts = new Map(
    settings.testMode || settings.disableTracing ? [] : Object.entries<Detector>(detectors(settings))
  )

  const inTime = Effect.timeout(settings.resourceTimeout)
  const lookup = (name: string): Effect.Effect<Found, unknown> => inTime(parts.get(name)?.detect ?? Effect.succeed({}))
  const cache = yield* Cache.makeWith(lookup, {
    capacity: settings.cacheMaxSize,
    // What was late is not remembered
    timeToLive: (exit) => (Exit.isSuccess(exit) ? settings.cacheTtl : Duration.zero)
  })
  const get = settings.cacheEnabled ? (name: string) => Cache.get(cache, name) : lookup
  const detected: Effect.Effect<Found> = Effect.forEach(
    [...parts.keys()],
    // A deadline of its own for who waits here: the one of the lookup may be another fiber's, and not hold the process
    (name) =>
      get(name).pipe(
        inTime,
        Effect.catchCause(() => Effect.succeed({}))
      ),
    { concurrency: "unbounded" }
  ).pipe(
    Effect.map((all) => Object.assign({}, ...all)),
    Effect.withTracerEnabled(false)
  )

  const settled = Promise.withResolvers<Found>()
  if (parts.size > 0) {
    // What the end of the instance interrupts is over too, begun or not
    yield* Effect.addFinalizer(() => Effect.sync(() => settled.resolve({})))
    yield* Effect.forkScoped(Effect.map(background(detected), settled.resolve))
  }
  const pending = [...parts.values()].flatMap(({ names }) =>
    names.map((name) => [name, settled.promise.then((found) => found[name])] as const)
  )
  return Resource.of({
    resource: resourceFromAttributes({ ...Object.fromEntries(pending), ...known }),
    attributes: Effect.map(detected, (found) => ({ ...found, ...known }))
  })
})
