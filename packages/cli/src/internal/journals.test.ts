import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as journals from "./journals.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-journals-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const DAY = 86_400_000
const NOW = 100 * DAY
// Of no process
const NOBODY = 2 ** 30

const run = (run_id: string, started_at: number, over: Partial<journals.Begun> = {}): journals.Begun => ({
  run_id,
  name: "support",
  file: "/work/support.eval.ts",
  started_at,
  pid: NOBODY,
  ...over
})

describe("journals", () => {
  it.effect("are found by last, id, its beginning and name, among those of the same file", () =>
    Effect.gen(function* () {
      const data = yield* folder
      yield* journals.begin(data, run("aaaa1111", NOW))
      yield* journals.begin(data, run("bbbb2222", NOW + 1, { name: "nightly" }))
      yield* journals.begin(data, run("cccc3333", NOW + 2, { file: "/work/other.eval.ts" }))
      writeFileSync(join(data, "evaluations", "broken.json"), "{")
      const find = (reference: string) =>
        Option.getOrUndefined(journals.find(data, { file: "/work/support.eval.ts", reference }))?.run_id
      assert.deepStrictEqual(["last", "aaaa1111", "AAAA", "support", "nightly", "cccc", ""].map(find), [
        "bbbb2222",
        "aaaa1111",
        "aaaa1111",
        "aaaa1111",
        "bbbb2222",
        undefined,
        undefined
      ])
      assert.strictEqual(statSync(join(data, "evaluations")).mode & 0o777, 0o700)
    })
  )

  it.effect("are gone with all their files when they are forgotten, and after 30 days unless somebody has them", () =>
    Effect.gen(function* () {
      const data = yield* folder
      yield* journals.begin(data, run("old", NOW - 31 * DAY))
      yield* journals.begin(data, run("busy", NOW - 31 * DAY, { pid: process.ppid }))
      yield* journals.begin(data, run("young", NOW - 29 * DAY))
      const file = journals.fileOf(data, "old")
      for (const path of [file, `${file}-wal`]) writeFileSync(path, "")
      yield* journals.begin(data, run("new", NOW))
      assert.deepStrictEqual(
        journals.begun(data).map(({ run_id }) => run_id),
        ["new", "young", "busy"]
      )
      assert.isFalse(existsSync(file) || existsSync(`${file}-wal`))
      yield* journals.forget(data, "young")
      assert.strictEqual(journals.begun(data).length, 2)
    })
  )

  it.effect("say why nothing can be kept", () =>
    Effect.gen(function* () {
      const data = yield* folder
      writeFileSync(join(data, "file"), "")
      assert.include(yield* Effect.flip(journals.begin(join(data, "file"), run("a", NOW))), "ENOTDIR")
    })
  )
})
