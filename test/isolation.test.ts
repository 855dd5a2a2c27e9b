/**
 * Two instances in one process, with two keys and two hives: each hive has its own spans, only them, whole trees.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Hive, TraceStore } from "@honeyhive/hive"
import { HoneyHive, traced } from "@honeyhive/tracing"

const plain = traced({ name: "plain" }, async (id: string) => {
  await new Promise((resolve) => setImmediate(resolve))
  return inner(id)
})
const inner = traced({ name: "inner" }, (id: string) => id)

const request = (id: string) =>
  Effect.promise(() => plain(id)).pipe(Effect.withSpan(`request ${id}`), HoneyHive.withSession({ name: id }))

const tenant = (name: string) =>
  Effect.gen(function* () {
    const key = `hh_${name}`
    const hive = yield* Layer.build(Layer.fresh(Hive.layer({ keys: [Redacted.make(key)] })))
    const { url } = Context.get(hive, Hive)
    return { name, store: Context.get(hive, TraceStore), layer: HoneyHive.layer({ apiKey: key, url }) }
  })

describe("two instances in one process", () => {
  it.live("keep their spans to themselves while both work at the same time", () =>
    Effect.gen(function* () {
      const tenants = yield* Effect.all([tenant("a"), tenant("b")])
      yield* Effect.forEach(
        tenants,
        ({ layer, name }) =>
          Effect.forEach(
            Array.from({ length: 20 }, (_, index) => `${name}${index}`),
            request,
            {
              concurrency: "unbounded"
            }
          ).pipe(Effect.provide(layer)),
        { concurrency: "unbounded" }
      )
      for (const { name, store } of tenants) {
        const sessions = yield* store.sessions({ limit: 100, offset: 0 })
        assert.deepStrictEqual(
          sessions.map((session) => session.name).toSorted(),
          Array.from({ length: 20 }, (_, index) => `${name}${index}`).toSorted()
        )
        for (const session of sessions) {
          assert.isFalse(session.orphan)
          const [root, outer, middle, leaf, ...rest] = yield* store.sessionEvents(session.session_id)
          assert.deepStrictEqual(rest, [])
          assert.deepStrictEqual(
            [outer?.event_name, middle?.event_name, leaf?.event_name],
            [`request ${session.name}`, "plain", "inner"]
          )
          assert.deepStrictEqual(
            [outer?.parent_id, middle?.parent_id, leaf?.parent_id],
            [root?.event_id, outer?.event_id, middle?.event_id]
          )
          assert.deepStrictEqual(leaf?.outputs, { result: session.name })
        }
      }
    })
  )

  it.live("an instance whose key is refused does not disable the other", () =>
    Effect.gen(function* () {
      const good = yield* tenant("good")
      const { url } = yield* Effect.map(
        Layer.build(Layer.fresh(Hive.layer({ keys: [Redacted.make("hh_other")] }))),
        (hive) => Context.get(hive, Hive)
      )
      yield* Effect.all(
        [
          request("lost").pipe(Effect.provide(HoneyHive.layer({ apiKey: "hh_wrong", url }))),
          request("kept").pipe(Effect.provide(good.layer))
        ],
        { concurrency: 2 }
      )
      const sessions = yield* good.store.sessions({ limit: 100, offset: 0 })
      assert.deepStrictEqual(
        sessions.map((session) => [session.name, session.events]),
        [["kept", 3]]
      )
    })
  )
})
