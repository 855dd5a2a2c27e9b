/**
 * One tracer per tenant, opened when it is first asked for and closed when it has been idle: keys, URLs, sessions and
 * connections of two tenants have nothing in common.
 */
import { Context, Effect, Layer, type Redacted } from "effect"
import { HoneyHiveTenants } from "@honeyhive/tracing"

/** What the directory knows of a tenant. */
export interface Tenant {
  readonly apiKey: Redacted.Redacted
  readonly url: string
}

/** The tenants of this service. In real life it reads a database, and keeps what it has read. */
export class Directory extends Context.Service<Directory, { readonly find: (tenant: string) => Tenant | undefined }>()(
  "examples/Directory"
) {}

/** Tracers by tenant. */
export const TracingLive: Layer.Layer<HoneyHiveTenants, never, Directory> = Layer.unwrap(
  Directory.use(({ find }) =>
    Effect.succeed(
      HoneyHiveTenants.layer((tenant) => ({ ...find(tenant), source: "api" }), { idleTimeToLive: "5 minutes" })
    )
  )
)
