import { mkdtempSync, rmSync } from "node:fs"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import protobuf from "protobufjs/light.js"
import { Hive } from "./Hive.ts"
import { TraceStore } from "./TraceStore.ts"

const CASES = 10_000
const SESSION = "11111111-1111-4111-8111-111111111111"
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")

/** A request as JSON with some of its parts replaced by anything at all. */
const span = {
  name: "fuzzed",
  traceId: hex(7, 32),
  spanId: hex(1, 16),
  parentSpanId: hex(2, 16),
  kind: 1,
  startTimeUnixNano: "1790000000000000000",
  endTimeUnixNano: "1790000000001000000",
  attributes: [
    { key: "honeyhive.session_id", value: { stringValue: SESSION } },
    { key: "honeyhive.session_auto_create", value: { boolValue: true } },
    {
      key: "gen_ai.input.messages",
      value: { stringValue: '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]' }
    },
    { key: "honeyhive_inputs.a.0.b", value: { kvlistValue: { values: [{ key: "k", value: { intValue: "1" } }] } } }
  ],
  events: [{ name: "exception", timeUnixNano: "1", attributes: [] }],
  links: [{ traceId: hex(8, 32), spanId: hex(8, 16) }],
  status: { code: 2, message: "bad" }
}
const hostile = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom("", "0", -1, 1e308, "NaN", "\u0000", "\ud800", "__proto__", "$hive", '{"$hive":[]}', "f".repeat(32)),
  fc.string({ unit: "binary" }).map((text) => text.repeat(50)),
  fc.constant({ key: "__proto__", value: { stringValue: "x" } })
)

const paths: Array<ReadonlyArray<string | number>> = []
const collect = (value: unknown, path: ReadonlyArray<string | number>): void => {
  if (path.length > 0) paths.push(path)
  if (typeof value !== "object" || value === null) return
  for (const [key, entry] of Object.entries(value)) collect(entry, [...path, key])
}
collect(span, [])

const replaced = (value: unknown, [key, ...rest]: ReadonlyArray<string | number>, by: unknown): unknown => {
  if (key === undefined) return by
  const copy: Record<string, unknown> | Array<unknown> = Array.isArray(value) ? [...value] : { ...(value as object) } // a path of it
  Reflect.set(copy, key, replaced(Reflect.get(copy, key), rest, by))
  return copy
}

interface Case {
  readonly type: "application/json" | "application/x-protobuf"
  readonly body: Buffer
}

const spanId = fc.nat(5000).map((id) => hex(id + 100, 16))
const mutated = fc
  .tuple(spanId, fc.array(fc.tuple(fc.constantFrom(...paths), hostile), { maxLength: 3 }))
  .map(([id, changes]) => {
    let one: unknown = { ...span, spanId: id }
    for (const [path, by] of changes) one = replaced(one, path, by)
    return one
  })
const json: fc.Arbitrary<Case> = fc.tuple(fc.array(mutated, { maxLength: 3 }), fc.nat(60)).map(([spans, cut]) => {
  const text = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  // Now and then it ends too early
  return { type: "application/json", body: Buffer.from(cut === 0 ? text.slice(0, text.length / 2) : text) }
})

const encoded = (() => {
  const attribute = (key: string, value: string) =>
    protobuf.Writer.create()
      .uint32(10)
      .string(key)
      .uint32(18)
      .bytes(protobuf.Writer.create().uint32(10).string(value).finish())
      .finish()
  const one = protobuf.Writer.create()
    .uint32(10)
    .bytes(Buffer.from(hex(9, 32), "hex"))
    .uint32(18)
    .bytes(Buffer.from(hex(9, 16), "hex"))
    .uint32(42)
    .string("fuzzed")
    .uint32(74)
    .bytes(attribute("honeyhive.session_id", SESSION))
    .uint32(74)
    .bytes(attribute("honeyhive_inputs.text", "x".repeat(300)))
    .finish()
  const wrapped = (bytes: Uint8Array, tag: number) => protobuf.Writer.create().uint32(tag).bytes(bytes).finish()
  return Buffer.from(wrapped(wrapped(wrapped(one, 18), 18), 10))
})()
const bytes: fc.Arbitrary<Case> = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(encoded.length - 1), fc.nat(255)), { maxLength: 6 }),
    fc.oneof(fc.constant(0), fc.nat(encoded.length))
  )
  .map(([changes, cut]) => {
    const body = Buffer.from(encoded)
    for (const [at, byte] of changes) body[at] = byte
    return { type: "application/x-protobuf", body: body.subarray(0, body.length - cut) }
  })
const noise: fc.Arbitrary<Case> = fc
  .tuple(fc.uint8Array({ maxLength: 200 }), fc.constantFrom("application/json", "application/x-protobuf"))
  .map(([body, type]) => ({ type, body: Buffer.from(body) }) as Case) // of these types

const agent = new Http.Agent({ keepAlive: true })
const post = (url: string, { body, type }: Case) =>
  new Promise<number>((resolve, reject) => {
    const headers = { "content-type": type, "content-length": body.length }
    const request = Http.request(
      `${url}/v1/traces`,
      { method: "POST", agent, headers, timeout: 20_000 },
      (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0))
      }
    )
    request.on("timeout", () => request.destroy(new Error(`no answer to ${body.toString("hex")}`)))
    request.on("error", reject).end(body)
  })

const valid = (id: number): Case => ({
  type: "application/json",
  body: Buffer.from(
    JSON.stringify({
      resourceSpans: [
        { scopeSpans: [{ spans: [{ ...span, name: "valid", traceId: hex(1, 32), spanId: hex(id + 1, 16) }] }] }
      ]
    })
  )
})

describe("fuzzed OTLP", () => {
  it.live(
    `${CASES} damaged requests: each is answered, what is valid among them is kept, the file is sound`,
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
          (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
        )
        const path = join(folder, "hive.db")
        const cases = fc.sample(fc.oneof({ arbitrary: json, weight: 3 }, { arbitrary: bytes, weight: 3 }, noise), CASES)
        yield* Effect.gen(function* () {
          const { url } = yield* Hive
          const statuses = new Map<number, number>()
          let next = 0
          let kept = 0
          const send = async () => {
            while (next < cases.length) {
              const number = next++
              const one = cases[number]
              if (one === undefined) break
              const status = await post(url, one)
              statuses.set(status, (statuses.get(status) ?? 0) + 1)
              if (number % 100 === 0) assert.strictEqual(await post(url, valid(kept++)), 200)
            }
          }
          yield* Effect.promise(() => Promise.all(Array.from({ length: 8 }, send)))
          agent.destroy()
          assert.deepStrictEqual([...statuses.keys()].toSorted(), [200, 400], JSON.stringify([...statuses]))
          assert.isAbove(statuses.get(200) ?? 0, CASES / 10)
          const store = yield* TraceStore
          const filters = [{ field: "event_name", operator: "is", value: "valid" }] as const
          assert.strictEqual((yield* store.search({ filters, limit: 1 })).count, kept)
          for (const { session_id } of yield* store.sessions({ limit: 1000, offset: 0 }))
            yield* store.sessionEvents(session_id)
        }).pipe(Effect.provide(Hive.layer({ path })))
        const database = new DatabaseSync(path)
        assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" })
        database.close()
      }),
    120_000
  )
})
