/**
 * The environment of a program whose traces shall come to a hive, whatever it traces with.
 */
import type { Environment } from "./location.ts"

/** What would send its traces elsewhere, or say so with somebody else's key. */
const elsewhere = [
  "HH_INGESTION_API_KEY",
  "HH_PROJECT_API_KEY",
  "HH_DATA_PLANE_API_KEY",
  "HH_OTLP_ENDPOINT",
  "HH_OTLP_HEADERS",
  "OTEL_SDK_DISABLED",
  "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
]

const LOOPBACK = "127.0.0.1,localhost,::1"

/** A proxy has no way to this machine's own address. */
const withoutProxy = (env: Environment): Environment => {
  const isProxied = Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name))
  if (!isProxied) return {}
  const known = env["NO_PROXY"] ?? env["no_proxy"]
  const value = known === undefined || known === "" ? LOOPBACK : `${known},${LOOPBACK}`
  return { NO_PROXY: value, no_proxy: value }
}

/**
 * HoneyHive's variables (ours, npm's, Python's), OpenTelemetry's and Traceloop's. What the program says in code wins over
 * all of them; metrics and logs are turned off unless the environment sends them somewhere, as a hive takes neither.
 */
export const childEnvironment = (env: Environment, url: string, key: string): Environment => {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !elsewhere.includes(name)))
  return {
    ...kept,
    ...withoutProxy(env),
    HIVE_URL: url,
    HH_API_KEY: key,
    HH_API_URL: url,
    HH_DATA_PLANE_URL: url,
    HH_SERVER_URL: url,
    // Only a hive on this machine is told of spans while they run, wherever the program sends them in the end
    HH_RUNNING_SPANS: env["HH_RUNNING_SPANS"] ?? "local",
    HH_PROJECT: env["HH_PROJECT"] ?? "hive",
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_HEADERS: `Authorization=Bearer%20${encodeURIComponent(key)}`,
    OTEL_METRICS_EXPORTER: env["OTEL_METRICS_EXPORTER"] ?? "none",
    OTEL_LOGS_EXPORTER: env["OTEL_LOGS_EXPORTER"] ?? "none",
    TRACELOOP_BASE_URL: url,
    TRACELOOP_API_KEY: key
  }
}
