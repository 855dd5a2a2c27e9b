/**
 * The conventions of other tracers, as fields of a HoneyHive event: OpenInference, Traceloop, Vercel's `ai.*` and Langfuse.
 *
 * A span that follows one of them says so in a marker attribute; only then are its attributes looked at. What a convention
 * explains leaves `metadata`, the rest stays there under its own name. Fields that the span carries as `honeyhive_*` or as
 * OpenTelemetry's GenAI attributes come first.
 *
 * @since 0.1.0
 */
import type { AttributeRecord } from "./Attributes.ts"
import type { Reading } from "./internal/reading.ts"
import { langfuse } from "./internal/langfuse.ts"
import { openInference } from "./internal/openInference.ts"
import { traceloop } from "./internal/traceloop.ts"
import { vercel } from "./internal/vercel.ts"

export type { Reading } from "./internal/reading.ts"

const conventions: ReadonlyArray<
  readonly [markers: ReadonlyArray<string>, read: (attributes: AttributeRecord) => Reading]
> = [
  [["openinference.span.kind", "llm.model_name"], openInference],
  [["ai.operationId"], vercel],
  [["langfuse.observation.type"], langfuse],
  [["traceloop.span.kind", "llm.request.type", "gen_ai.prompt.0.role", "gen_ai.completion.0.role"], traceloop]
]

/**
 * What the first convention that a span follows makes of it; `undefined` when it follows none.
 *
 * @example
 * ```ts
 * import { Conventions } from "@honeyhive/contract"
 *
 * const read = Conventions.read({ "openinference.span.kind": "LLM", "llm.model_name": "gpt-x" })
 *
 * read?.fields // => [["metadata", "span_kind", "LLM"], ["config", "model", "gpt-x"]]
 * ```
 *
 * @category projection
 * @since 0.1.0
 */
export const read = (attributes: AttributeRecord): Reading | undefined =>
  conventions.find(([markers]) => markers.some((marker) => attributes[marker] !== undefined))?.[1](attributes)
