import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { Exporter } from "./Exporter.ts"
import { Spool, type SpoolMode } from "./Spool.ts"
import { TracerConfig } from "./TracerConfig.ts"
import type { Sendable, Transport } from "./Transport.ts"

interface Note extends Sendable {
  readonly origin: object
  readonly text: string
}

const shared = { name: "all of them" }

const note = (text: string): Note => ({ origin: shared, text, bytes: text.length })

/** A transport whose spans are texts. */
const notes: Transport<Note> = {
  prepare: () => note("unused"),
  send: () => Effect.succeed({ rejected: 0, message: "" }),
  shutdown: Effect.void,
  storage: {
    target: "target",
    originOf: ({ origin }) => origin,
    storeOrigin: ({ origin }) => JSON.stringify(origin),
    dataOf: ({ text }) => Buffer.from(text),
    restore: (origin) =>
      origin === JSON.stringify(shared) ? Option.some((data: Buffer) => note(data.toString())) : Option.none()
  }
}

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(join(tmpdir(), "honeyhive-spool-"))),
  (path) =>
    Effect.sync(() => {
      Fs.chmodSync(path, 0o700)
      Fs.rmSync(path, { recursive: true })
    })
)

const lines: Array<string> = []
const logs = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])

/** A spool that can be closed before the test is over. */
const open = Effect.fnUntraced(function* (path: string, mode: SpoolMode = "on", spoolMaxBytes = 1024 * 1024) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const layer = Spool.layer.pipe(
    Layer.provide(Layer.succeed(Exporter, notes)),
    Layer.provide(TracerConfig.layer({ spool: mode, spoolPath: path, spoolMaxBytes })),
    Layer.provideMerge(logs)
  )
  lines.length = 0
  return Context.get(yield* Layer.buildWithScope(Layer.fresh(layer), scope), Spool)
})

type Service = Spool["Service"]

const keep = (spool: Service, ...texts: ReadonlyArray<string>) =>
  spool.leave(texts.flatMap((text) => spool.append(note(text)) ?? []))

const textsOf = (items: ReadonlyArray<Sendable> | undefined) => items?.map((item) => (item as Note).text) // as stored

const files = (path: string) => (Fs.existsSync(join(path, "target")) ? Fs.readdirSync(join(path, "target")) : [])

