/**
 * The tracing SDK: one Layer at the root of a program.
 *
 * @since 0.1.0
 */
export { Delivery, DeliveryError, type DropReason, type Receipt } from "./Delivery.ts"
export * as Description from "./Description.ts"
export { type Enrichment, type Values } from "./Enrichment.ts"
export { Exporter, MemoryExporter } from "./Exporter.ts"
export { type Handle, start } from "./Handle.ts"
export { type Attachment, type EventOptions, HoneyHive, HoneyHiveLive, type SessionEnrichment } from "./HoneyHive.ts"
export * as HostProfile from "./HostProfile.ts"
export { Provider } from "./Provider.ts"
export * as ProviderMode from "./ProviderMode.ts"
export * as Registry from "./Registry.ts"
export * as Resilience from "./Resilience.ts"
export * as Scenario from "./Scenario.ts"
export * as Serverless from "./Serverless.ts"
export { CurrentSession, type SessionInfo, type SessionOptions, Sessions } from "./Session.ts"
export { Spool, type SpoolMode } from "./Spool.ts"
export * as SpoolFolder from "./SpoolFolder.ts"
export { HoneyHiveTenants, type TenantReceipt, type TenantsOptions } from "./Tenants.ts"
export { enrichSpan, traced, type TracedOptions } from "./Traced.ts"
export { tracedClass, type TracedClassOptions, traceMethod } from "./TracedClass.ts"
export { type Options, type Settings, TracerConfig, TracerConfigError } from "./TracerConfig.ts"
export * as Transport from "./Transport.ts"
