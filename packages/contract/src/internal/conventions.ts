/**
 * All conventions as one: which of them a span follows, and what it says by them together.
 */
import type { AttributeRecord } from "../Attributes.ts"
import { Bucket } from "../Bucket.ts"
import * as GenAi from "../GenAi.ts"
import type { Convention } from "./content.ts"
import * as OpenInference from "./openInference.ts"
import * as Traceloop from "./traceloop.ts"
import * as VercelAi from "./vercelAi.ts"

const genAi: Convention = {
  fieldsOf: GenAi.fieldsOf,
  reads: (attribute) => GenAi.messageAttributes.has(attribute),
  contentOf: GenAi.messagesOf
}

const others = [OpenInference, Traceloop, VercelAi]

/**
 * OpenTelemetry's names are everybody's; the others only mean what they mean on spans of their own, and there they know better
 * where a name belongs.
 */
const followed = (scope: string, attributes: AttributeRecord): ReadonlyArray<Convention> => {
  const names = Object.keys(attributes)
  // Most spans are nobody's: one look at each name says so
  if (!someScope.test(scope) && !names.some((name) => someName.test(name))) return onlyGenAi
  const found = others.filter(({ matches }) => matches(scope, names))
  return found.length === 0 ? onlyGenAi : [...found.map(({ convention }) => convention), genAi]
}

/** Whether all that is known of a span's attributes is what OpenTelemetry's GenAI conventions say. */
export const isOnlyGenAi = (scope: string, attributes: AttributeRecord): boolean => {
  if (someScope.test(scope)) return false
  for (const name in attributes) if (someName.test(name)) return false
  return true
}

const someScope = /openinference|traceloop|^opentelemetry\.instrumentation\./
const someName = /^(?:openinference\.|llm\.|traceloop\.(?!association)|ai\.|gen_ai\.(?:prompt|completion)\.)/

const onlyGenAi = [genAi]

export const conventionOf = (scope: string, attributes: AttributeRecord): Convention => {
  const conventions = followed(scope, attributes)
  return conventions.length === 1
    ? genAi
    : {
        fieldsOf: (attribute) => {
          for (const { fieldsOf } of conventions) {
            const fields = fieldsOf(attribute)
            if (fields !== undefined) return fields
          }
          return undefined
        },
        reads: (attribute) => conventions.some(({ reads }) => reads(attribute)),
        contentOf: (attributes) => {
          // Of contents, what stands in OpenTelemetry's own messages goes before all others
          const contents = conventions.map(({ contentOf }) => contentOf(attributes))
          return Object.fromEntries(
            Bucket.literals.map((bucket) => [bucket, Object.assign({}, ...contents.map((content) => content[bucket]))])
          )
        }
      }
}
