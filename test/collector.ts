/**
 * The Collector's configuration file, read as the Collector reads it.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { parse } from "yaml"

export const path = join(import.meta.dirname, "../packages/hive/docs/collector.yaml")

const Endpoint = Schema.String.check(Schema.isPattern(/^[\w.]+:\d+$/))
const Length = Schema.String.check(Schema.isPattern(/^\d+(ms|s|m)$/))

/** What the road to a hive is made of; a key that is missing or wrong fails. */
const Configuration = Schema.Struct({
  receivers: Schema.Struct({
    otlp: Schema.Struct({
      protocols: Schema.Struct({
        grpc: Schema.Struct({ endpoint: Endpoint, max_recv_msg_size_mib: Schema.Int }),
        http: Schema.Struct({ endpoint: Endpoint, max_request_body_size: Schema.Int })
      })
    })
  }),
  processors: Schema.Struct({
    memory_limiter: Schema.Struct({
      check_interval: Length,
      limit_percentage: Schema.Int,
      spike_limit_percentage: Schema.Int
    }),
    probabilistic_sampler: Schema.Struct({ sampling_percentage: Schema.Finite })
  }),
  exporters: Schema.Struct({
    "otlp_http/hive": Schema.Struct({
      traces_endpoint: Schema.String.check(Schema.isPattern(/^https?:\/\/.+\/v1\/traces$/)),
      headers: Schema.Struct({ authorization: Schema.String }),
      encoding: Schema.Literal("proto"),
      compression: Schema.Literal("gzip"),
      timeout: Length,
      tls: Schema.Struct({ ca_file: Schema.NullOr(Schema.String) }),
      retry_on_failure: Schema.Struct({
        enabled: Schema.Literal(true),
        initial_interval: Length,
        max_interval: Length,
        max_elapsed_time: Schema.Literal("0s")
      }),
      sending_queue: Schema.Struct({
        enabled: Schema.Literal(true),
        storage: Schema.Literal("file_storage"),
        num_consumers: Schema.Int,
        sizer: Schema.Literal("items"),
        queue_size: Schema.Int,
        batch: Schema.Struct({ flush_timeout: Length, min_size: Schema.Int, max_size: Schema.Int })
      })
    })
  }),
  extensions: Schema.Struct({
    file_storage: Schema.Struct({
      directory: Schema.NonEmptyString,
      create_directory: Schema.Literal(true),
      fsync: Schema.Literal(true),
      compaction: Schema.Struct({ on_start: Schema.Boolean, directory: Schema.NonEmptyString })
    })
  }),
  service: Schema.Struct({
    extensions: Schema.Tuple([Schema.Literal("file_storage")]),
    pipelines: Schema.Struct({
      traces: Schema.Struct({
        receivers: Schema.Tuple([Schema.Literal("otlp")]),
        processors: Schema.Tuple([Schema.Literal("memory_limiter"), Schema.Literal("probabilistic_sampler")]),
        exporters: Schema.Tuple([Schema.Literal("otlp_http/hive")])
      })
    }),
    telemetry: Schema.Struct({ logs: Schema.Json, metrics: Schema.Json })
  })
})

const decode = Schema.decodeUnknownPromise(Configuration, { onExcessProperty: "error" })

/** The file with an environment: `${env:NAME}` and `${env:NAME:-default}`. A name without either is an error. */
export const read = async (env: Readonly<Record<string, string>>): Promise<typeof Configuration.Type> => {
  const text = await readFile(path, "utf8")
  const expanded = text.replace(/\$\{env:(\w+)(?::-([^}]*))?\}/g, (_, name: string, otherwise?: string) => {
    const value = env[name] ?? otherwise
    if (value === undefined) throw new Error(`${name} is not set`)
    return value
  })
  return decode(parse(expanded))
}
