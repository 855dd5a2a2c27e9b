import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { HoneyHive } from "./HoneyHive.ts"
import { type Answer, backend, type Request } from "./internal/backend.fixture.ts"
import * as Registry from "./Registry.ts"
import { HoneyHiveTenants } from "./Tenants.ts"
import { traced } from "./Traced.ts"
import type { Options } from "./TracerConfig.ts"

const accepts: Answer = () => ({ status: 200, body: "{}" })

const spansOf = (requests: ReadonlyArray<Request>) =>
  requests
    .filter((request) => request.path.endsWith("/traces"))
    .flatMap((request) => JSON.parse(request.body.toString()).resourceSpans)
    .flatMap((resource) => resource.scopeSpans)
    .flatMap((scope) => scope.spans)

const names = (requests: ReadonlyArray<Request>): ReadonlyArray<string> =>
  spansOf(requests)
    .map((span) => span.name)
    .toSorted()

const step = traced({ name: "step" }, async (of: string) => of)

/** One request of a tenant, with a traced function that all tenants share. */
const serve = (tenantId: string) =>
  Effect.promise(() => step(tenantId)).pipe(Effect.withSpan(`${tenantId} request`), HoneyHive.withSession(), (effect) =>
    Effect.provide(effect, HoneyHiveTenants.get(tenantId))
  )

const quiet =
  (options: (tenantId: string) => Options = () => ({})) =>
  (tenantId: string): Options => ({ testMode: true, ...options(tenantId) })

const open = HoneyHiveTenants.use((tenants) => tenants.open)

const session = HoneyHive.use((hive) => hive.session)

