import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { assert, describe, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Hive } from "@honeyhive/hive/Hive"
import { TraceStore } from "@honeyhive/hive/TraceStore"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { hive as run, rows } from "../command.fixture.ts"

const SESSION = "8210f331-e55e-4a12-89ad-1933cf22dd20"
const TRACE = "5b8efff798038103d269b633813fc60c"
const START = 1_790_000_000_000_000_000n

const span = (id: number, name: string, millis: number, more: Partial<SpanRecord>): SpanRecord => ({
  traceId: TRACE,
  spanId: String(id).padStart(16, "0"),
  parentSpanId: id === 1 ? undefined : "1".padStart(16, "0"),
  name,
  kind: 1,
  startTimeUnixNano: START + BigInt(id) * 1_000_000n,
  endTimeUnixNano: START + BigInt(id + millis) * 1_000_000n,
  events: [],
  links: [],
  status: { code: 0, message: "" },
  scope: { name: "test", version: "" },
  resource: {},
  ...more,
  attributes: {
    "honeyhive.session_id": SESSION,
    "honeyhive.session_auto_create": true,
    "honeyhive.session_name": "support",
    "honeyhive.source": "dev",
    ...more.attributes
  }
})

const spans = [
  span(1, "agent", 90, { attributes: { honeyhive_event_type: "chain", "honeyhive_inputs.q": "refund for order 42?" } }),
  span(2, "lookUp", 10, { attributes: { honeyhive_event_type: "tool", "honeyhive_inputs.id": 42 } }),
  span(3, "lookUp", 20, {
    attributes: { honeyhive_event_type: "tool", "honeyhive_inputs.id": 7 },
    status: { code: 2, message: "Error: OrderNotFound: no order 7" }
  }),
  span(4, "generate", 40, {
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o",
      "gen_ai.usage.input_tokens": 1000,
      "gen_ai.usage.output_tokens": 500
    }
  })
]

class Folder extends Context.Service<Folder, string>()("test/Folder") {}

const folder = Layer.effect(
  Folder,
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-looking-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
)
const filled = Layer.effectDiscard(TraceStore.use((store) => store.ingest(spans))).pipe(
  Layer.provideMerge(Hive.layer()),
  Layer.merge(folder)
)

const hive = (args: ReadonlyArray<string>, env = {}) =>
  Effect.flatMap(Hive, ({ url }) => run([...args, "--url", url], env))
const json = (...args: ReadonlyArray<string>) => Effect.map(hive([...args, "--json"]), ({ stdout }) => rows(stdout))

