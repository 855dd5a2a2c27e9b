/**
 * OpenTelemetry's global tracer provider: what is there, and what an instance makes of it.
 *
 * An instance is `independent` unless it is asked for more: its provider is its own, and nobody else's spans, sampling or
 * context are touched. As `main` it is the global provider for as long as it is open, so that OpenTelemetry
 * instrumentations report to HoneyHive; where nobody has chosen a context manager and propagator, it brings Node's and
 * W3C's. `attached`, its spans are made by the provider of somebody else (NodeSDK, Sentry,
 * `@vercel/otel`) and HoneyHive gets a copy of the whole tree. A provider that works is never replaced,
 * by us or by others: while an instance is `main`, OpenTelemetry refuses whoever registers afterwards.
 *
 * As `main` or `attached`, Effect's current span is OpenTelemetry's active span everywhere in a fiber. That costs an async
 * context for each step of it, which an independent instance does without.
 *
 * @since 0.1.0
 */
import * as OtelApi from "@opentelemetry/api"
import * as Predicate from "effect/Predicate"

/**
 * What an instance is told: a mode, or `auto`, which is `main` where nothing is registered and `registerGlobal` allows it,
 * else `independent`.
 *
 * @category models
 * @since 0.1.0
 */
export type ProviderChoice = "independent" | "main" | "attached" | "auto"

/**
 * What an instance is.
 *
 * @category models
 * @since 0.1.0
 */
export type ProviderMode = "independent" | "main" | "attached"

/**
 * What is registered: nothing; a provider whose spans go nowhere; a proxy whose provider is yet to come; OpenTelemetry's
 * SDK; something else that works.
 *
 * @category models
 * @since 0.1.0
 */
export type GlobalKind = "none" | "no-op" | "proxy" | "sdk" | "unknown"

interface Proxy extends OtelApi.TracerProvider {
  readonly getDelegate: () => OtelApi.TracerProvider
  readonly setDelegate: (provider: OtelApi.TracerProvider) => void
}

const isProxy = (provider: unknown): provider is Proxy =>
  Predicate.hasProperty(provider, "getDelegate") && Predicate.hasProperty(provider, "setDelegate")

// OpenTelemetry does not export it
const nothing = new OtelApi.ProxyTracerProvider().getDelegate()

const isNoOp = (provider: OtelApi.TracerProvider): boolean =>
  // The name is for another copy of the API
  provider instanceof nothing.constructor || provider.constructor?.name === "NoopTracerProvider"

/** Through the API's proxy, and through those that somebody registered in it. */
const unwrap = (provider: OtelApi.TracerProvider) => {
  const proxies: Array<Proxy> = []
  let inner = provider
  while (isProxy(inner) && proxies.length < 8) {
    proxies.push(inner)
    inner = inner.getDelegate()
  }
  return { provider: inner, proxies }
}

/**
 * What kind of provider this is, without touching it: no span is made to find out.
 *
 * @example
 * ```ts
 * import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
 * import { ProviderMode } from "@honeyhive/tracing"
 *
 * ProviderMode.kindOf(ProviderMode.globalProvider()) // => "none"
 * ProviderMode.kindOf(new BasicTracerProvider()) // => "sdk"
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const kindOf = (provider: OtelApi.TracerProvider): GlobalKind => {
  const { provider: inner, proxies } = unwrap(provider)
  if (inner === nothing) return proxies.length < 2 ? "none" : "proxy"
  if (isNoOp(inner)) return "no-op"
  // OpenTelemetry 2 keeps its processor to itself, OpenTelemetry 1 hands it out
  return Predicate.hasProperty(inner, "_activeSpanProcessor") || Predicate.hasProperty(inner, "getActiveSpanProcessor")
    ? "sdk"
    : "unknown"
}

/**
 * The mode that a choice means where such a provider is registered, and why it is not the one that was asked for.
 *
 * @example
 * ```ts
 * import { ProviderMode } from "@honeyhive/tracing"
 *
 * ProviderMode.decide("main", "none").mode // => "main"
 * ProviderMode.decide("main", "sdk").mode // => "independent"
 * ProviderMode.decide("attached", "sdk").mode // => "attached"
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const decide = (
  choice: ProviderChoice,
  kind: GlobalKind,
  registerGlobal = false
): { readonly mode: ProviderMode; readonly warning?: string } => {
  const works = kind === "sdk" || kind === "unknown"
  switch (choice) {
    case "independent":
      return { mode: "independent" }
    case "auto":
      return { mode: registerGlobal && !works ? "main" : "independent" }
    case "main":
      return works ? { mode: "independent", warning: "another global tracer provider works already" } : { mode: "main" }
    case "attached":
      return kind === "sdk"
        ? { mode: "attached" }
        : {
            mode: "independent",
            warning: works
              ? "the global tracer provider is not OpenTelemetry's SDK, so it takes no span processor"
              : "there is no global tracer provider to attach to; start it first"
          }
  }
}

/**
 * OpenTelemetry's global provider, behind the proxies that stand for it.
 *
 * @example
 * ```ts
 * import { trace } from "@opentelemetry/api"
 * import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
 * import { ProviderMode } from "@honeyhive/tracing"
 *
 * const provider = new BasicTracerProvider()
 * ProviderMode.setGlobalProvider(provider) // => true
 * ProviderMode.globalProvider() === provider // => true
 * ProviderMode.setGlobalProvider(new BasicTracerProvider()) // => false
 * trace.disable()
 * ```
 *
 * @category global
 * @since 0.1.0
 */
export const globalProvider = (): OtelApi.TracerProvider => unwrap(OtelApi.trace.getTracerProvider()).provider

/**
 * Makes a provider the global one, unless another one works already: then false. The look and the change are one step.
 *
 * @example
 * ```ts
 * import { trace } from "@opentelemetry/api"
 * import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
 * import { ProviderMode } from "@honeyhive/tracing"
 *
 * ProviderMode.setGlobalProvider(new BasicTracerProvider()) // => true
 * ProviderMode.setGlobalProvider(new BasicTracerProvider()) // => false
 * trace.disable()
 * ```
 *
 * @category global
 * @since 0.1.0
 */
export const setGlobalProvider = (provider: OtelApi.TracerProvider): boolean => claim(provider) !== undefined

/**
 * Like {@link setGlobalProvider}; the result gives the global back, if it is still this provider's: one that was
 * registered afterwards stays. `undefined` where another provider works already.
 *
 * @example
 * ```ts
 * import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
 * import { ProviderMode } from "@honeyhive/tracing"
 *
 * const release = ProviderMode.claim(new BasicTracerProvider())
 * ProviderMode.kindOf(ProviderMode.globalProvider()) // => "sdk"
 * release?.()
 * ProviderMode.kindOf(ProviderMode.globalProvider()) // => "none"
 * ```
 *
 * @category global
 * @since 0.1.0
 */
export const claim = (provider: OtelApi.TracerProvider): (() => void) | undefined => {
  const kind = kindOf(OtelApi.trace.getTracerProvider())
  if (decide("main", kind).mode !== "main") return undefined
  if (kind === "none") {
    if (!OtelApi.trace.setGlobalTracerProvider(provider)) return undefined
    return () => {
      if (globalProvider() === provider) OtelApi.trace.disable()
    }
  }
  // Whoever registered a proxy may fill it later, and then has it
  const { provider: before, proxies } = unwrap(OtelApi.trace.getTracerProvider())
  const proxy = proxies.at(-1)
  proxy?.setDelegate(provider)
  return proxy && (() => proxy.getDelegate() === provider && proxy.setDelegate(before))
}
