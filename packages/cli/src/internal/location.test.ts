import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as location from "./location.ts"

const place = (env: location.Environment, rest: Partial<location.Place> = {}): location.Place => ({
  url: undefined,
  data: undefined,
  env,
  ...rest
})

describe("where the hive is", () => {
  it("its folder is what was said, else the environment's, else XDG's", () => {
    const env = { HIVE_DATA: "/env", XDG_DATA_HOME: "/xdg" }
    assert.strictEqual(location.dataFolder(place(env, { data: "/flag" })), "/flag")
    assert.strictEqual(location.dataFolder(place(env)), "/env")
    assert.strictEqual(location.dataFolder(place({ ...env, HIVE_DATA: "" })), "/xdg/honeyhive/hive")
    assert.match(location.dataFolder(place({})), /\/\.local\/share\/honeyhive\/hive$/)
  })

  it("HoneyHive's key is for addresses that were given only", () => {
    const key = (env: location.Environment, given: boolean) => Redacted.value(location.keyFor(place(env), given))
    const env = { HH_API_KEY: "general", HH_PROJECT_API_KEY: "project" }
    assert.strictEqual(key(env, false), "hh_local")
    assert.strictEqual(key(env, true), "project")
    assert.strictEqual(key({ ...env, HIVE_KEY: "hive" }, true), "hive")
    assert.strictEqual(key({}, true), "hh_local")
  })

  it.effect("addresses lose what is too much, and are refused when they are none", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* location.cleanUrl("127.0.0.1:4318/"), "http://127.0.0.1:4318")
      assert.strictEqual(yield* location.cleanUrl("https://h.example/base/?q=1#x"), "https://h.example/base")
      for (const text of ["ftp://x", "http://user:secret@x", "http://", "::"]) {
        assert.include((yield* Effect.flip(location.cleanUrl(text))).message, "expected http://host:port")
      }
    })
  )

  it("a store is shown without who may enter", () => {
    const place = { url: undefined, data: undefined, env: { HIVE_STORE: "clickhouse://me:s3cret@db:8123/traces" } }
    const store = location.chosenStore(place)
    assert.isDefined(store)
    assert.strictEqual(location.shownStore(store), "clickhouse://db:8123/traces")
    assert.isUndefined(location.chosenStore({ ...place, env: { HIVE_STORE: "" } }))
  })

  it.live("what a running hive says of itself is gone with it, and is not believed of a dead one", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(join(tmpdir(), "honeyhive-location-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
      )
      yield* Effect.gen(function* () {
        const { url } = yield* location.serve(folder)
        yield* location.announce(folder, url, true)
        assert.strictEqual(Option.getOrThrow(yield* location.running(folder)).url, url)
        assert.isTrue(Option.isNone(yield* location.runningToStay(folder)))
        yield* location.announce(folder, url)
        assert.isTrue(Option.isSome(yield* location.runningToStay(folder)))
        assert.strictEqual(Fs.statSync(join(folder, "hive.json")).mode & 0o77, 0)
      }).pipe(Effect.scoped)
      assert.notInclude(Fs.readdirSync(folder), "hive.json")
      for (const content of [
        "",
        "{}",
        '{"url":"http://127.0.0.1:9","pid":-1}',
        JSON.stringify({ url: "x", pid: 2 ** 22 + 1 })
      ]) {
        Fs.writeFileSync(join(folder, "hive.json"), content)
        assert.isTrue(Option.isNone(yield* location.running(folder)), content)
      }
    })
  )
})
