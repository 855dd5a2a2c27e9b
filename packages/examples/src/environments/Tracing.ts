/**
 * Where spans go, by environment: on a developer's machine into a hive in the process, which needs no account; in staging
 * and production to HoneyHive, each under its own source.
 */
import { Config, Effect, Layer, Schema } from "effect"
import { HoneyHiveLocal } from "@honeyhive/hive"
import { HoneyHive } from "@honeyhive/tracing"

const Environment = Config.schema(Schema.Literals(["development", "staging", "production"]), "ENVIRONMENT").pipe(
  Config.withDefault("development" as const)
)

/** Key and URL come from `HH_API_KEY` and `HH_API_URL`; `HH_EXPORTER=console` shows the spans on stdout instead. */
export const TracingLive = Layer.unwrap(
  Effect.map(Environment, (environment) =>
    environment === "development" ? HoneyHiveLocal : HoneyHive.layer({ source: environment })
  )
)
