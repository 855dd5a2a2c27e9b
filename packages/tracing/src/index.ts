/**
 * The tracing SDK: one Layer at the root of a program.
 *
 * @since 0.1.0
 */
export { CurrentBaggage, getBaggage, type Members, withBaggage } from "./Baggage.ts"
export { Delivery, DeliveryError, type DropReason, type Receipt } from "./Delivery.ts"
export * as Description from "./Description.ts"
export { type Enrichment, type Lazy, type Values } from "./Enrichment.ts"
export { type EventOptions } from "./Event.ts"
export { Exporter, MemoryExporter } from "./Exporter.ts"
export { type Handle, start } from "./Handle.ts"
export { type Attachment, HoneyHive, HoneyHiveLive, type WithSessionOptions } from "./HoneyHive.ts"
export * as HostProfile from "./HostProfile.ts"
export * as Instrumentation from "./Instrumentation.ts"
export { currentSpan, enrichSpan, type Operations, type PlainSpan, startSpan, withSpan } from "./PlainSpan.ts"
export { type Carrier, continueFrom, inject } from "./Propagation.ts"
export { Provider } from "./Provider.ts"
export * as ProviderMode from "./ProviderMode.ts"
export * as Redaction from "./Redaction.ts"
export { Redactor } from "./Redactor.ts"
export * as Registry from "./Registry.ts"
export { withInstance } from "./Registry.ts"
export * as Resilience from "./Resilience.ts"
export { Resource } from "./Resource.ts"
export * as Sampling from "./Sampling.ts"
export * as Scenario from "./Scenario.ts"
export * as Serverless from "./Serverless.ts"
export { SpanProcessors } from "./SpanProcessors.ts"
export { Spool, type SpoolMode } from "./Spool.ts"
export * as SpoolFolder from "./SpoolFolder.ts"
export { HoneyHiveTenants, type TenantReceipt, type TenantsOptions } from "./Tenants.ts"
export { CurrentSession, type SessionEnd, type SessionInfo, type SessionOptions, Sessions } from "./Session.ts"
export {
  type Link,
  type LinkTarget,
  type SpanEnd,
  type SpanHandle,
  type SpanOptions,
  type WithSpanOptions
} from "./SpanHandle.ts"
export { traced, type TracedOptions } from "./Traced.ts"
export { tracedClass, type TracedClassOptions, traceMethod } from "./TracedClass.ts"
export { type Options, type Settings, TracerConfig, TracerConfigError } from "./TracerConfig.ts"
export * as Transport from "./Transport.ts"
