import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import manifest from "../package.json" with { type: "json" }
import { isUuid } from "@honeyhive/contract/Uuid"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { containerId } from "./internal/platform.ts"
import { Resource } from "./Resource.ts"
import { type Options, TracerConfig } from "./TracerConfig.ts"

const build = (options: Options, env: Record<string, string> = {}) =>
  Layer.build(Resource.layer.pipe(Layer.provide(TracerConfig.layer(options)), Layer.fresh)).pipe(
    Effect.map((context) => Context.get(context, Resource)),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env)))
  )

const settled = (resource: Resource["Service"]) =>
  Effect.promise(async () => {
    await resource.resource.waitForAsyncAttributes?.()
    return resource.resource.attributes
  })

const revision = "0123456789abcdef0123456789abcdef01234567"

/** A repository, and a git that answers as the test says and notes that it was called. */
const repository = (script = "") =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "honeyhive-resource-"))
      mkdirSync(join(folder, ".git"))
      const checkout = (branch: string) => {
        writeFileSync(join(folder, ".git", "HEAD"), `ref: refs/heads/${branch}\n`)
        writeFileSync(join(folder, ".git", "packed-refs"), `${revision} refs/heads/${branch}\n`)
      }
      checkout("main")
      writeFileSync(join(folder, "git"), `#!/bin/sh\necho x >> "${folder}/called"\n${script}\n`)
      chmodSync(join(folder, "git"), 0o755)
      const before = { cwd: process.cwd(), path: process.env["PATH"] }
      process.env["PATH"] = `${folder}${delimiter}${before.path}`
      process.chdir(folder)
      return { folder, before, checkout, called: () => existsSync(join(folder, "called")) }
    }),
    ({ before, folder }) =>
      Effect.sync(() => {
        process.chdir(before.cwd)
        process.env["PATH"] = before.path
        rmSync(folder, { recursive: true })
      })
  )