describe("the commands that look into a hive", () => {
  layer(filled, { excludeTestServices: true })("over one hive", (it) => {
    it.effect("list sessions, all or those with an event like that", () =>
      Effect.gen(function* () {
        const [session] = yield* json("ls")
        assert.deepInclude(session, { name: "support", events: 4, errors: 1, tokens: 1500, orphan: false })
        assert.deepInclude(session, { session_id: SESSION, source: "dev", duration: 90 })
        assert.closeTo(Number(session?.["cost"]), 0.0075, 1e-9)
        const { stdout } = yield* hive(["ls"])
        assert.match(stdout, /^SESSION +STARTED +TIME +EVENTS +ERRORS +TOKENS +COST +SOURCE +NAME$/m)
        assert.match(stdout, /^8210f331 .* 4 +1 +1,500 +\$0\.0075 +dev +support$/m)
        assert.deepStrictEqual(yield* json("ls", "error:true", "name:look*"), session === undefined ? [] : [session])
        assert.deepStrictEqual(yield* json("ls", "name:nothing"), [])
        assert.deepStrictEqual(yield* json("ls", "--since", "2099-01-01"), [])
        assert.strictEqual((yield* hive(["ls", "name:nothing"])).stderr, "no session holds an event like that\n")
      })
    )

    it.effect("show a session by its id, its beginning, its name, an event or a trace in it", () =>
      Effect.gen(function* () {
        const events = yield* json("show", "last")
        const tool = events.find((event) => event["event_type"] === "tool")
        for (const name of [SESSION.slice(0, 8), "support", String(tool?.["event_id"]), TRACE]) {
          const found = yield* json("show", name)
          assert.isAtLeast(found.length, 4, name)
          assert.isTrue(found.every((event) => event["session_id"] === SESSION))
        }
        const unknown = yield* hive(["show", "ffffffff"])
        assert.deepInclude(unknown, { code: 1, stdout: "" })
        assert.include(unknown.stderr, "`hive ls` shows those")
      })
    )

    it.effect("draw trees with bars and costs, in colours only where they are wanted", () =>
      Effect.gen(function* () {
        const plain = yield* hive(["show", "last"])
        assert.match(plain.stdout, /4 events · 1,500 tokens · \$0\.0075 {2}1 error/)
        assert.match(plain.stdout, /^ {3}├─ tool {2}lookUp .*[█▏]/m)
        assert.match(plain.stdout, /model {2}generate {2}gpt-4o .*\$0\.0075/)
        assert.notInclude(plain.stdout, "\u001b")
        const coloured = yield* hive(["show", "last"], { FORCE_COLOR: "1" })
        assert.include(coloured.stdout, "\u001b[31m! Error: OrderNotFound: no order 7\u001b[0m")
        const both = yield* hive(["show", "last"], { FORCE_COLOR: "1", NO_COLOR: "1" })
        assert.strictEqual(both.stdout, plain.stdout)
      })
    )

    it.effect("search by conditions and texts, and say what is wrong with a query", () =>
      Effect.gen(function* () {
        const names = (...query: ReadonlyArray<string>) =>
          Effect.map(json("search", ...query), (found) => found.map((event) => event["event_name"]))
        assert.deepStrictEqual(yield* names("error:true"), ["lookUp"])
        assert.deepStrictEqual(yield* names("type:chain", "name:ag*"), ["agent"])
        assert.deepStrictEqual(yield* names("refund for order"), ["agent"])
        assert.deepStrictEqual(yield* names('type:tool -error:true "42"'), ["lookUp"])
        assert.deepStrictEqual(yield* names("cost>0.007 OR duration>80ms"), ["generate", "agent"])
        assert.deepStrictEqual(yield* names("type:tool", "--limit", "1"), ["lookUp"])
        assert.deepStrictEqual(yield* names("duration>1h"), [])
        const { stderr, stdout } = yield* hive(["search", "type:model"])
        assert.match(stdout, /^8210f331 .* model +40 ms +1,500 +\$0\.0075 +generate {2}gpt-4o$/m)
        assert.strictEqual(stderr, "")
        const wrong = yield* hive(["search", "type:tool", "typ:tool"])
        assert.deepStrictEqual(wrong, {
          code: 2,
          stdout: "",
          stderr: 'at 11: there is no field "typ"; expected type\n  type:tool typ:tool\n            ^'
        })
      })
    )

    it.effect("add it all up, by what is asked for", () =>
      Effect.gen(function* () {
        const sums = yield* json("stats")
        assert.deepInclude(sums[0], { by: "all", sessions: 1, events: 4, errors: 1, tokens: 1500 })
        const names = sums.filter(({ by }) => by === "name")
        assert.deepStrictEqual(names.map(({ errors, events, key }) => [key, events, errors]).toSorted(), [
          ["agent", 1, 0],
          ["generate", 1, 0],
          ["lookUp", 2, 1]
        ])
        assert.deepInclude(
          sums.find(({ by, key }) => by === "model" && key === "gpt-4o"),
          {
            duration: { p50: 40, p95: 40, p99: 40 }
          }
        )
        const day = new Date(Number(START / 1_000_000n)).toISOString().slice(0, 10)
        assert.deepInclude(sums.at(-1), { by: "day", key: day, tokens: 1500 })
        const { stdout } = yield* hive(["stats"])
        assert.match(stdout, /^1 session · 4 events · 1,500 tokens · \$0\.0075 {2}1 error \(25\.0 %\)$/m)
        assert.match(stdout, /^lookUp +2 +50\.0 % +10 ms +20 ms +20 ms/m)
        assert.match(stdout, /^gpt-4o +1 +- +40 ms +40 ms +40 ms +1,000 +500 +1,500 +\$0\.0075$/m)
        const [session] = yield* json("stats", "error:true", "--by", "session", "--order", "errors")
        assert.deepInclude(session, { by: "session", label: "support", events: 1, error_rate: 1 })
        assert.strictEqual((yield* json("stats", "--by", "type", "-n", "2")).length, 2)
        assert.strictEqual((yield* hive(["stats", "name:nothing"])).stderr, "no event is like that\n")
      })
    )

    it.effect("bring every session over, in either format, once", () =>
      Effect.gen(function* () {
        const here = yield* Folder
        const [zipped, events, copy] = [join(here, "all.jsonl.gz"), join(here, "events.jsonl"), join(here, "copy")]
        assert.deepInclude(yield* hive(["export", "-o", zipped]), { code: 0, stdout: "" })
        yield* hive(["export", "--format", "events", "-o", events])
        const { stdout } = yield* hive(["export", "last"])
        assert.strictEqual(gunzipSync(readFileSync(zipped)).toString(), stdout)
        const imported = yield* run(["import", zipped, events, "--json", "--data", copy])
        assert.deepInclude(imported, { code: 0, stdout: '{"spans":10,"rejected":0}\n' })
        assert.strictEqual((yield* run(["export", "--data", copy])).stdout, stdout)
        const [there] = rows((yield* run(["ls", "--json", "--data", copy])).stdout)
        assert.deepStrictEqual([{ ...there }], yield* json("ls"))
      })
    )

    it.effect("export sessions by what is in them", () =>
      Effect.gen(function* () {
        assert.include((yield* hive(["export", "--query", "error:true"])).stdout, "OrderNotFound")
        assert.strictEqual((yield* hive(["export", "--query", "type:model error:true"])).stdout, "")
        assert.strictEqual((yield* hive(["export", "last", "--since", "1d"])).code, 2)
        const nowhere = yield* hive(["export", "-o", "/no/such/folder/x"])
        assert.strictEqual(nowhere.code, 1)
        assert.include(nowhere.stderr, "cannot write /no/such/folder/x")
      })
    )
  })
})
