import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Hive } from "./Hive.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore, TraceStoreError } from "./TraceStore.ts"

const busy = Effect.fail(new TraceStoreError({ message: "the writer is behind", busy: true }))
const store = Layer.merge(
  Layer.mock(TraceStore)({ ingest: () => busy, startSession: () => busy }),
  Layer.mock(TraceQueries)({})
)

describe("a store that is busy", () => {
  it.live.each([
    ["/v1/traces", "{}"],
    ["/v1/sessions", "{}"]
  ] as const)("POST %s is answered with 503 and when to try again", ([path, body]) =>
    Effect.gen(function* () {
      const { url } = yield* Hive
      const headers = { "content-type": "application/json", authorization: "Bearer k" }
      const response = yield* Effect.promise(() => fetch(url + path, { method: "POST", headers, body }))
      assert.strictEqual(response.status, 503)
      assert.strictEqual(response.headers.get("retry-after"), "1")
      const answer: unknown = yield* Effect.promise(() => response.json())
      assert.deepInclude(answer, { success: false, errorCode: "busy", message: "the writer is behind" })
    }).pipe(Effect.provide(Hive.layerServer().pipe(Layer.provide(store))))
  )
})
