/**
 * Prompt configurations, and the routes that read them: HoneyHive's newest clients have neither any more.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"

const Env = Schema.Literals(["dev", "staging", "prod"])

/**
 * A prompt with its model and parameters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Configuration = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  type: Schema.Literals(["LLM", "pipeline"]),
  provider: Schema.String,
  /** `call_type`, `model`, `hyperparameters`, `template` and whatever else the provider takes. */
  parameters: Schema.JsonObject,
  env: Schema.Array(Env),
  tags: Schema.Array(Schema.String),
  user_properties: Schema.optionalKey(Schema.NullOr(Schema.JsonObject))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Configuration = typeof Configuration.Type

/**
 * `/v1/configurations`, to read.
 *
 * @category api
 * @since 0.1.0
 */
export const configurations = HttpApiGroup.make("configurations").add(
  HttpApiEndpoint.get("list", "/v1/configurations", {
    query: {
      name: Schema.optionalKey(Schema.String),
      env: Schema.optionalKey(Env),
      "tags[]": Schema.optionalKey(Schema.Array(Schema.String))
    },
    success: Schema.Array(Configuration)
  })
)
