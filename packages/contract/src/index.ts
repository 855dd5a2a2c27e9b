/**
 * HoneyHive on the wire.
 *
 * @since 0.1.0
 */
export * as Api from "./Api.ts"
export { type AttributeRecord, Attributes, type AttributeValue } from "./Attributes.ts"
export * as Bucket from "./Bucket.ts"
export * as Configuration from "./Configuration.ts"
export * as Dataset from "./Dataset.ts"
export * as Event from "./Event.ts"
export * as EventsApi from "./EventsApi.ts"
export * as EventKind from "./EventKind.ts"
export * as Experiment from "./Experiment.ts"
export * as ExternalIds from "./ExternalIds.ts"
export * as GenAi from "./GenAi.ts"
export * as MetricDefinition from "./MetricDefinition.ts"
export * as Otlp from "./Otlp.ts"
export * as Prices from "./Prices.ts"
export * as Projection from "./Projection.ts"
export * as Usage from "./Usage.ts"
export * as Uuid from "./Uuid.ts"
