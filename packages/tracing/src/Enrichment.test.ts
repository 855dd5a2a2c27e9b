import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as fc from "fast-check"
import type { Enrichment } from "./Enrichment.ts"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { backend, type Request } from "./internal/backend.fixture.ts"
import { enrichSpan } from "./PlainSpan.ts"
import { traced } from "./Traced.ts"

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

/** The attributes that a program wrote on its one span. */
const said = (enrichment: Enrichment) =>
  Effect.gen(function* () {
    yield* HoneyHive.enrichSpan(enrichment).pipe(Effect.withSpan("span"))
    const [span] = yield* exported
    return Object.fromEntries(
      Object.entries(span?.attributes ?? {}).filter(
        ([name]) => name.startsWith("honeyhive_") && !name.endsWith("_type")
      )
    )
  }).pipe(Effect.provide(HoneyHive.layerMemory()))

class Shop extends Context.Service<Shop, { readonly city: string }>()("test/Shop") {}

const puts = (requests: ReadonlyArray<Request>) =>
  requests
    .filter((request) => request.method === "PUT")
    .map((request) => [request.path, JSON.parse(request.body.toString())] as const)

describe("enrichSpan", () => {
  it.effect("takes plain values, functions, promises and Effects, with what they need", () =>
    Effect.gen(function* () {
      yield* HoneyHive.enrichSpan({
        inputs: { a: 1 },
        outputs: () => ({ b: 2 }),
        config: Effect.succeed({ c: 3 }),
        metadata: Effect.map(Shop, ({ city }) => ({ city })),
        metrics: () => Effect.succeed({ d: 4 }),
        feedback: () => Promise.resolve({ e: 5 }),
        userProperties: () => ({ f: 6 }),
        name: () => "named",
        error: Effect.succeed(new TypeError("bug")),
        type: () => "agent"
      }).pipe(Effect.withSpan("span"), Effect.provideService(Shop, { city: "Graz" }))
      const [span] = yield* exported
      assert.deepInclude(span?.attributes, {
        "honeyhive_inputs.a": 1,
        "honeyhive_outputs.b": 2,
        "honeyhive_config.c": 3,
        "honeyhive_metadata.city": "Graz",
        "honeyhive_metrics.d": 4,
        "honeyhive_feedback.e": 5,
        "honeyhive_user_properties.f": 6,
        honeyhive_event_name: "named",
        honeyhive_error: "TypeError: bug",
        honeyhive_event_type: "chain"
      })
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("keeps what fails to itself, and the rest of the enrichment", () =>
    Effect.gen(function* () {
      const attributes = yield* said({
        inputs: () => {
          throw new Error("thunk")
        },
        outputs: Effect.fail("failure"),
        config: Effect.die("defect"),
        metadata: Effect.interrupt,
        metrics: () => Promise.reject(new Error("promise")),
        feedback: { kept: true }
      })
      assert.deepStrictEqual(attributes, { "honeyhive_feedback.kept": true })
    })
  )

  it.effect("puts what has no field of its own into the metadata; what is said there itself wins", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* said({
          score: 1,
          shard: () => 7,
          index: "a",
          metadata: { index: "docs" },
          user_properties: { id: "u1" }
        }),
        {
          "honeyhive_metadata.score": 1,
          "honeyhive_metadata.shard": 7,
          "honeyhive_metadata.index": "docs",
          "honeyhive_user_properties.id": "u1"
        }
      )
    })
  )

  it.effect("evaluates nothing where there is no span", () =>
    Effect.gen(function* () {
      let evaluated = 0
      const inputs = () => ({ count: ++evaluated })
      yield* HoneyHive.enrichSpan({ inputs, outputs: Effect.sync(inputs) })
      enrichSpan({ inputs, outputs: Effect.sync(inputs) })
      assert.strictEqual(evaluated, 0)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("adds to a given span, Effect's or OpenTelemetry's, and to no other", () =>
    Effect.gen(function* () {
      const { tracerProvider } = yield* HoneyHive
      const otel = tracerProvider.getTracer("mine").startSpan("otel")
      const outer = Effect.gen(function* () {
        const span = yield* Effect.currentSpan
        yield* HoneyHive.enrichSpan(span, { metadata: { outer: true } }).pipe(Effect.withSpan("inner"))
        yield* HoneyHive.enrichSpan(otel, { metadata: () => ({ otel: true }) })
        enrichSpan(otel, { metrics: () => ({ plain: 1 }) })
      })
      yield* Effect.withSpan(outer, "outer")
      otel.end()
      const spans = yield* exported
      const metadata = spans.map(({ attributes, name }) => [
        name,
        attributes["honeyhive_metadata.outer"],
        attributes["honeyhive_metadata.otel"],
        attributes["honeyhive_metrics.plain"]
      ])
      assert.deepStrictEqual(metadata, [
        ["inner", undefined, undefined, undefined],
        ["outer", true, undefined, undefined],
        ["otel", undefined, true, 1]
      ])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("in plain code: functions at once, Effects and promises when they are there, failures never", () =>
    Effect.gen(function* () {
      const wait = yield* Deferred.make<void>()
      const step = traced({ name: "step" }, async () => {
        enrichSpan({
          inputs: () => ({ a: 1 }),
          outputs: () => {
            throw new Error("thunk")
          },
          config: Effect.fail("failure"),
          metrics: () => Promise.reject(new Error("promise"))
        })
        enrichSpan({ metadata: Effect.as(Deferred.await(wait), { late: true }) })
        Deferred.doneUnsafe(wait, Effect.void)
        await new Promise((resolve) => setImmediate(resolve))
      })
      yield* Effect.promise(() => step())
      const [span] = yield* exported
      assert.deepInclude(span?.attributes, { "honeyhive_inputs.a": 1, "honeyhive_metadata.late": true })
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("law: whatever is passed, the program goes on", () =>
    Effect.gen(function* () {
      const run = Effect.runSyncWith(yield* Effect.context<HoneyHive>())
      const throwing = () => {
        throw new Error("hostile")
      }
      const revoked = Proxy.revocable({}, {})
      revoked.revoke()
      const hostile: ReadonlyArray<unknown> = [
        revoked.proxy,
        new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
        throwing,
        () => revoked.proxy,
        Effect.fail(revoked.proxy),
        Effect.sync(throwing),
        null,
        Symbol("s"),
        10n
      ]
      const value = fc.oneof(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }).map((value) => () => value),
        fc.nat(hostile.length - 1).map((index) => () => hostile[index])
      )
      const names = ["inputs", "metadata", "error", "name", "type", "event_id", "userProperties", "free"]
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 4 }), (entries) => {
          const enrichment = Object.fromEntries(entries.map(([name, value]) => [name, value()]))
          assert.strictEqual(run(Effect.as(HoneyHive.enrichSpan(enrichment), 1).pipe(Effect.withSpan("span"))), 1)
          run(Effect.sync(() => enrichSpan(enrichment)).pipe(Effect.withSpan("span")))
          run(HoneyHive.enrichEvent("id", enrichment))
        }),
        { numRuns: 1000 }
      )
      run(HoneyHive.enrichSpan(revoked.proxy).pipe(Effect.withSpan("span")))
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("enrichEvent", () => {
  it.live("updates the event after its span was sent: buckets, and the rest as metadata", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(() => ({ status: 200, body: "{}" }))
      const id = yield* Effect.gen(function* () {
        const span = yield* Effect.currentSpan.pipe(Effect.withSpan("answer"))
        yield* HoneyHive.enrichEvent(span, {
          feedback: Effect.succeed({ rating: 5, seen: new Map([["at", new Date(0)]]) }),
          outputs: () => ({ content: "hello" }),
          metrics: Effect.fail("failure"),
          inputs: { q: 1 },
          error: "told later",
          score: 1
        })
        yield* HoneyHive.flush
        return HoneyHive.eventId(span)
      }).pipe(Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url, skipSessionCreation: true })))
      assert.deepStrictEqual(
        requests.map((request) => request.method),
        ["POST", "PUT"]
      )
      assert.deepStrictEqual(puts(requests), [
        [
          `/v1/events/${id}`,
          {
            feedback: { rating: 5, seen: { at: "1970-01-01T00:00:00.000Z" } },
            outputs: { content: "hello" },
            metadata: { inputs: { q: 1 }, error: "told later", score: 1 }
          }
        ]
      ])
    })
  )

  it.live("asks again when the backend does not know the event yet", () =>
    Effect.gen(function* () {
      let asked = 0
      const { requests, url } = yield* backend(({ method }) => ({
        status: method === "PUT" && asked++ === 0 ? 404 : 200,
        body: "{}"
      }))
      yield* HoneyHive.enrichEvent("69b63381-3fc6-80ce-8ee1-9b7ec3c1b174", { score: 1 }).pipe(
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url }))
      )
      assert.strictEqual(puts(requests).length, 2)
    })
  )

  it.effect("names the event of the current span, whoever chose its id", () =>
    Effect.gen(function* () {
      const id = "7f22137a-6911-4ed3-bc36-110f1dde6b66"
      assert.isUndefined(yield* HoneyHive.currentEventId)
      assert.strictEqual(
        yield* Effect.andThen(HoneyHive.enrichSpan({ eventId: id }), HoneyHive.currentEventId).pipe(
          Effect.withSpan("a")
        ),
        id
      )
      const [made, current] = yield* Effect.all([
        Effect.map(Effect.currentSpan, HoneyHive.eventId),
        HoneyHive.currentEventId
      ]).pipe(Effect.withSpan("b"))
      assert.strictEqual(made, current)
      assert.match(String(made), /^.{8}-.{4}-8.{3}-8.{3}-.{12}$/)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("enrichSession", () => {
  it.live("adds to the current session, to a given one, and to one by its id, lazily", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(() => ({ status: 200, body: "{}" }))
      const id = "5b8efff7-9803-4103-9269-b633813fc60c"
      yield* Effect.gen(function* () {
        const { id: own } = yield* HoneyHive.use((hive) => hive.session)
        yield* HoneyHive.enrichSession({ metrics: Effect.succeed({ own: 1 }) })
        yield* HoneyHive.enrichSession(id.toUpperCase(), { feedback: () => ({ other: 1 }) })
        yield* HoneyHive.enrichSession("chat-42", { score: 1 })
        yield* HoneyHive.flush
        assert.deepStrictEqual(
          new Map(puts(requests)),
          new Map<string, unknown>([
            [`/v1/events/${own}`, { metrics: { own: 1 } }],
            [`/v1/events/${id}`, { feedback: { other: 1 } }],
            ["/v1/events/30dfb3d8-bff6-586a-a0e7-c6c48cca43b8", { metadata: { score: 1 } }]
          ])
        )
      }).pipe(Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url })))
    })
  )
})

describe("an instance that is disabled", () => {
  it.effect("enriches nothing and fails nothing", () =>
    Effect.gen(function* () {
      const evaluated = () => {
        throw new Error("evaluated")
      }
      yield* HoneyHive.enrichSpan({ inputs: evaluated })
      yield* HoneyHive.enrichSession({ metadata: { a: 1 } })
      yield* HoneyHive.enrichEvent("id", { metadata: { a: 1 } })
    }).pipe(Effect.provide(Layer.fresh(HoneyHive.layer({ disableTracing: true }))))
  )
})
