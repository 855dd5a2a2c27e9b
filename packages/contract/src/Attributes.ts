/**
 * Every attribute name that this project writes on a span or reads from one, in one table.
 *
 * Buckets of an event use underscore prefixes (`honeyhive_inputs.query`): a dotted `honeyhive.inputs.query` would land
 * flat in `metadata` on HoneyHive. Routing names carry the session and must survive every attribute limit.
 *
 * @since 0.1.0
 */

/**
 * The names, grouped by who defined them: HoneyHive, its legacy Traceloop twins, OpenTelemetry, Effect.
 *
 * @example
 * ```ts
 * import { Attributes } from "@honeyhive/contract"
 *
 * Attributes.EVENT_TYPE // => "honeyhive_event_type"
 * ```
 *
 * @category names
 * @since 0.1.0
 */
export const Attributes = {
  // Routing: which session a span belongs to, and how it shows there
  SESSION_ID: "honeyhive.session_id",
  SESSION_NAME: "honeyhive.session_name",
  SESSION_AUTO_CREATE: "honeyhive.session_auto_create",
  SOURCE: "honeyhive.source",
  PROJECT: "honeyhive.project",
  PARENT_ID: "honeyhive.parent_id",

  // Experiment: what a span is tagged with, and the run that it belongs to
  EXPERIMENT_ID: "honeyhive.experiment_id",
  EXPERIMENT_NAME: "honeyhive.experiment_name",
  EXPERIMENT_VARIANT: "honeyhive.experiment_variant",
  EXPERIMENT_GROUP: "honeyhive.experiment_group",
  EXPERIMENT_METADATA: "honeyhive.experiment_metadata",
  RUN_ID: "honeyhive_metadata.run_id",
  DATASET_ID: "honeyhive_metadata.dataset_id",
  DATAPOINT_ID: "honeyhive_metadata.datapoint_id",

  // The event's own fields
  EVENT_TYPE: "honeyhive_event_type",
  EVENT_TYPE_RAW: "honeyhive_event_type_raw",
  EVENT_NAME: "honeyhive_event_name",
  EVENT_ID: "honeyhive_event_id",
  ERROR: "honeyhive_error",
  ERROR_TYPE: "honeyhive_error_type",

  // Legacy twins of the routing names, still read by HoneyHive and written by older SDKs
  ASSOCIATION_PREFIX: "traceloop.association.properties.",
  ASSOCIATION_SESSION_ID: "traceloop.association.properties.session_id",
  ASSOCIATION_PROJECT: "traceloop.association.properties.project",
  ASSOCIATION_SOURCE: "traceloop.association.properties.source",
  ASSOCIATION_PARENT_ID: "traceloop.association.properties.parent_id",
  ASSOCIATION_RUN_ID: "traceloop.association.properties.run_id",
  ASSOCIATION_DATASET_ID: "traceloop.association.properties.dataset_id",
  ASSOCIATION_DATAPOINT_ID: "traceloop.association.properties.datapoint_id",

  // OpenTelemetry
  OTEL_SESSION_ID: "session.id",
  EXCEPTION_TYPE: "exception.type",
  EXCEPTION_MESSAGE: "exception.message",
  EXCEPTION_STACKTRACE: "exception.stacktrace",
  OPENINFERENCE_SPAN_KIND: "openinference.span.kind",
  TRACELOOP_SPAN_KIND: "traceloop.span.kind",

  // OpenTelemetry GenAI
  GEN_AI_OPERATION_NAME: "gen_ai.operation.name",
  GEN_AI_PROVIDER_NAME: "gen_ai.provider.name",
  GEN_AI_SYSTEM: "gen_ai.system",
  GEN_AI_REQUEST_PREFIX: "gen_ai.request.",
  GEN_AI_REQUEST_MODEL: "gen_ai.request.model",
  GEN_AI_RESPONSE_MODEL: "gen_ai.response.model",
  GEN_AI_RESPONSE_ID: "gen_ai.response.id",
  GEN_AI_RESPONSE_FINISH_REASON: "gen_ai.response.finish_reason",
  GEN_AI_RESPONSE_FINISH_REASONS: "gen_ai.response.finish_reasons",
  GEN_AI_INPUT_MESSAGES: "gen_ai.input.messages",
  GEN_AI_OUTPUT_MESSAGES: "gen_ai.output.messages",
  GEN_AI_SYSTEM_INSTRUCTIONS: "gen_ai.system_instructions",
  GEN_AI_PROMPT: "gen_ai.prompt",
  GEN_AI_COMPLETION: "gen_ai.completion",
  GEN_AI_TOOL_DEFINITIONS: "gen_ai.tool.definitions",
  GEN_AI_TOOL_NAME: "gen_ai.tool.name",
  GEN_AI_TOOL_STATUS: "gen_ai.tool.status",
  GEN_AI_TOOL_CALL_ID: "gen_ai.tool.call.id",
  GEN_AI_TOOL_CALL_ARGUMENTS: "gen_ai.tool.call.arguments",
  GEN_AI_TOOL_CALL_RESULT: "gen_ai.tool.call.result",
  GEN_AI_AGENT_NAME: "gen_ai.agent.name",
  GEN_AI_AGENT_ID: "gen_ai.agent.id",
  GEN_AI_AGENT_TYPE: "gen_ai.agent.type",
  GEN_AI_AGENT_DESCRIPTION: "gen_ai.agent.description",
  GEN_AI_CONVERSATION_ID: "gen_ai.conversation.id",
  GEN_AI_USAGE_INPUT_TOKENS: "gen_ai.usage.input_tokens",
  GEN_AI_USAGE_OUTPUT_TOKENS: "gen_ai.usage.output_tokens",
  GEN_AI_USAGE_PROMPT_TOKENS: "gen_ai.usage.prompt_tokens",
  GEN_AI_USAGE_COMPLETION_TOKENS: "gen_ai.usage.completion_tokens",
  GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: "gen_ai.usage.cache_read_input_tokens",
  GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS: "gen_ai.usage.cache_write_input_tokens",
  GEN_AI_USAGE_REASONING_TOKENS: "gen_ai.usage.reasoning_tokens"
} as const

/**
 * What OpenTelemetry lets an attribute hold.
 *
 * @category models
 * @since 0.1.0
 */
export type AttributeValue = string | number | boolean | ReadonlyArray<string | number | boolean | null | undefined>

/**
 * A span's attributes as they come off the wire: arrays and maps of any depth are possible there.
 *
 * @category models
 * @since 0.1.0
 */
export type AttributeRecord = { readonly [name: string]: unknown }
