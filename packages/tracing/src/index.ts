/**
 * The tracing SDK: one Layer at the root of a program.
 *
 * @since 0.1.0
 */
export { Delivery, DeliveryError, type DropReason, type Receipt } from "./Delivery.ts"
export { type Enrichment, type Lazy, type Values } from "./Enrichment.ts"
export { Exporter, MemoryExporter } from "./Exporter.ts"
export { type Handle, start } from "./Handle.ts"
export { type EventOptions } from "./Event.ts"
export { HoneyHive, HoneyHiveLive, type WithSessionOptions } from "./HoneyHive.ts"
export * as HostProfile from "./HostProfile.ts"
export { currentSpan, enrichSpan, type Operations, type PlainSpan, startSpan, withSpan } from "./PlainSpan.ts"
export { Provider } from "./Provider.ts"
export * as Registry from "./Registry.ts"
export { withInstance } from "./Registry.ts"
export * as Resilience from "./Resilience.ts"
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
