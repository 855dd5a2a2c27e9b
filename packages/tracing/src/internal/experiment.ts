/**
 * What every span of an instance says of the experiment that it belongs to.
 */
import type * as OtelApi from "@opentelemetry/api"
import { Attributes, type AttributeValue } from "@honeyhive/contract/Attributes"
import { flatten } from "@honeyhive/contract/Bucket"
import type { Settings } from "../TracerConfig.ts"

/** The tags, and the ids of the run with their legacy twins. */
export const experimentAttributes = (settings: Settings): OtelApi.Attributes => {
  const attributes: Record<string, AttributeValue | undefined> = {
    [Attributes.EXPERIMENT_ID]: settings.experimentId,
    [Attributes.EXPERIMENT_NAME]: settings.experimentName,
    [Attributes.EXPERIMENT_VARIANT]: settings.experimentVariant,
    [Attributes.EXPERIMENT_GROUP]: settings.experimentGroup,
    [Attributes.RUN_ID]: settings.runId,
    [Attributes.DATASET_ID]: settings.datasetId,
    [Attributes.DATAPOINT_ID]: settings.datapointId,
    [Attributes.ASSOCIATION_RUN_ID]: settings.runId,
    [Attributes.ASSOCIATION_DATASET_ID]: settings.datasetId,
    [Attributes.ASSOCIATION_DATAPOINT_ID]: settings.datapointId
  }
  if (settings.experimentMetadata !== undefined) {
    flatten(Attributes.EXPERIMENT_METADATA, settings.experimentMetadata, (name, value) => {
      attributes[name] = value
    })
  }
  const present = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present) as OtelApi.Attributes // the same values, but mutable there
}
