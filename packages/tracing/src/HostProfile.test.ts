import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { detection, FileExists, type HostKind, profiles } from "./HostProfile.ts"

const detect = (env: Record<string, string>, files: ReadonlyArray<string> = []) =>
  Effect.map(detection, ({ by, profile }) => [profile.kind, by]).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provideService(FileExists, (path) => files.includes(path))
  )

describe("HostProfile", () => {
  it.effect.each<readonly [Record<string, string>, ReadonlyArray<string>, HostKind, string | undefined]>([
    [{ AWS_LAMBDA_FUNCTION_NAME: "f", KUBERNETES_SERVICE_HOST: "h" }, [], "lambda", "AWS_LAMBDA_FUNCTION_NAME"],
    [{ KUBERNETES_SERVICE_HOST: "h", K_SERVICE: "s" }, ["/.dockerenv"], "kubernetes", "KUBERNETES_SERVICE_HOST"],
    [{ HH_HIGH_CONCURRENCY: "true", K_SERVICE: "s" }, [], "high-concurrency", "HH_HIGH_CONCURRENCY"],
    [{ HH_HIGH_CONCURRENCY: "perhaps" }, [], "standard", undefined],
    [{ K_SERVICE: "s" }, ["/.dockerenv"], "gcp", "K_SERVICE"],
    [{ GAE_APPLICATION: "a" }, [], "gcp", "GAE_APPLICATION"],
    [{ WEBSITE_SITE_NAME: "a" }, [], "azure", "WEBSITE_SITE_NAME"],
    [{ CONTAINER_APP_NAME: "a" }, [], "azure", "CONTAINER_APP_NAME"],
    [{ AWS_EXECUTION_ENV: "AWS_ECS_FARGATE" }, ["/.dockerenv"], "ec2", "AWS_EXECUTION_ENV"],
    [{ AWS_EXECUTION_ENV: "CloudShell" }, [], "standard", undefined],
    [{ container: "podman" }, [], "docker", "container"],
    [{}, ["/.dockerenv"], "docker", "/.dockerenv"],
    [{ K_SERVICE: "  " }, [], "standard", undefined]
  ])("recognises %j with the files %j as %s", ([env, files, kind, by]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* detect(env, files), [kind, by])
    })
  )

  it("has the deadlines and the connections of HoneyHive's Python SDK", () => {
    const row = (kind: HostKind) => {
      const _ = profiles[kind]
      const seconds = [_.lifecycle, _.flush, _.httpTimeout, _.retryBackoff].map(Duration.toSeconds)
      return [...seconds, _.maxConnections, _.maxKeepaliveConnections, _.maxRetries]
    }
    assert.deepStrictEqual(row("lambda"), [0.5, 2, 10, 0.1, 3, 8, 2])
    assert.deepStrictEqual(row("kubernetes"), [2, 5, 25, 0.3, 12, 20, 4])
    assert.deepStrictEqual(row("high-concurrency"), [0.3, 1, 30, 0.5, 10, 20, 3])
    assert.deepStrictEqual(row("docker"), [1, 3, 20, 0.4, 8, 15, 3])
    assert.deepStrictEqual(row("gcp"), [1, 3, 22, 0.35, 10, 18, 3])
    assert.deepStrictEqual(row("azure"), [1, 3, 24, 0.4, 10, 18, 4])
    assert.deepStrictEqual(row("ec2"), [1, 3, 30, 0.3, 15, 25, 3])
    assert.deepStrictEqual(row("standard"), [1, 3, 30, 0.5, 10, 20, 3])
  })
})
