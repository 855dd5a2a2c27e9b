/**
 * One tracer per tenant, opened when it is first asked for and closed when it has been idle: keys, URLs, sessions and
 * connections of two tenants have nothing in common.
 */
import { Context, Effect, LayerMap, Layer, type Redacted, Schema } from "effect"
import { HoneyHive } from "@honeyhive/tracing"

/** What the directory knows of a tenant. */
export interface Tenant {
  readonly apiKey: Redacted.Redacted
  readonly url: string
}

/** Nobody by that name. */
export class UnknownTenant extends Schema.TaggedError<UnknownTenant>()("UnknownTenant", { tenant: Schema.String }) {}

/** The tenants of this service, from a database in real life. */
export class Directory extends Context.Service<
  Directory,
  { readonly find: (tenant: string) => Effect.Effect<Tenant, UnknownTenant> }
>()("examples/Directory") {}

/** Tracers by tenant. */
export class TenantTracing extends LayerMap.Service<TenantTracing>()("examples/TenantTracing", {
  lookup: (tenant: string) =>
    Layer.unwrap(
      Effect.gen(function* () {
        const { apiKey, url } = yield* (yield* Directory).find(tenant)
        return HoneyHive.layer({ apiKey, url, source: "api" })
      })
    ),
  idleTimeToLive: "5 minutes"
}) {}
