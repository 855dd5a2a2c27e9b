import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Exporter } from "./Exporter.ts"
import { Spool } from "./Spool.ts"
import * as SpoolFolder from "./SpoolFolder.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { ExportError, type Sendable, type Transport } from "./Transport.ts"

interface Note extends Sendable {
  readonly text: string
}

const shared = {}

/** A backend that takes texts, `answer` deciding how. */
const backend = (target: string, answer: (texts: ReadonlyArray<string>) => ExportError | number = () => 0) => {
  const taken: Array<string> = []
  const transport: Transport<Note> = {
    prepare: () => ({ text: "unused", bytes: 1 }),
    send: (batch) =>
      Effect.suspend(() => {
        const texts = batch.map(({ text }) => text)
        const said = answer(texts)
        if (typeof said !== "number") return Effect.fail(said)
        taken.push(...texts)
        return Effect.succeed({ rejected: said, message: "" })
      }),
    shutdown: Effect.void,
    storage: {
      target,
      originOf: () => shared,
      storeOrigin: () => "origin",
      dataOf: ({ text }) => Buffer.from(text),
      restore: () => Option.some((data: Buffer) => ({ text: data.toString(), bytes: data.length }))
    }
  }
  return { taken, layer: Layer.succeed(Exporter, transport) }
}

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(join(tmpdir(), "honeyhive-spool-folder-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

const first = "0123456789abcdef"
const second = "fedcba9876543210"

/** Leaves texts in a spool, as a program that is gone now. */
const leave = (path: string, target: string, ...texts: ReadonlyArray<string>) =>
  Spool.use((spool) =>
    Effect.sync(() =>
      spool.leave(texts.flatMap((text) => spool.append({ text, bytes: text.length } as Sendable) ?? []))
    )
  ).pipe(
    Effect.provide(Layer.fresh(Spool.layer)),
    Effect.provide(backend(target).layer),
    Effect.provide(TracerConfig.layer({ spool: "on", spoolPath: path })),
    Effect.scoped
  )

const send = (path: string, to: Layer.Layer<Exporter>, batchMaxSize = 2) =>
  SpoolFolder.send(path).pipe(Effect.provide(to), Effect.provide(TracerConfig.layer({ batchMaxSize })))

describe("SpoolFolder", () => {
  it.live("sees what waits, for every backend", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* leave(path, first, "a", "b")
      yield* leave(path, second, "c")
      Fs.writeFileSync(join(path, "notes.txt"), "not ours")
      const waiting = yield* SpoolFolder.inspect(path)
      assert.deepStrictEqual(
        waiting.map(({ busy, segments, target }) => [target, segments, busy]),
        [
          [first, 1, 0],
          [second, 1, 0]
        ]
      )
      assert.isTrue(waiting.every(({ bytes, oldest = 0 }) => bytes > 0 && oldest > 1_700_000_000_000))
    })
  )

  it.live("sends all of it to the one backend at hand, in batches, and leaves an empty folder", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* leave(path, first, "a", "b", "c")
      yield* leave(path, second, "d")
      const { layer, taken } = backend("another target")
      assert.deepStrictEqual(yield* send(path, layer), { sent: 4, refused: 0 })
      assert.deepStrictEqual(taken, ["a", "b", "c", "d"])
      assert.deepStrictEqual(yield* SpoolFolder.inspect(path), [])
    })
  )

  it.live("keeps what a backend does not take, and not what it has taken before", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* leave(path, first, "a", "b", "c")
      const closing = backend("t", (texts) =>
        texts.includes("c") ? new ExportError({ message: "no", status: 401 }) : 0
      )
      const error = yield* Effect.flip(send(path, closing.layer))
      assert.strictEqual(error.message, "no")
      const again = backend("t")
      assert.deepStrictEqual(yield* send(path, again.layer), { sent: 1, refused: 0 })
      assert.deepStrictEqual([closing.taken, again.taken], [["a", "b"], ["c"]])
    })
  )

  it.live("finds the one span that a backend refuses for good", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* leave(path, first, "a", "bad", "c", "d")
      const picky = backend("t", (texts) =>
        texts.includes("bad") ? new ExportError({ message: "bad", status: 400 }) : 0
      )
      assert.deepStrictEqual(yield* send(path, picky.layer, 100), { sent: 3, refused: 1 })
      assert.deepStrictEqual(picky.taken, ["a", "c", "d"])
      assert.deepStrictEqual(yield* SpoolFolder.inspect(path), [])
    })
  )

  it.live("leaves alone what a running process has in hand", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* Effect.gen(function* () {
        const spool = yield* Spool
        spool.append({ text: "mine", bytes: 4 } as Sendable)
        assert.deepInclude((yield* SpoolFolder.inspect(path))[0], { segments: 0, busy: 1 })
        assert.deepStrictEqual(yield* send(path, backend("t").layer), { sent: 0, refused: 0 })
      }).pipe(
        Effect.provide(Layer.fresh(Spool.layer)),
        Effect.provide(backend(first).layer),
        Effect.provide(TracerConfig.layer({ spool: "on", spoolPath: path })),
        Effect.scoped
      )
    })
  )
})
