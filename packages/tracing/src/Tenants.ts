/**
 * Many tenants in one process: a family of instances, one for each tenant that is being served, with its own key, URL,
 * limits and lifetime.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as Scope from "effect/Scope"
import type { DeliveryError, Receipt } from "./Delivery.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { background } from "./internal/background.ts"
import { OnlyByChoice } from "./internal/registry.ts"
import type { Options, TracerConfigError } from "./TracerConfig.ts"

/**
 * How a family of instances lives.
 *
 * @category models
 * @since 0.1.0
 */
export interface TenantsOptions {
  /**
   * How long the instance of a tenant stays open after its last use, so that the next request finds it warm. At zero it is
   * closed at once, and the request that was the last one waits for its delivery. Default: 1 minute.
   */
  readonly idleTimeToLive?: Duration.Input | ((tenantId: string) => Duration.Input) | undefined
}

/**
 * What became of the spans of one tenant's instance.
 *
 * @category models
 * @since 0.1.0
 */
export interface TenantReceipt extends Receipt {
  readonly tenantId: string
}

/**
 * The instances of the tenants that are being served.
 *
 * A tenant's instance is opened when it is first asked for, shared by everything that asks for it, and closed when nothing
 * has used it for a while, or with the family. One that cannot be built fails for those who ask for it and for nobody else,
 * and is tried again the next time. Code from nowhere belongs to no tenant, unless `Registry.setDefault` says so.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, HoneyHiveTenants } from "@honeyhive/tracing"
 *
 * const request = (tenantId: string) =>
 *   HoneyHive.use((hive) => hive.session).pipe(
 *     Effect.map((session) => session.name),
 *     Effect.withSpan("request"),
 *     Effect.provide(HoneyHiveTenants.get(tenantId))
 *   )
 *
 * const program = Effect.all([request("acme"), request("globex")], { concurrency: 2 }).pipe(
 *   // In earnest: the tenant's `apiKey`, its `url`, its limits
 *   Effect.provide(HoneyHiveTenants.layer((tenantId) => ({ testMode: true, sessionName: `jobs of ${tenantId}` })))
 * )
 *
 * await Effect.runPromise(program) // => ["jobs of acme", "jobs of globex"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class HoneyHiveTenants extends Context.Service<
  HoneyHiveTenants,
  {
    /** The instance of a tenant, for as long as it is provided. */
    readonly get: (tenantId: string) => Layer.Layer<HoneyHive, TracerConfigError>
    /** The tenants whose instances are open. */
    readonly open: Effect.Effect<ReadonlyArray<string>>
    /** Forgets the instance of a tenant: it is closed after its last use, and the next use opens a new one. */
    readonly invalidate: (tenantId: string) => Effect.Effect<void>
    /** Flushes every open instance. A tenant that is not delivered, where its level is `strict`, keeps no other waiting. */
    readonly flush: Effect.Effect<ReadonlyArray<TenantReceipt>, DeliveryError>
  }
>()("@honeyhive/tracing/Tenants") {
  /**
   * A family whose instances have the options that the function says for each tenant, over the environment of the program.
   */
  static readonly layer = (
    options: (tenantId: string) => Options,
    { idleTimeToLive = "1 minute" }: TenantsOptions = {}
  ): Layer.Layer<HoneyHiveTenants> => Layer.effect(HoneyHiveTenants, make(options, idleTimeToLive))

  /** The instance of a tenant, for as long as it is provided. */
  static readonly get = (tenantId: string): Layer.Layer<HoneyHive, TracerConfigError, HoneyHiveTenants> =>
    Layer.unwrap(HoneyHiveTenants.useSync((tenants) => tenants.get(tenantId)))

  /**
   * Flushes every open instance, and says for each tenant what became of its spans.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHiveTenants } from "@honeyhive/tracing"
   *
   * const program = Effect.void.pipe(
   *   Effect.withSpan("request"),
   *   Effect.provide(HoneyHiveTenants.get("acme")),
   *   Effect.andThen(HoneyHiveTenants.flush),
   *   Effect.map((receipts) => receipts.map(({ accepted, tenantId }) => [tenantId, accepted]))
   * )
   *
   * await Effect.runPromise(program.pipe(Effect.provide(HoneyHiveTenants.layer(() => ({ testMode: true })))))
   * // => [["acme", 1]]
   * ```
   */
  static readonly flush: Effect.Effect<ReadonlyArray<TenantReceipt>, DeliveryError, HoneyHiveTenants> = Effect.suspend(
    () => HoneyHiveTenants.use((tenants) => tenants.flush)
  )
}

const make = Effect.fnUntraced(function* (
  options: (tenantId: string) => Options,
  idleTimeToLive: NonNullable<TenantsOptions["idleTimeToLive"]>
) {
  // What the family was built under: no request's session, span or configuration may stay in an instance
  const family = yield* Effect.context<never>()
  const instances = new Set<{ readonly tenantId: string; readonly hive: HoneyHive["Service"] }>()

  const build = (tenantId: string) => (memoMap: Layer.MemoMap, scope: Scope.Scope) =>
    Effect.gen(function* () {
      const own = yield* Scope.make()
      yield* Scope.addFinalizerExit(scope, (exit) => Effect.setContext(Scope.close(own, exit), family))
      const context = yield* Layer.buildWithMemoMap(HoneyHive.layer(options(tenantId)), memoMap, own)
      const entry = { tenantId, hive: Context.get(context, HoneyHive) }
      instances.add(entry)
      yield* Scope.addFinalizer(
        own,
        Effect.sync(() => instances.delete(entry))
      )
      return context
    }).pipe(Effect.provideService(OnlyByChoice, true), Effect.setContext(family))

  const map = yield* LayerMap.make((tenantId: string) => Layer.fromBuild(build(tenantId)), { idleTimeToLive })

  const get = (tenantId: string): Layer.Layer<HoneyHive, TracerConfigError> =>
    Effect.gen(function* () {
      const use = yield* Scope.make()
      // The wait for the next use must not keep the process alive
      yield* Effect.addFinalizer((exit) => background(Scope.close(use, exit)))
      return yield* Scope.provide(map.contextEffect(tenantId), use)
    }).pipe(
      // A failure would be kept for as long as an instance is
      Effect.tapCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : map.invalidate(tenantId))),
      Layer.effectContext
    )

  const flush = Effect.suspend(() =>
    Effect.forEach(
      Array.from(instances),
      ({ hive, tenantId }) => Effect.exit(Effect.map(hive.flush, (receipt) => ({ tenantId, ...receipt }))),
      { concurrency: "unbounded" }
    )
  ).pipe(Effect.flatMap(Effect.all))

  return HoneyHiveTenants.of({
    get,
    open: Effect.sync(() => Array.from(instances, ({ tenantId }) => tenantId)),
    invalidate: map.invalidate,
    flush
  })
})