describe("Resource", () => {
  it.live("has service, process, host and git; arguments and owner only when asked for", () =>
    Effect.gen(function* () {
      yield* repository()
      const options = { serviceName: "agent", serviceVersion: "1.2.3" }
      const resource = yield* build(options)
      assert.isTrue(resource.resource.asyncAttributesPending)
      const found = yield* settled(resource)
      assert.isFalse(resource.resource.asyncAttributesPending)
      assert.strictEqual(found["service.name"], "agent")
      assert.strictEqual(found["service.version"], "1.2.3")
      assert.isTrue(isUuid(found["service.instance.id"]))
      assert.strictEqual(found["telemetry.sdk.language"], "nodejs")
      assert.strictEqual(found["telemetry.sdk.version"], manifest.version)
      assert.strictEqual(found["process.pid"], process.pid)
      assert.strictEqual(found["process.runtime.version"], process.versions.node)
      assert.isString(found["host.name"])
      assert.isString(found["host.arch"])
      assert.isString(found["os.type"])
      assert.strictEqual(found["vcs.ref.head.name"], "main")
      assert.strictEqual(found["vcs.ref.head.revision"], revision)
      assert.strictEqual(found["honeyhive.vcs.dirty"], false)
      assert.doesNotHaveAnyKeys(found, ["process.command_args", "process.owner", "process.command"])

      const detailed = yield* settled(yield* build({ ...options, processDetails: true }))
      assert.include(detailed["process.command_args"], process.argv[1])
      assert.notStrictEqual(detailed["service.instance.id"], found["service.instance.id"])
    })
  )

  it.live("git is left out where telemetry is off, and never started in test mode", () =>
    Effect.gen(function* () {
      const { called } = yield* repository()
      for (const env of [{ HH_TELEMETRY: "false" }, { HONEYHIVE_TELEMETRY: "0" }]) {
        const found = yield* settled(yield* build({}, env))
        assert.isString(found["host.name"])
        assert.notProperty(found, "vcs.ref.head.name")
      }
      const quiet = yield* build({ testMode: true })
      assert.isFalse(quiet.resource.asyncAttributesPending ?? false)
      yield* quiet.attributes
      yield* Effect.provide(Effect.withSpan(Effect.void, "a"), HoneyHive.layerMemory())
      assert.isFalse(called())
    })
  )

  it.live("what hangs is left out when the deadline has come, and killed; the rest is there", () =>
    Effect.gen(function* () {
      const { called } = yield* repository("exec sleep 60")
      const resource = yield* build({ resourceTimeout: "1 second" })
      const found = yield* settled(resource)
      assert.isTrue(called())
      assert.isString(found["host.name"])
      assert.strictEqual(found["vcs.ref.head.name"], "main")
      assert.notProperty(found, "honeyhive.vcs.dirty")
    })
  )

  it.live("the end of the instance ends the search", () =>
    Effect.gen(function* () {
      yield* repository("exec sleep 60")
      const { resource } = yield* Effect.scoped(build({ resourceTimeout: "10 minutes" }))
      yield* Effect.promise(async () => resource.waitForAsyncAttributes?.())
      assert.isString(resource.attributes["service.instance.id"])
    })
  )

  it.live("an answer is remembered for its time to live, unless the cache is off", () =>
    Effect.gen(function* () {
      const { checkout } = yield* repository()
      const seen = (resource: Resource["Service"]) =>
        Effect.map(resource.attributes, (found) => found["vcs.ref.head.name"])
      checkout("one")
      const [cached, uncached, brief] = yield* Effect.all([
        build({}),
        build({}, { HH_CACHE_ENABLED: "false" }),
        build({ cache: { ttl: 0 } })
      ])
      assert.deepStrictEqual(yield* Effect.all([seen(cached), seen(uncached), seen(brief)]), ["one", "one", "one"])
      checkout("two")
      assert.deepStrictEqual(yield* Effect.all([seen(cached), seen(uncached), seen(brief)]), ["one", "two", "two"])
    })
  )

  it.effect("the time to live is the clock's", () =>
    Effect.gen(function* () {
      const { checkout } = yield* repository()
      checkout("one")
      const resource = yield* build({}, { HH_CACHE_TTL: "60" })
      const seen = Effect.map(resource.attributes, (found) => found["vcs.ref.head.name"])
      assert.strictEqual(yield* seen, "one")
      checkout("two")
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* seen, "one")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* seen, "two")
    })
  )

  it.live.each<readonly [Record<string, string>, Record<string, unknown>]>([
    [
      { AWS_LAMBDA_FUNCTION_NAME: "f", AWS_REGION: "eu-west-1", AWS_LAMBDA_FUNCTION_VERSION: "7" },
      {
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": "eu-west-1",
        "faas.name": "f",
        "faas.version": "7"
      }
    ],
    [
      { K_SERVICE: "s", K_REVISION: "s-1", GOOGLE_CLOUD_PROJECT: "p" },
      {
        "cloud.provider": "gcp",
        "cloud.platform": "gcp_cloud_run",
        "cloud.account.id": "p",
        "faas.name": "s",
        "faas.version": "s-1"
      }
    ],
    [
      { WEBSITE_SITE_NAME: "w", FUNCTIONS_WORKER_RUNTIME: "node", REGION_NAME: "r" },
      { "cloud.provider": "azure", "cloud.platform": "azure.functions", "cloud.region": "r", "faas.name": "w" }
    ],
    [
      { KUBERNETES_SERVICE_HOST: "10.0.0.1", HOSTNAME: "pod-1", POD_NAMESPACE: "ns" },
      { "k8s.pod.name": "pod-1", "k8s.namespace.name": "ns" }
    ],
    [{ HOSTNAME: "laptop" }, {}]
  ])("knows its platform by the environment: %j", ([env, expected]) =>
    Effect.gen(function* () {
      const found = yield* settled(yield* build({ telemetry: false }, env))
      const platform = Object.entries(found).filter(([name]) => /^(?:cloud|faas|k8s)\./.test(name))
      assert.deepStrictEqual(Object.fromEntries(platform), expected)
    })
  )

  it.effect("every span of the instance has it", () =>
    Effect.gen(function* () {
      yield* Effect.withSpan(Effect.void, "a")
      yield* HoneyHive.flush
      const [span] = yield* MemoryExporter.use(({ spans }) => spans)
      assert.strictEqual(span?.resource.attributes["service.name"], "agent")
      assert.isTrue(isUuid(span?.resource.attributes["service.instance.id"]))
    }).pipe(Effect.provide(HoneyHive.layerMemory({ serviceName: "agent" })))
  )

  it.live("does not hold the start of an instance", () =>
    Effect.gen(function* () {
      yield* repository("exec sleep 60")
      const fiber = yield* Effect.forkChild(build({ resourceTimeout: "10 minutes" }))
      // Started without a single asynchronous step
      yield* Effect.yieldNow
      assert.isDefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
    })
  )
})

describe("containerId", () => {
  const id = "0123456789abcdef".repeat(4)
  it.each([
    [`12:cpu:/docker/${id}\n`, "", id],
    [`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope\n`, "", id],
    ["0::/\n", `700 1 0:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4`, id],
    ["0::/\n", `700 1 0:1 /var/lib/docker/containers/${id}/resolv.conf /etc/resolv.conf rw`, undefined],
    ["0::/user.slice/session-1.scope", "", undefined],
    ["", "", undefined]
  ])("%s %s", (cgroup, mounts, expected) => assert.strictEqual(containerId(cgroup, mounts), expected))
})
