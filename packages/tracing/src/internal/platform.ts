/**
 * Where the program runs, as its environment tells it: cloud, function, pod, container.
 */
import { readFile } from "node:fs/promises"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { read as readVariable } from "./environment.ts"

type Platform = { readonly [attribute: string]: string | ReadonlyArray<string> }

/**
 * The platforms, by the variable that gives them away; the first found of each group. A text is the attribute's value, a
 * list names the variables that may hold it.
 */
const groups: ReadonlyArray<ReadonlyArray<readonly [variable: string, platform: Platform]>> = [
  [
    [
      "AWS_LAMBDA_FUNCTION_NAME",
      {
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": ["AWS_REGION", "AWS_DEFAULT_REGION"],
        "faas.name": ["AWS_LAMBDA_FUNCTION_NAME"],
        "faas.version": ["AWS_LAMBDA_FUNCTION_VERSION"],
        "faas.instance": ["AWS_LAMBDA_LOG_STREAM_NAME"]
      }
    ],
    [
      "ECS_CONTAINER_METADATA_URI_V4",
      { "cloud.provider": "aws", "cloud.platform": "aws_ecs", "cloud.region": ["AWS_REGION", "AWS_DEFAULT_REGION"] }
    ],
    [
      "FUNCTION_TARGET",
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_functions",
        "cloud.region": ["FUNCTION_REGION"],
        "cloud.account.id": ["GOOGLE_CLOUD_PROJECT", "GCP_PROJECT"],
        "faas.name": ["K_SERVICE", "FUNCTION_NAME"],
        "faas.version": ["K_REVISION"]
      }
    ],
    [
      "K_SERVICE",
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "cloud.account.id": ["GOOGLE_CLOUD_PROJECT"],
        "faas.name": ["K_SERVICE"],
        "faas.version": ["K_REVISION"]
      }
    ],
    [
      "CLOUD_RUN_JOB",
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "cloud.account.id": ["GOOGLE_CLOUD_PROJECT"],
        "faas.name": ["CLOUD_RUN_JOB"],
        "faas.instance": ["CLOUD_RUN_EXECUTION"]
      }
    ],
    [
      "GAE_SERVICE",
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_app_engine",
        "cloud.account.id": ["GOOGLE_CLOUD_PROJECT"],
        "faas.name": ["GAE_SERVICE"],
        "faas.version": ["GAE_VERSION"],
        "faas.instance": ["GAE_INSTANCE"]
      }
    ],
    [
      "FUNCTIONS_WORKER_RUNTIME",
      {
        "cloud.provider": "azure",
        "cloud.platform": "azure.functions",
        "cloud.region": ["REGION_NAME"],
        "faas.name": ["WEBSITE_SITE_NAME"],
        "faas.instance": ["WEBSITE_INSTANCE_ID"]
      }
    ],
    [
      "CONTAINER_APP_NAME",
      {
        "cloud.provider": "azure",
        "cloud.platform": "azure.container_apps",
        "faas.name": ["CONTAINER_APP_NAME"],
        "faas.version": ["CONTAINER_APP_REVISION"],
        "faas.instance": ["CONTAINER_APP_REPLICA_NAME"]
      }
    ],
    [
      "WEBSITE_SITE_NAME",
      {
        "cloud.provider": "azure",
        "cloud.platform": "azure.app_service",
        "cloud.region": ["REGION_NAME"],
        "faas.name": ["WEBSITE_SITE_NAME"],
        "faas.instance": ["WEBSITE_INSTANCE_ID"]
      }
    ]
  ],
  [
    [
      "KUBERNETES_SERVICE_HOST",
      {
        "k8s.pod.name": ["K8S_POD_NAME", "POD_NAME", "HOSTNAME"],
        "k8s.pod.uid": ["K8S_POD_UID", "POD_UID"],
        "k8s.namespace.name": ["K8S_NAMESPACE_NAME", "K8S_NAMESPACE", "POD_NAMESPACE"],
        "k8s.node.name": ["K8S_NODE_NAME", "NODE_NAME"],
        "k8s.container.name": ["K8S_CONTAINER_NAME", "CONTAINER_NAME"],
        "k8s.deployment.name": ["K8S_DEPLOYMENT_NAME"],
        "k8s.cluster.name": ["K8S_CLUSTER_NAME"]
      }
    ]
  ]
]

export const platformNames: ReadonlyArray<string> = [
  ...new Set(groups.flatMap((group) => group.flatMap(([, platform]) => Object.keys(platform))))
]

const variable = (name: string): Effect.Effect<string | undefined> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (provider) => readVariable(provider, name)).pipe(
    // An unreadable variable counts as absent
    Effect.orElseSucceed(() => undefined)
  )

const firstOf = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  for (const name of names) {
    const value = yield* variable(name)
    if (value !== undefined) return value
  }
  return undefined
})

const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "")

const namespace = () => read("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

/** What the environment says. */
export const platformAttributes = Effect.gen(function* () {
  const found: Record<string, string> = {}
  for (const group of groups) {
    for (const [name, platform] of group) {
      if ((yield* variable(name)) === undefined) continue
      for (const [attribute, value] of Object.entries(platform)) {
        const text = typeof value === "string" ? value : yield* firstOf(value)
        if (text !== undefined) found[attribute] = text
      }
      break
    }
  }
  if (found["k8s.pod.name"] !== undefined && found["k8s.namespace.name"] === undefined) {
    const text = (yield* Effect.promise(namespace)).trim()
    if (text !== "") found["k8s.namespace.name"] = text
  }
  return found
})

// Docker, containerd and CRI-O name a container's control group, or the mounts of its host name, after its id
const ID = /(?:^|[/\-:])([0-9a-f]{64})(?:\.scope|\/|$)/m

export const containerId = (cgroup: string, mounts: string): string | undefined => {
  const host = mounts.split("\n").find((line) => line.includes("/etc/hostname"))
  return (ID.exec(cgroup) ?? ID.exec(host ?? ""))?.[1]
}

/** What Linux says of the container, if there is one. */
export const containerAttributes = Effect.promise(async () => {
  const [cgroup, mounts] = await Promise.all([read("/proc/self/cgroup"), read("/proc/self/mountinfo")])
  const id = containerId(cgroup, mounts)
  return id === undefined ? {} : { "container.id": id }
})
