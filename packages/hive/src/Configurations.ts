/**
 * The prompt configurations that a hive shows; they are given to it, nobody changes them over REST.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { Configuration } from "@honeyhive/contract/Configuration"

/**
 * @category models
 * @since 0.1.0
 */
export interface ConfigurationQuery {
  readonly name?: string | undefined
  readonly env?: string | undefined
  /** A configuration must have all of them. */
  readonly tags?: ReadonlyArray<string> | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Configurations extends Context.Service<
  Configurations,
  { readonly list: (query: ConfigurationQuery) => ReadonlyArray<Configuration> }
>()("@honeyhive/hive/Configurations") {
  /** These, and no others. */
  static readonly layer = (all: ReadonlyArray<Configuration>): Layer.Layer<Configurations> =>
    Layer.succeed(
      Configurations,
      Configurations.of({
        list: ({ env, name, tags = [] }) =>
          all.filter(
            (one) =>
              (name === undefined || one.name === name) &&
              (env === undefined || one.env.some((known) => known === env)) &&
              tags.every((tag) => one.tags.includes(tag))
          )
      })
    )
}
