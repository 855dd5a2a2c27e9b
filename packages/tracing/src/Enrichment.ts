/**
 * What a program adds to an event: the seven buckets, its type, its name, its error.
 *
 * @since 0.1.0
 */
import type { EventType } from "@honeyhive/contract/Event"
import type { EventFields } from "@honeyhive/contract/Projection"

/**
 * Content of a bucket as programs have it: any object; values that JSON cannot hold become text.
 *
 * @category models
 * @since 0.1.0
 */
export type Values = { readonly [key: string]: unknown }

/**
 * @category models
 * @since 0.1.0
 */
export interface Enrichment {
  readonly inputs?: Values | undefined
  readonly outputs?: Values | undefined
  readonly config?: Values | undefined
  readonly metadata?: Values | undefined
  readonly metrics?: Values | undefined
  readonly feedback?: Values | undefined
  readonly userProperties?: Values | undefined
  readonly error?: string | undefined
  readonly name?: string | undefined
  readonly type?: EventType | undefined
}

/** The same under the names of the wire. */
export const toFields = (enrichment: Enrichment): EventFields => ({
  inputs: enrichment.inputs,
  outputs: enrichment.outputs,
  config: enrichment.config,
  metadata: enrichment.metadata,
  metrics: enrichment.metrics,
  feedback: enrichment.feedback,
  user_properties: enrichment.userProperties,
  error: enrichment.error,
  event_name: enrichment.name,
  event_type: enrichment.type
})
