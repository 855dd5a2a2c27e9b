/**
 * How an instance takes the place at OpenTelemetry's global provider that it was asked to take.
 */
import * as OtelApi from "@opentelemetry/api"
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { decide, globalProvider, kindOf, type ProviderMode } from "../ProviderMode.ts"
import type { Settings } from "../TracerConfig.ts"
import type { Attached } from "./attached.ts"
import { warn } from "./log.ts"
import { CurrentRelay, type Relay } from "./relay.ts"

interface Joined {
  readonly mode: ProviderMode
  readonly tracerProvider: OtelApi.TracerProvider
  readonly release: () => void
  readonly shared: (<A>(start: () => A) => A) | undefined
}

const multiProcessor = (provider: unknown): { _spanProcessors: ReadonlyArray<unknown> } | undefined => {
  const active = Predicate.hasProperty(provider, "_activeSpanProcessor") ? provider._activeSpanProcessor : undefined
  return Predicate.hasProperty(active, "_spanProcessors") && Array.isArray(active._spanProcessors)
    ? (active as { _spanProcessors: ReadonlyArray<unknown> }) // just checked
    : undefined
}

/** Whether a processor is among others, or inside one that stands for several. */
const contains = (processors: unknown, wanted: SpanProcessor, depth = 4): boolean =>
  processors === wanted ||
  (depth > 0 &&
    Predicate.isObject(processors) &&
    Object.entries(processors).some(
      ([key, value]) => (Array.isArray(processors) || /processor/i.test(key)) && contains(value, wanted, depth - 1)
    ))

/**
 * Adds a processor to a provider that is running; OpenTelemetry 2 has no method for it. `undefined` where that cannot be.
 */
const insert = (provider: OtelApi.TracerProvider, processor: SpanProcessor): (() => void) | undefined => {
  const multi = multiProcessor(provider)
  if (multi !== undefined) {
    // A new list: this one may be the program's own, and may be being walked through
    multi._spanProcessors = [...multi._spanProcessors, processor]
    return () => {
      multi._spanProcessors = multi._spanProcessors.filter((other) => other !== processor)
    }
  }
  // OpenTelemetry 1, where there is no way back
  if (!Predicate.hasProperty(provider, "addSpanProcessor") || typeof provider.addSpanProcessor !== "function") return
  provider.addSpanProcessor(processor)
  return () => {}
}

const attach = (relay: Relay | undefined, { processor, start }: Attached): Joined | undefined => {
  const provider = globalProvider()
  try {
    const given = relay !== undefined && contains(Object.values(provider), relay)
    const release = given ? relay.connect(processor) : insert(provider, processor)
    return release && { mode: "attached", tracerProvider: provider, release, shared: start }
  } catch {
    // An odd provider: frozen, or with getters that throw
    return undefined
  }
}

const lead = (own: OtelApi.TracerProvider, release: (() => void) | undefined): Joined | undefined =>
  release && { mode: "main", tracerProvider: own, release, shared: (start) => start() }

/** The last word on the mode: what is asked for, where the global provider allows it, else independent. */
export const join = Effect.fnUntraced(function* (
  settings: Settings,
  own: OtelApi.TracerProvider,
  attached: () => Attached
) {
  const independent: Joined = { mode: "independent", tracerProvider: own, release: () => {}, shared: undefined }
  const { provider: choice, registerGlobal } = settings
  if (choice === "independent" || settings.disableTracing) return independent
  const relay = yield* CurrentRelay
  const { becomeMain } = yield* Effect.promise(() => import("./main.ts"))

  // One step: of two instances that are built at the same time, the second one sees the first
  const { mode, warning } = decide(choice, kindOf(OtelApi.trace.getTracerProvider()), registerGlobal)
  const joined =
    mode === "attached" ? attach(relay, attached()) : mode === "main" ? lead(own, becomeMain(own)) : independent

  if (warning !== undefined || joined === undefined) {
    const reason = warning ?? "OpenTelemetry did not let it"
    yield* warn(`HoneyHive: the instance is independent, not ${choice}: ${reason}`)
  }
  return joined ?? independent
})
