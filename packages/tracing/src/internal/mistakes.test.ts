import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import { HoneyHive } from "../HoneyHive.ts"
import { type Options, TracerConfig } from "../TracerConfig.ts"
import { distance } from "./distance.ts"

const warningsOf = (options: object, provider = ConfigProvider.fromEnvRecord({})) =>
  TracerConfig.make(options as Options).pipe(
    Effect.map(({ warnings }) => warnings),
    Effect.provideService(ConfigProvider.ConfigProvider, provider)
  )

describe("names that nobody reads", () => {
  it("do not compile, in groups neither", () => {
    // @ts-expect-error unknown in its group
    const nested: Options = { otlp: { enpoint: "http://host" } }
    // @ts-expect-error known, but not of this type
    const typed: Options = { otlp: { protocol: "grpc" } }
    assert.isDefined([nested, typed])
  })

  it.effect.each<readonly [object, string]>([
    [{ sesionName: "s" }, "unknown option `sesionName`: did you mean `sessionName`?"],
    [{ session_name: "s" }, "unknown option `session_name`: did you mean `sessionName`?"],
    [{ soruce: "s" }, "unknown option `soruce`: did you mean `source`?"],
    [{ apikey: "k" }, "unknown option `apikey`: did you mean `apiKey`?"],
    [{ dataPlaneURL: "u" }, "unknown option `dataPlaneURL`: did you mean `dataPlaneUrl`?"],
    [{ endpoint: "u" }, "unknown option `endpoint`: did you mean `otlp.endpoint`?"],
    [{ oltp: { endpoint: "u" } }, "unknown option `oltp`: did you mean `otlp`?"],
    [{ otlp: { enpoint: "u" } }, "unknown option `otlp.enpoint`: did you mean `otlp.endpoint`?"],
    [{ session: { sessionName: "s" } }, "unknown option `session.sessionName`: did you mean `sessionName`?"],
    [{ otlp: "http://host" }, "option `otlp` is a group: expected an object"],
    [{ colour: "red" }, "unknown option `colour`"],
    [{ batch: { colour: "red" } }, "unknown option `batch.colour`"]
  ])("%j: %s", ([options, warning]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* warningsOf(options), [warning])
    })
  )

  it.effect("says nothing of what is known, or absent", () =>
    Effect.gen(function* () {
      const known = {
        serverUrl: "http://host",
        otlp: { endpoint: undefined, protocol: "http/json" },
        colour: undefined
      }
      assert.deepStrictEqual(yield* warningsOf(known), [])
    })
  )

  it.effect("speaks of a variable only when it is one slip away from a known one", () =>
    Effect.gen(function* () {
      const env = {
        HH_SORUCE: "a",
        HH_OTLP_ENPOINT: "b",
        HH_HIGH_CONCURENCY: "true",
        HH_DATA_PLANE_API_KEY: "c",
        HH_SOMEBODY_ELSES: "d",
        HH_SOURCE: "e",
        PATH: "f"
      }
      const expected = [
        "unknown environment variable `HH_HIGH_CONCURENCY`: did you mean `HH_HIGH_CONCURRENCY`?",
        "unknown environment variable `HH_OTLP_ENPOINT`: did you mean `HH_OTLP_ENDPOINT`?",
        "unknown environment variable `HH_SORUCE`: did you mean `HH_SOURCE`?"
      ]
      for (const provider of [ConfigProvider.fromEnvRecord(env), ConfigProvider.fromUnknown(env)]) {
        assert.deepStrictEqual([...(yield* warningsOf({}, provider))].toSorted(), expected)
      }
    })
  )

  it.effect("are warned of once, when an instance is made; `verbose` logs the configuration, also not on stdout", () =>
    Effect.gen(function* () {
      const lines: Array<readonly [level: string, text: string, stderr: boolean]> = []
      const logger = Logger.make(({ fiber, logLevel, message }) => {
        lines.push([logLevel, String(message), fiber.getRef(References.LogToStderr)])
      })
      // @ts-expect-error TypeScript refuses what plain JavaScript is warned of
      const options: Options = { testMode: true, verbose: true, apiKey: "hh_0123456789", sesionName: "s" }
      yield* Effect.void.pipe(Effect.provide(HoneyHive.layer(options)), Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(
        lines.map(([level, , stderr]) => [level, stderr]),
        [
          ["Warn", true],
          ["Info", true]
        ]
      )
      assert.include(lines[0]?.[1], "did you mean `sessionName`?")
      assert.match(lines[1]?.[1] ?? "", /^apiKey +hh_\*\*\*\*6789 +option apiKey$/m)
    })
  )

  it("distance counts slips, a swap as one", () => {
    assert.strictEqual(distance("", "abc"), 3)
    assert.strictEqual(distance("abc", ""), 3)
    assert.strictEqual(distance("source", "soruce"), 1)
    assert.strictEqual(distance("kitten", "sitting"), 3)
  })

  it.effect.prop(
    "distance is zero for the same only, symmetric, and no more than the longer name",
    [Schema.String, Schema.String],
    ([a, b]) =>
      Effect.sync(() => {
        assert.strictEqual(distance(a, b) === 0, a === b)
        assert.strictEqual(distance(a, b), distance(b, a))
        assert.isAtMost(distance(a, b), Math.max(a.length, b.length))
      })
  )
})