describe("HoneyHiveTenants", () => {
  it.live("each tenant has its own key, URL and limits, its spans and nobody else's", () =>
    Effect.gen(function* () {
      const [a, b] = yield* Effect.all([backend(accepts), backend(accepts)])
      const tenants: { readonly [tenantId: string]: Options } = {
        a: { apiKey: "hh_a", url: a.url },
        b: { apiKey: "hh_b", url: b.url, maxAttributes: 1 }
      }
      yield* Effect.forEach(["a", "b", "a", "b"], serve, { concurrency: "unbounded" }).pipe(
        Effect.provide(HoneyHiveTenants.layer((tenantId) => tenants[tenantId] ?? {}))
      )
      for (const [name, { requests }] of [["a", a] as const, ["b", b] as const]) {
        assert.deepStrictEqual(names(requests), [`${name} request`, `${name} request`, "step", "step"])
        const keys = new Set(requests.map((request) => request.headers["authorization"]))
        assert.deepStrictEqual([...keys], [`Bearer hh_${name}`])
        for (const span of spansOf(requests)) {
          const parents = spansOf(requests).filter((other) => other.spanId === span.parentSpanId)
          assert.strictEqual(parents.length, span.name === "step" ? 1 : 0)
        }
      }
      const dropped = (requests: ReadonlyArray<Request>) =>
        spansOf(requests).filter(
          ({ attributes, name }) =>
            name === "step" &&
            attributes?.some(
              (attribute: { readonly key: string }) => attribute.key === "honeyhive_metadata.dropped_attributes"
            )
        ).length
      assert.deepStrictEqual([dropped(a.requests), dropped(b.requests)], [0, 2])
    })
  )

  it.effect("an instance is shared, stays open while idle, and is closed afterwards", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const id = (tenantId: string) =>
        Effect.map(session, ({ id }) => id).pipe(Effect.provide(HoneyHiveTenants.get(tenantId)))
      const long = yield* Effect.forkChild(Deferred.await(gate).pipe(Effect.provide(HoneyHiveTenants.get("long"))))
      const [one, two] = yield* Effect.all([id("a"), id("a")], { concurrency: 2 })
      assert.strictEqual(one, two)
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* id("a"), one)
      yield* TestClock.adjust("50 seconds")
      assert.sameMembers([...(yield* open)], ["a", "long"])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* open, ["long"])
      assert.notStrictEqual(yield* id("a"), one)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(long)
    }).pipe(Effect.provide(HoneyHiveTenants.layer(quiet())))
  )

  it.effect("each tenant may have its own idle time", () =>
    Effect.gen(function* () {
      yield* Effect.forEach(["a", "b"], serve)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* open, ["b"])
    }).pipe(
      Effect.provide(
        HoneyHiveTenants.layer(quiet(), { idleTimeToLive: (id) => (id === "a" ? "1 second" : "1 minute") })
      )
    )
  )

  it.effect("a tenant that is invalidated gets a new instance", () =>
    Effect.gen(function* () {
      const id = Effect.map(session, ({ id }) => id).pipe(Effect.provide(HoneyHiveTenants.get("a")))
      const before = yield* id
      yield* HoneyHiveTenants.use((tenants) => tenants.invalidate("a"))
      assert.deepStrictEqual(yield* open, [])
      assert.notStrictEqual(yield* id, before)
    }).pipe(Effect.provide(HoneyHiveTenants.layer(quiet())))
  )

  it.effect("a tenant whose configuration cannot be used disables nobody, and is tried again", () =>
    Effect.gen(function* () {
      let url = "nowhere"
      const layer = HoneyHiveTenants.layer(
        quiet((tenantId) => {
          if (tenantId === "unknown") throw new Error("no such tenant")
          return tenantId === "bad" ? { url } : {}
        })
      )
      yield* Effect.gen(function* () {
        const both = yield* Effect.all([serve("bad"), serve("unknown"), serve("good")].map(Effect.exit), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(
          both.map(({ _tag }) => _tag),
          ["Failure", "Failure", "Success"]
        )
        const error = yield* Effect.flip(serve("bad"))
        assert.strictEqual(error.source, "option url")
        assert.deepStrictEqual(yield* open, ["good"])
        url = "http://127.0.0.1:1"
        assert.strictEqual(yield* serve("bad"), "bad")
      }).pipe(Effect.provide(layer))
    })
  )

  it.live("flushes all, whatever becomes of one of them", () =>
    Effect.gen(function* () {
      const [a, refusing] = yield* Effect.all([backend(accepts), backend(() => ({ status: 401, body: "{}" }))])
      const layer = (resilience: "strict" | "balanced") =>
        HoneyHiveTenants.layer((tenantId) => ({
          apiKey: "hh_key",
          url: tenantId === "a" ? a.url : refusing.url,
          resilience,
          skipSessionCreation: true
        }))
      const program = Effect.andThen(Effect.forEach(["b", "a"], serve), HoneyHiveTenants.flush)
      assert.deepStrictEqual(yield* Effect.provide(program, layer("balanced")), [
        { tenantId: "b", accepted: 0, spooled: 0, dropped: { refused: 2 }, pending: 0 },
        { tenantId: "a", accepted: 2, spooled: 0, dropped: {}, pending: 0 }
      ])
      const error = yield* Effect.flip(Effect.provide(program, layer("strict")))
      assert.strictEqual(error._tag, "DeliveryError")
      assert.deepStrictEqual(names(a.requests), ["a request", "a request", "step", "step"])
    })
  )

  it.effect("an instance keeps nothing of the request that opened it", () =>
    Effect.gen(function* () {
      const name = Effect.map(session, ({ name }) => name).pipe(Effect.provide(HoneyHiveTenants.get("a")))
      const request = ConfigProvider.layer(ConfigProvider.fromEnvRecord({ HH_SESSION_NAME: "the request's" }))
      assert.notStrictEqual(yield* Effect.provide(name, request), "the request's")
      assert.notStrictEqual(yield* name, "the request's")
    }).pipe(Effect.provide(HoneyHiveTenants.layer(quiet())))
  )

  it.effect("code from nowhere belongs to no tenant, unless one is chosen", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        assert.isUndefined(Registry.getDefault())
        const hive = yield* HoneyHive
        assert.isTrue(Registry.setDefault(hive))
        assert.strictEqual(Registry.getDefault(), hive)
      }).pipe(Effect.provide(HoneyHiveTenants.get("a")))
    }).pipe(Effect.provide(HoneyHiveTenants.layer(quiet())))
  )
})
