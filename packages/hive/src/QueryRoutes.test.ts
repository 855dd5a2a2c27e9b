import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { Hive } from "./Hive.ts"
import { get, q, queryRoutesSuite } from "./QueryRoutes.fixture.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { sqlite } from "./Store.fixture.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStoreError } from "./TraceStore.ts"

const broken = () => Effect.fail(new TraceStoreError({ message: "the disk says: secret" }))
const busy = () => Effect.fail(new TraceStoreError({ message: "it takes too long", busy: true }))

describe("QueryRoutes", () => {
  queryRoutesSuite(sqlite)

  it.live("a store that fails or is busy is answered as such, in HoneyHive's shape", () =>
    Effect.gen(function* () {
      for (const path of [
        "/api/search",
        "/api/facets",
        "/api/aggregates?by=all",
        "/api/histogram",
        "/api/complete",
        "/api/sessions",
        "/api/sessions/x",
        "/api/sessions/x/spans",
        "/api/events/x"
      ]) {
        const { body, status } = yield* get(path)
        const busy = path.startsWith("/api/sessions") || path === "/api/facets"
        assert.strictEqual(status, busy ? 503 : 500, path)
        assert.deepInclude(body, {
          success: false,
          statusCode: status,
          errorCode: busy ? "busy" : "internal_error"
        })
        assert.notInclude(JSON.stringify(body), "secret")
      }
    }).pipe(
      Effect.provide(
        Hive.layerServer().pipe(
          Layer.provideMerge(
            Layer.merge(
              SqliteTraceStore.layer({ path: ":memory:" }),
              Layer.mock(TraceQueries)({
                search: broken,
                facets: busy,
                aggregate: broken,
                histogram: broken,
                complete: broken,
                sessionRows: busy,
                sessionRow: busy,
                eventDetail: broken
              })
            )
          ),
          Layer.provide(Logger.layer([]))
        )
      )
    )
  )

  it.live("says where a query is wrong, and refuses what is no number", () =>
    Effect.gen(function* () {
      const { body, status } = yield* get(`/api/search?q=${q("a modle:x")}`)
      assert.strictEqual(status, 400)
      assert.deepInclude(body, { errorCode: "bad_query", success: false, statusCode: 400, position: 2 })
      assert.include(JSON.stringify(body), "model")
      for (const path of [
        "/api/search?limit=0",
        "/api/search?limit=x",
        "/api/aggregates",
        "/api/aggregates?by=nothing"
      ]) {
        assert.strictEqual((yield* get(path)).status, 400, path)
      }
      assert.strictEqual((yield* get("/api/openapi.json")).status, 200)
    }).pipe(Effect.provide(Hive.layer()))
  )

  it.live("asks for a key where keys are listed", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get("/api/facets")).status, 401)
      assert.strictEqual((yield* get("/api/facets", "wrong")).status, 401)
      assert.strictEqual((yield* get("/api/facets", "right")).status, 200)
    }).pipe(Effect.provide(Hive.layer({ keys: [Redacted.make("right")] })))
  )
})