describe("Spool", () => {
  it.live("keeps spans for the next instance, oldest first, and forgets what was delivered", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const first = yield* open(path)
      keep(first, "a", "b", "c")
      first.close()
      const second = yield* open(path)
      const replay = second.replay()
      assert.deepStrictEqual(textsOf(replay?.items), ["a", "b", "c"])
      replay?.delivered(0, 2)
      replay?.release(false)
      const again = second.replay()
      assert.deepStrictEqual(textsOf(again?.items), ["c"])
      again?.release(true)
      assert.isUndefined(second.replay())
      assert.deepStrictEqual(files(path), [])
    })
  )

  it.live("leaves a segment to the instance that writes it, and to the one that sends it", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const one = yield* open(path)
      const other = yield* open(path)
      keep(one, "a")
      assert.isUndefined(other.replay())
      const mine = one.replay()
      assert.deepStrictEqual(textsOf(mine?.items), ["a"])
      assert.isUndefined(other.replay())
      mine?.release(false)
      const theirs = other.replay()
      assert.deepStrictEqual(textsOf(theirs?.items), ["a"])
      theirs?.release(true)
    })
  )

  it.live("takes over from a process that is gone, on this host and on a silent one", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const writer = yield* open(path)
      keep(writer, "a")
      const [file = ""] = files(path)
      const [, owner = ""] = /\.own-[0-9a-f]{8}-(\d+-\d+)$/.exec(file) ?? []
      assert.notStrictEqual(owner, "")
      const rename = (to: string) =>
        Fs.renameSync(join(path, "target", files(path)[0] ?? ""), join(path, "target", file.replace(owner, to)))
      const reader = yield* open(path)
      // A number that no process has, and this process's number in an earlier life
      for (const gone of ["999999999-1", `${process.pid}-1`]) {
        rename(gone)
        const replay = reader.replay()
        assert.deepStrictEqual(textsOf(replay?.items), ["a"], gone)
        replay?.release(false)
      }
      const elsewhere = file.replace(/own-[0-9a-f]{8}/, "own-00000000")
      Fs.renameSync(join(path, "target", files(path)[0] ?? ""), join(path, "target", elsewhere))
      assert.isUndefined(reader.replay())
      const longAgo = new Date(Date.now() - 3_600_000)
      Fs.utimesSync(join(path, "target", elsewhere), longAgo, longAgo)
      assert.deepStrictEqual(textsOf(reader.replay()?.items), ["a"])
    })
  )

  it.live("durable: what was sent from memory is not kept, what was not is", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const spool = yield* open(path, "durable")
      const tickets = ["a", "b", "c"].flatMap((text) => spool.append(note(text)) ?? [])
      assert.strictEqual(files(path).length, 1)
      // Under way from memory: not to be sent twice
      assert.isUndefined(spool.replay())
      spool.settle(tickets.slice(0, 1))
      spool.leave(tickets.slice(1, 2))
      spool.settle(tickets.slice(2))
      const replay = spool.replay()
      assert.deepStrictEqual(textsOf(replay?.items), ["b"])
      replay?.release(true)
      spool.settle([spool.append(note("d")) ?? assert.fail("no room")])
      spool.close()
      assert.deepStrictEqual(files(path), [])
    })
  )

  it.live("begins a new segment when one is full, and deletes those of which nothing is left", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const spool = yield* open(path, "durable", 64 * 1024 * 1024)
      const large = "x".repeat(1024 * 1024)
      const tickets = Array.from({ length: 10 }, () => spool.append(note(large)) ?? assert.fail("no room"))
      assert.isAbove(files(path).length, 2)
      spool.settle(tickets)
      spool.close()
      assert.deepStrictEqual(files(path), [])
    })
  )

  it.live("is bounded, and says once that it is full", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const spool = yield* open(path, "on", 10_000)
      for (let index = 0; index < 40; index++) keep(spool, "x".repeat(1000))
      const bytes = files(path).reduce((sum, file) => sum + Fs.statSync(join(path, "target", file)).size, 0)
      assert.isAtMost(bytes, 10_500)
      assert.strictEqual(lines.filter((line) => line.includes("is full")).length, 1)
      // Room again once it has been sent
      for (let replay = spool.replay(); replay !== undefined; replay = spool.replay()) replay.release(true)
      assert.isDefined(spool.append(note("room")))
    })
  )

  it.live("files are readable by their user only", () =>
    Effect.gen(function* () {
      const path = yield* folder
      keep(yield* open(path), "a")
      const [file = ""] = files(path)
      assert.strictEqual(Fs.statSync(join(path, "target", file)).mode & 0o777, 0o600)
      assert.strictEqual(Fs.statSync(join(path, "target")).mode & 0o777, 0o700)
    })
  )

  it.live("skips a torn tail and foreign files, and counts what it skipped", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const writer = yield* open(path)
      keep(writer, "a", "b")
      writer.close()
      const target = join(path, "target")
      const [file = ""] = files(path)
      Fs.truncateSync(join(target, file), Fs.statSync(join(target, file)).size - 1)
      Fs.writeFileSync(join(target, "0000000000000-00000000.seg"), "nothing of ours")
      Fs.writeFileSync(join(target, "README"), "hands off")
      const reader = yield* open(path)
      const replay = reader.replay()
      assert.deepStrictEqual(textsOf(replay?.items), ["a"])
      replay?.release(true)
      assert.strictEqual(lines.filter((line) => line.includes("1 records in")).length, 2)
      assert.deepStrictEqual(files(path), ["README"])
    })
  )

  it.live("a folder that cannot be written costs one warning", () =>
    Effect.gen(function* () {
      const path = yield* folder
      // A file stands where the folder should be: not even root can write below it
      Fs.writeFileSync(join(path, "file"), "")
      const spool = yield* open(join(path, "file"))
      for (let index = 0; index < 3; index++) assert.isUndefined(spool.append(note("a")))
      assert.isUndefined(spool.replay())
      spool.close()
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /writing to the spool failed, spans are kept in memory only: .*ENOTDIR/)
    })
  )

  it.live("a clock that goes backwards loses nothing", () =>
    Effect.gen(function* () {
      const path = yield* folder
      let now = Date.now()
      const clock: Clock.Clock = Object.assign(Object.create(yield* Clock.Clock), {
        currentTimeMillisUnsafe: () => now
      })
      for (const [text, back] of [
        ["a", 0],
        ["b", 86_400_000],
        ["c", Number.MAX_SAFE_INTEGER]
      ] as const) {
        now -= back
        const spool = yield* Effect.provideService(open(path), Clock.Clock, clock)
        keep(spool, text)
        spool.close()
      }
      const reader = yield* open(path)
      const read: Array<string> = []
      for (let replay = reader.replay(); replay !== undefined; replay = reader.replay()) {
        read.push(...(textsOf(replay.items) ?? []))
        replay.release(true)
      }
      assert.deepStrictEqual(read.toSorted(), ["a", "b", "c"])
      assert.deepStrictEqual(lines, [])
    })
  )
})
