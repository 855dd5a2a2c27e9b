/**
 * Every field of the configuration in one table: its names, its type, its default. Decoding, the types of options and
 * settings, `describe` and `docs/CONFIG.md` are made from it; the comment above a field is its line in that document.
 */
import { homedir } from "node:os"
import { basename, join } from "node:path"
import {
  baseUrl,
  count,
  countFromZero,
  flag,
  headers,
  key,
  list,
  object,
  oneOf,
  optionalText,
  optionalUrl,
  proxy,
  seconds,
  text,
  uuid
} from "./field.ts"
import { eventTypeRules, redact, sampling } from "./ruleFields.ts"

// The program's own file, as HoneyHive's Python SDK does it; there is none in a REPL
const programName = (): string => basename(process.argv[1] ?? "").replace(/\.[cm]?[jt]sx?$/, "") || "unknown"

// Where the XDG specification keeps what outlives a process and is no document
const spoolFolder = (): string =>
  join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "honeyhive", "spool")

export const fields = {
  /** Key for HoneyHive; without one, and without an OTLP endpoint, nothing is exported. The first given wins. */
  apiKey: key({
    aliases: ["ingestionApiKey", "projectApiKey"],
    env: ["HH_INGESTION_API_KEY", "HH_PROJECT_API_KEY", "HH_API_KEY"]
  }),
  /** HoneyHive's data plane, or a hive. */
  url: baseUrl(
    { aliases: ["dataPlaneUrl", "serverUrl"], env: ["HH_DATA_PLANE_URL", "HH_API_URL", "HH_SERVER_URL"] },
    "https://api.dp1.us.honeyhive.ai"
  ),
  /** Where the events come from, such as `dev` or `production`. */
  source: text({ env: ["HH_SOURCE"] }, "dev"),
  /** Written on the spans for older readers; HoneyHive takes the project from the key. */
  project: optionalText({ env: ["HH_PROJECT"] }),
  /** What kind of host this is; it decides the defaults of deadlines, batches and connections. */
  host: oneOf({ env: ["HH_HOST_PROFILE"], otherwise: "detected" }, [
    "standard",
    "lambda",
    "kubernetes",
    "high-concurrency",
    "gcp",
    "azure",
    "ec2",
    "docker"
  ]),
  /** What kind of work this is; it changes defaults over those of the host. */
  scenario: oneOf({ env: ["HH_SCENARIO"], otherwise: "detected" }, [
    "standard",
    "high-volume",
    "low-latency",
    "test",
    "benchmark"
  ]),
  /** No network at all; ids stay valid. */
  testMode: flag({ env: ["HH_TEST_MODE"] }),
  /** Logs the effective configuration once when an instance is made. */
  verbose: flag({ env: ["HH_VERBOSE"] }),
  /** Spans are neither made nor sent. */
  disableTracing: flag({ env: ["HH_DISABLE_TRACING"] }),

  /** What the instance is to OpenTelemetry's global provider. */
  provider: oneOf({ env: ["HH_PROVIDER"] }, ["independent", "main", "attached", "auto"]),
  /** Whether `auto` may register the instance as the global provider where there is none. */
  registerGlobal: flag({ env: ["HH_REGISTER_GLOBAL"] }),

  /** Name of the instance's own session. */
  sessionName: text(
    {
      nested: "session.name",
      env: ["HH_SESSION_NAME"],
      byProgram: programName,
      otherwise: "the program's file without its ending"
    },
    "unknown"
  ),
  /** Id of the instance's own session. */
  sessionId: uuid({ nested: "session.id", env: ["HH_SESSION_ID"], otherwise: "a new one" }),
  /** Inputs of the instance's own session. */
  inputs: object({ nested: "session.inputs", env: [] }, "secret"),
  /** Leaves the session to the spans' auto-create flag instead of announcing it over REST. */
  skipSessionCreation: flag({ nested: "session.skipCreation", env: ["HH_SKIP_SESSION_CREATION"] }),

  /** A session of its own for every request: a server span without a parent. */
  sessionPerServerSpan: flag({ nested: "session.perServerSpan", env: ["HH_SESSION_PER_SERVER_SPAN"] }),

  /** The experiment's run that the spans belong to. */
  runId: optionalText({ nested: "evaluation.runId", env: ["HH_RUN_ID"] }),
  /** The dataset that the run goes through. */
  datasetId: optionalText({ nested: "evaluation.datasetId", env: ["HH_DATASET_ID"] }),
  /** The datapoint that the spans answer. */
  datapointId: optionalText({ nested: "evaluation.datapointId", env: ["HH_DATAPOINT_ID"] }),
  /** Experiment that the spans are tagged with. */
  experimentId: optionalText({ nested: "experiment.id", env: ["HH_EXPERIMENT_ID"] }),
  /** Its name. */
  experimentName: optionalText({ nested: "experiment.name", env: ["HH_EXPERIMENT_NAME"] }),
  /** The variant that this process runs. */
  experimentVariant: optionalText({ nested: "experiment.variant", env: ["HH_EXPERIMENT_VARIANT"] }),
  /** The group that this process belongs to. */
  experimentGroup: optionalText({ nested: "experiment.group", env: ["HH_EXPERIMENT_GROUP"] }),
  /** More about the experiment. */
  experimentMetadata: object({ nested: "experiment.metadata", env: ["HH_EXPERIMENT_METADATA"] }),

  /** How spans leave the process: OTLP over HTTP, one object per span on the console, or not at all. */
  exporter: oneOf({ env: ["HH_EXPORTER"] }, ["otlp", "console", "none"]),
  /** Off: spans are made, but no OTLP request is. */
  otlpEnabled: flag({ nested: "otlp.enabled", env: ["HH_OTLP_ENABLED"] }, true),
  /** The whole URL of an OTLP traces endpoint; it gets the spans instead of HoneyHive, and never its key. */
  otlpEndpoint: optionalUrl({ nested: "otlp.endpoint", env: ["HH_OTLP_ENDPOINT"], otherwise: "HoneyHive's" }),
  /** Further headers of OTLP requests, such as another backend's key. */
  otlpHeaders: headers({ nested: "otlp.headers", env: ["HH_OTLP_HEADERS"] }),
  /** OTLP's encoding over HTTP. */
  otlpProtocol: oneOf({ nested: "otlp.protocol", env: ["HH_OTLP_PROTOCOL"] }, ["http/json", "http/protobuf"]),
  /** Compression of OTLP requests; `auto` compresses where the connection costs more than the CPU. */
  otlpCompression: oneOf(
    { nested: "otlp.compression", env: ["HH_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"] },
    ["auto", "none", "gzip"]
  ),

  /** Sends every span as it ends instead of in batches. */
  disableBatch: flag({ nested: "batch.disabled", env: ["HH_DISABLE_BATCH"] }),
  /**
   * Sends a span already while it runs, and its end within 200 ms: for a hive, which shows it. `local`: where `url` is on
   * this machine, and no `otlpEndpoint` is set; `on`: wherever spans go. On in `HoneyHiveLocal` and under `hive run`.
   */
  runningSpans: oneOf({ nested: "delivery.runningSpans", env: ["HH_RUNNING_SPANS"] }, ["off", "local", "on"]),
  /** Spans in one request at most. */
  batchMaxSize: count(
    {
      nested: "batch.maxSize",
      env: ["HH_MAX_EXPORT_BATCH_SIZE", "HH_BATCH_SIZE"],
      byHost: (host) => host.batchMaxSize
    },
    512
  ),
  /** Bytes in one request at most, before encoding. */
  batchMaxBytes: count({ nested: "batch.maxBytes", env: ["HH_MAX_EXPORT_BATCH_BYTES"] }, 4 * 1024 * 1024),
  /** Spans waiting at most; more are dropped and counted. */
  batchMaxQueue: count(
    { nested: "batch.maxQueue", env: ["HH_MAX_QUEUE_SIZE"], byHost: (host) => host.batchMaxQueue },
    32_768
  ),
  /** Bytes waiting at most, as they are in memory. */
  batchMaxQueueBytes: count(
    { nested: "batch.maxQueueBytes", env: ["HH_MAX_QUEUE_BYTES"], byHost: (host) => host.batchMaxQueueBytes },
    64 * 1024 * 1024
  ),
  /** Longest time a span waits for its batch. */
  batchInterval: seconds(
    { nested: "batch.interval", env: ["HH_FLUSH_INTERVAL"], byHost: (host) => host.batchInterval },
    5
  ),
  /** Requests with spans under way at the same time. */
  maxInFlight: count({ nested: "batch.maxInFlight", env: ["HH_MAX_IN_FLIGHT"], byHost: (host) => host.maxInFlight }, 4),
  /** What happens when the backend does not take spans: tried for two minutes, not at all, or until the end. */
  resilience: oneOf({ nested: "delivery.resilience", env: ["HH_RESILIENCE_LEVEL"] }, [
    "balanced",
    "strict",
    "resilient"
  ]),
  /** Spans on disk: `on` what cannot be sent, `durable` all of them as they end. `HoneyHiveLive`: `on`, but on Lambda. */
  spool: oneOf({ nested: "delivery.spool", env: ["HH_SPOOL"] }, ["off", "on", "durable"]),
  /** Folder of the spool. */
  spoolPath: text(
    {
      nested: "delivery.spoolPath",
      env: ["HH_SPOOL_PATH"],
      byProgram: spoolFolder,
      otherwise: "`honeyhive/spool` below `XDG_STATE_HOME`, else below `~/.local/state`"
    },
    ""
  ),
  /** Bytes on disk at most. */
  spoolMaxBytes: count({ nested: "delivery.spoolMaxBytes", env: ["HH_SPOOL_MAX_BYTES"] }, 256 * 1024 * 1024),

  /** Longest time of one export. */
  exportTimeout: seconds({ nested: "timeouts.export", env: ["HH_EXPORT_TIMEOUT"] }, 30),
  /** Longest time that `flush` may take. */
  flushTimeout: seconds({ nested: "timeouts.flush", env: ["HH_FLUSH_TIMEOUT"], byHost: (host) => host.flush }, 3),
  /** Longest time that closing an instance may take: flush, last requests, release. */
  shutdownTimeout: seconds(
    { nested: "timeouts.shutdown", env: ["HH_SHUTDOWN_TIMEOUT"], byHost: (host) => host.flush },
    3
  ),
  /** Longest time that acquiring or releasing one part of an instance may take. */
  lifecycleTimeout: seconds(
    { nested: "timeouts.lifecycle", env: ["HH_LIFECYCLE_TIMEOUT"], byHost: (host) => host.lifecycle },
    1
  ),

  /**
   * On SIGTERM and SIGINT the instance closes before the process ends; where the program listens to them itself, the
   * instance only sends what it has.
   */
  handleSignals: flag({ nested: "delivery.handleSignals", env: ["HH_HANDLE_SIGNALS"] }, true),

  /** Attributes of a span at most. */
  maxAttributes: count({ nested: "limits.attributes", env: ["HH_MAX_ATTRIBUTES"] }, 1024),
  /** Events of a span at most. */
  maxEvents: count({ nested: "limits.events", env: ["HH_MAX_EVENTS"] }, 1024),
  /** Links of a span at most. */
  maxLinks: count({ nested: "limits.links", env: ["HH_MAX_LINKS"] }, 128),
  /** Bytes of a span at most; longer values are cut, with a mark. */
  maxSpanBytes: count({ nested: "limits.spanBytes", env: ["HH_MAX_SPAN_SIZE"] }, 10 * 1024 * 1024),
  /** Whether attributes that say where a span belongs survive the limits: they always do. */
  preserveCoreAttributes: flag(
    { nested: "limits.preserveCoreAttributes", env: ["HH_PRESERVE_CORE_ATTRIBUTES"], deprecated: true },
    true
  ),
  /** Bytes of one value at most; a longer one is cut, with a mark. */
  maxAttributeBytes: count({ nested: "limits.attributeBytes", env: ["HH_MAX_ATTRIBUTE_BYTES"] }, 10 * 1024 * 1024),
  /** What type of event a span is, by its name and attributes, before anything else decides; the first match counts. */
  eventTypeRules: eventTypeRules({ env: ["HH_EVENT_TYPE_RULES"] }),
  /** What must not leave the process: packs of rules, rules, a hook. */
  redact: redact({ env: ["HH_REDACT"] }),
  /** Which traces are recorded: a share of all, and rules. */
  sampling: sampling({ env: ["HH_SAMPLING", "HH_SAMPLE_RATIO"] }),
  /** Only spans whose names begin with one of these are exported; empty: all of them. */
  spanNameInclude: list({ nested: "spans.include", env: ["HH_SPAN_NAME_INCLUDE"] }),
  /** Spans whose names begin with one of these are not exported. */
  spanNameExclude: list({ nested: "spans.exclude", env: ["HH_SPAN_NAME_EXCLUDE"] }),
  /** Arguments, results and messages are recorded. Off: names, times, tokens and errors only. */
  captureContent: flag({ nested: "spans.captureContent", env: ["HH_CAPTURE_CONTENT"] }, true),
  /** Outgoing HTTP requests make no spans, also where `Http` of `@honeyhive/instruments` is provided. */
  disableHttpTracing: flag(
    {
      nested: "http.tracingDisabled",
      env: ["HH_DISABLE_HTTP_TRACING", "HONEYHIVE_DISABLE_HTTP_TRACING", "DISABLE_HTTP_TRACING"]
    },
    false
  ),

  /** Longest time of one REST call. */
  httpTimeout: seconds({ nested: "http.timeout", env: ["HH_TIMEOUT"], byHost: (host) => host.httpTimeout }, 30),
  /** Connections to one backend at most. */
  maxConnections: count(
    { nested: "http.maxConnections", env: ["HH_MAX_CONNECTIONS"], byHost: (host) => host.maxConnections },
    10
  ),
  /** Idle connections kept open at most. */
  maxKeepaliveConnections: countFromZero(
    {
      nested: "http.maxKeepaliveConnections",
      env: ["HH_MAX_KEEPALIVE_CONNECTIONS"],
      byHost: (host) => host.maxKeepaliveConnections
    },
    20
  ),
  /** Longest time that an idle connection is kept. */
  keepaliveExpiry: seconds({ nested: "http.keepaliveExpiry", env: ["HH_KEEPALIVE_EXPIRY"] }, 30),
  /** Longest time that a request waits for a connection. */
  poolTimeout: seconds({ nested: "http.poolTimeout", env: ["HH_POOL_TIMEOUT"] }, 10),
  /** REST calls in one window at most. */
  rateLimitCalls: count({ nested: "http.rateLimitCalls", env: ["HH_RATE_LIMIT_CALLS"] }, 100),
  /** The window of `rateLimitCalls`. */
  rateLimitWindow: seconds({ nested: "http.rateLimitWindow", env: ["HH_RATE_LIMIT_WINDOW"] }, 60),
  /** Tries after the first of a REST call; how long spans are tried is a matter of `resilience`. */
  maxRetries: countFromZero(
    { nested: "http.maxRetries", env: ["HH_MAX_RETRIES"], byHost: (host) => host.maxRetries },
    3
  ),
  /** Pause before the first retry of a REST call; doubled from then on. */
  retryBackoff: seconds(
    { nested: "http.retryBackoff", env: ["HH_RETRY_BACKOFF"], byHost: (host) => host.retryBackoff },
    0.5
  ),
  /** Proxy for `http://` addresses. */
  httpProxy: proxy({ nested: "http.httpProxy", env: ["HH_HTTP_PROXY"] }),
  /** Proxy for `https://` addresses. */
  httpsProxy: proxy({ nested: "http.httpsProxy", env: ["HH_HTTPS_PROXY"] }),
  /** Hosts that are reached without a proxy; `*` is all, `.example.com` a domain. */
  noProxy: list({ nested: "http.noProxy", env: ["HH_NO_PROXY"] }),
  /** Certificates of the backend are checked. */
  verifySsl: flag({ nested: "http.verifySsl", env: ["HH_VERIFY_SSL"] }, true),
  /** Redirects are followed. */
  followRedirects: flag({ nested: "http.followRedirects", env: ["HH_FOLLOW_REDIRECTS"] }, true),

  /** What was detected once (the resource) is kept for the next time. */
  cacheEnabled: flag({ nested: "cache.enabled", env: ["HH_CACHE_ENABLED"] }, true),
  /** Entries of a cache at most. */
  cacheMaxSize: count({ nested: "cache.maxSize", env: ["HH_CACHE_MAX_SIZE"] }, 1000),
  /** How long an entry is used. */
  cacheTtl: seconds({ nested: "cache.ttl", env: ["HH_CACHE_TTL"] }, 300),
  /** How often a cache was cleaned: entries leave when they are old. */
  cacheCleanupInterval: seconds(
    { nested: "cache.cleanupInterval", env: ["HH_CACHE_CLEANUP_INTERVAL"], deprecated: true },
    60
  ),

  /** `service.name` of the resource. */
  serviceName: text({ nested: "service.name", env: ["HH_SERVICE_NAME", "OTEL_SERVICE_NAME"] }, "unknown_service"),
  /** `service.instance.id` of the resource. */
  serviceInstanceId: text(
    {
      nested: "service.instanceId",
      env: ["HH_SERVICE_INSTANCE_ID"],
      byProgram: () => crypto.randomUUID(),
      otherwise: "a new UUID"
    },
    ""
  ),
  /** `service.version` of the resource. */
  serviceVersion: optionalText({ nested: "service.version", env: ["HH_SERVICE_VERSION"] }),
  /** Longest time that looking up the resource (host, platform, git) may take, in the background. */
  resourceTimeout: seconds({ nested: "service.resourceTimeout", env: ["HH_RESOURCE_TIMEOUT"] }, 1),
  /** The process's arguments and owner on the resource: arguments may hold secrets. */
  processDetails: flag({ nested: "service.processDetails", env: ["HH_PROCESS_DETAILS"] }),
  /** Git attributes on the resource. Nothing is ever sent anywhere else. */
  telemetry: flag({ nested: "service.telemetry", env: ["HH_TELEMETRY", "HONEYHIVE_TELEMETRY"] }, true)
}
