import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as ClickHouseTraceStore from "./ClickHouseTraceStore.ts"
import { Hive } from "./Hive.ts"
import { addressOf } from "./internal/clickhouse/address.ts"
import { dayOf, placeOf } from "./internal/clickhouse/rows.ts"
import { phraseOf } from "./internal/clickhouse/words.ts"

// What needs a server is in ClickHouseTraceStore.server.test.ts
describe("ClickHouseTraceStore", () => {
  it.effect("reads its URL; what is said beside it counts more", () =>
    Effect.gen(function* () {
      const read = (options: ClickHouseTraceStore.ClickHouseOptions) =>
        Effect.map(addressOf(options), ({ password, ...rest }) => ({ ...rest, password: Redacted.value(password) }))
      assert.deepStrictEqual(yield* read({ url: "clickhouse://me:a%2Fb@db.example/traces" }), {
        url: "http://db.example:8123",
        database: "traces",
        username: "me",
        password: "a/b"
      })
      assert.deepStrictEqual(
        yield* read({ url: "https://db.example", username: "u", password: Redacted.make("p"), database: "d" }),
        { url: "https://db.example", database: "d", username: "u", password: "p" }
      )
      assert.strictEqual((yield* read({ url: "clickhouses://db.example" })).url, "https://db.example:8443")
      assert.deepInclude(yield* read({ url: "clickhouse://[::1]:9/" }), {
        url: "http://[::1]:9",
        database: "honeyhive",
        username: "default"
      })
    })
  )

  it.effect("says what is wrong with a URL, and never shows its password", () =>
    Effect.gen(function* () {
      for (const url of [
        "not a URL with s3cret",
        "postgres://me:s3cret@host/db",
        "clickhouse://me:s3cret@host/drop%20table"
      ]) {
        const error = yield* Layer.build(ClickHouseTraceStore.layer({ url })).pipe(Effect.scoped, Effect.flip)
        assert.strictEqual(error._tag, "TraceStoreError")
        assert.match(error.message, /expected clickhouse:|letters, digits/)
        assert.notInclude(error.message, "s3cret")
      }
    })
  )

  it.effect("a hive takes such a URL, a file, and nothing else for its store", () =>
    Effect.gen(function* () {
      const opened = (store: string) =>
        Layer.build(Hive.layer({ store })).pipe(
          Effect.scoped,
          Effect.flip,
          Effect.map(({ message }) => message)
        )
      assert.include(yield* opened("postgres://me:s3cret@host/db"), "no store for postgres://…: use clickhouse://")
      const refused = yield* opened("clickhouse://me:s3cret@127.0.0.1:1/db")
      assert.include(refused, "opening ClickHouse at http://127.0.0.1:1")
      assert.notInclude(refused, "s3cret")
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const file = join(folder, "traces.db")
      yield* Effect.scoped(Layer.build(Hive.layer({ store: pathToFileURL(file).href })))
      assert.isTrue(existsSync(file))
    })
  )

  it("events come in the order of their start, whatever their ids are", () => {
    const id = () => crypto.randomUUID()
    assert.isBelow(placeOf(id(), 1_790_000_000_000.25), placeOf(id(), 1_790_000_000_000.252))
    assert.isBelow(placeOf(id(), 1_790_000_000_000), placeOf(id(), 1_790_000_000_001))
    assert.isTrue(Number.isSafeInteger(placeOf(id(), 1e300)) && Number.isSafeInteger(placeOf(id(), -1e300)))
    assert.deepStrictEqual(
      [dayOf(-1), dayOf(1_790_000_000_000), dayOf(1e300)],
      ["1970-01-01", "2026-09-21", "2149-01-01"]
    )
  })

  it("a phrase is words with one space around each", () => {
    assert.deepStrictEqual(phraseOf("Refund-policy: GRÖßE", false), {
      phrase: " refund policy große ",
      whole: ["refund", "policy", "große"]
    })
    assert.deepStrictEqual(phraseOf("日本 ref", true), { phrase: " 日 本 ref", whole: ["日", "本"] })
  })
})
