import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Bucket from "./Bucket.ts"

const flat = (value: unknown): Record<string, unknown> => {
  const attributes: Record<string, unknown> = Object.create(null)
  Bucket.flatten("b", value, (name, attribute) => {
    attributes[name] = attribute
  })
  return attributes
}

const nested = (attributes: Record<string, unknown>): unknown =>
  Bucket.nest(Object.entries(attributes).map(([name, value]) => [name.slice(2), value] as const))

/** Keys that stay themselves: no dots, not numbers. */
const key = fc.stringMatching(/^[a-zA-Z_$ é-]{1,8}$/)
const text = fc.string({ unit: "binary", maxLength: 12 }).filter((text) => text !== "null" && text !== "{}")
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const { object } = fc.letrec((tie) => ({
  leaf: fc.oneof(text, number, fc.boolean(), fc.constant(null)),
  list: fc.oneof(fc.array(text, { maxLength: 4 }), fc.array(tie("value"), { maxLength: 4 })),
  object: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  value: fc.oneof({ maxDepth: 4 }, tie("leaf"), tie("list"), tie("object"))
}))

const isAttribute = (value: unknown): boolean => {
  if (!Array.isArray(value)) return ["string", "boolean"].includes(typeof value) || Number.isFinite(value)
  return value.every((item) => typeof item === typeof value[0] && typeof item !== "object" && isAttribute(item))
}

const throwing = () => {
  throw new Error("hostile")
}

describe("Bucket", () => {
  it("law: nesting what was flattened gives the object back", () => {
    fc.assert(
      fc.property(object, (value) => {
        // JSON is what arrives: -0 is 0 there, and an object has the usual prototype
        const content = JSON.parse(JSON.stringify(value))
        const back = nested(flat(content))
        assert.deepStrictEqual(back, Object.keys(content).length === 0 ? { "": {} } : content)
      }),
      { numRuns: 2000 }
    )
  })

  it("law: whatever is flattened, nothing is thrown and every value is one that OpenTelemetry holds", () => {
    const cycle: Record<string, unknown> = {}
    cycle["self"] = { again: [cycle] }
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const hostile: ReadonlyArray<unknown> = [
      cycle,
      revoked.proxy,
      new Proxy({}, { ownKeys: throwing, get: throwing }),
      new Proxy([1], { get: throwing }),
      Object.defineProperty({}, "a", { get: throwing, enumerable: true }),
      { toJSON: throwing },
      { toJSON: () => cycle },
      10n,
      Symbol("s"),
      Number.NaN,
      -Infinity,
      new Date(Number.NaN),
      new Date(0),
      /x/g,
      new URL("http://a/b"),
      new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "a"])]]),
      new Uint8Array(1e6),
      Object.freeze({ a: 1 }),
      Object.assign(() => 1, { a: 1 }),
      new TypeError("no", { cause: "because" }),
      [undefined, null, 1],
      { undefined, a: undefined },
      [1, "a"],
      []
    ]
    // By index: fast-check itself looks at the values it generates
    const index = fc.nat(hostile.length - 1)
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withDate: true }),
        index,
        index,
        (any, first, second) => {
          const [one, two] = [hostile[first], hostile[second]]
          for (const value of Object.values(flat({ any, one, two: [two, { one }, any] })))
            assert.isTrue(isAttribute(value), String(value))
        }
      ),
      { numRuns: 2000 }
    )
  })

  it("keeps nulls and empties, and drops keys without a value", () => {
    assert.deepStrictEqual(
      { ...flat({ a: null, b: {}, c: [], d: undefined, e: [null, {}] }) },
      {
        "b.a": "null",
        "b.b": "{}",
        "b.c": [],
        "b.e.0": "null",
        "b.e.1": "{}"
      }
    )
    assert.deepStrictEqual(nested({ "b.a": "null", "b.b": "{}", "b.c": [] }), { a: null, b: {}, c: [] })
  })

  it("cuts what is too deep or too much, and says so", () => {
    let deep: unknown = "bottom"
    for (let level = 0; level < 40; level++) deep = { deep }
    assert.include(Object.values(flat(deep)), "[nested too deep]")
    const many = flat(Array.from({ length: 5000 }, (_, index) => ({ index })))
    assert.strictEqual(Object.keys(many).length, 1025)
    assert.strictEqual(many["b._truncated"], "more than 1024 values")
  })

  it("reads a getter once", () => {
    let reads = 0
    flat({
      get a() {
        return ++reads
      }
    })
    assert.strictEqual(reads, 1)
  })

  it("is not fooled by names of prototypes", () => {
    const back = Bucket.nest([
      ["__proto__.polluted", 1],
      ["constructor.prototype.polluted", 2]
    ])
    assert.isUndefined(Reflect.get({}, "polluted"))
    assert.deepStrictEqual(Object.keys(back), ["__proto__", "constructor"])
  })

  it("keeps both where a name is a value and a prefix", () => {
    assert.deepStrictEqual(
      Bucket.nest([
        ["a", 1],
        ["a.b", 2]
      ]),
      { a: 1, "a.b": 2 }
    )
  })

  it("knows its own attributes", () => {
    for (const bucket of Bucket.Bucket.literals)
      assert.deepStrictEqual(Bucket.split(`honeyhive_${bucket}.a.b`), [bucket, "a.b"])
    for (const other of ["honeyhive_inputs", "honeyhive_inputs.", "honeyhive.inputs.a", "inputs.a", ""]) {
      assert.isUndefined(Bucket.split(other))
    }
  })
})
