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

const isPrimitive = (value: unknown): boolean => ["string", "boolean"].includes(typeof value) || Number.isFinite(value)

const isAttribute = (value: unknown): boolean => {
  if (!Array.isArray(value)) return isPrimitive(value)
  // A list of the program's own might answer otherwise the next time it is read
  if (Object.getPrototypeOf(value) !== Array.prototype) return false
  return Array.from(value).every((item) => typeof item === typeof value[0] && isPrimitive(item))
}

class Liar extends Array<unknown> {
  override every = <S>(): this is ReadonlyArray<S> & this => true
}

/** A list whose first item is a number, but only once. */
const fickle = (): ReadonlyArray<unknown> => {
  let reads = 0
  return new Proxy([1], {
    get: (list, key, receiver) => (key === "0" && reads++ > 0 ? Symbol("other") : Reflect.get(list, key, receiver))
  })
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
      [1, , 3], // oxlint-disable-line no-sparse-arrays
      Liar.from([1, Symbol("s")]),
      fickle(),
      new ArrayBuffer(8),
      Object.assign(new Error("own"), { toJSON: throwing }),
      Object.defineProperty(() => 1, "name", { get: throwing }),
      Object.assign(Object.create(null), { a: 1 }),
      new Proxy({}, { getPrototypeOf: throwing }),
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

  it("records a list as it was, read once", () => {
    const list = [1, 2]
    const attributes = flat(list)
    list.push(3)
    assert.deepStrictEqual(attributes["b"], [1, 2])
    assert.deepStrictEqual({ ...flat(fickle()) }, { b: [1] })
    // oxlint-disable-next-line no-sparse-arrays
    assert.deepStrictEqual({ ...flat([1, , 3]) }, { "b.0": 1, "b.1": "null", "b.2": 3 })
    assert.deepStrictEqual(
      { ...flat(Object.defineProperty(["a", "b"], 1, { get: throwing })) },
      { b: ["a", "[unreadable]"] }
    )
  })

  it("cuts a list that is too long, and says so", () => {
    const attributes = flat(Array.from({ length: 20_000 }, (_, index) => index))
    assert.strictEqual((attributes["b"] as ReadonlyArray<number>).length, 16_384) // a list of numbers stays one
    assert.strictEqual(attributes["b._truncated"], "more than 16384 items in a list")
    assert.isUndefined(flat(Array.from({ length: 16_384 }, () => 1))["b._truncated"])
  })

  it("tells what an error says, even where a part of it cannot be read", () => {
    const error = Object.assign(new TypeError("no index", { cause: new Error("closed") }), { code: "E_INDEX" })
    Object.defineProperty(error, "bad", { enumerable: true, get: throwing })
    assert.deepStrictEqual(nested(flat(error)), {
      name: "TypeError",
      message: "no index",
      cause: { name: "Error", message: "closed" },
      code: "E_INDEX",
      bad: "[unreadable]"
    })
  })

  it("takes dates, maps, sets and bytes for what they are", () => {
    assert.deepStrictEqual(
      nested(
        flat({
          date: new Date(0),
          map: new Map([["k", new Set(["a", "b"])]]),
          bytes: new Uint8Array(3),
          buffer: new ArrayBuffer(8),
          regexp: /x/g,
          json: { toJSON: () => ({ a: 1 }) },
          big: 10n,
          symbol: Symbol("s"),
          f: function named() {}
        })
      ),
      {
        date: "1970-01-01T00:00:00.000Z",
        map: { k: ["a", "b"] },
        bytes: "Uint8Array(3 bytes)",
        buffer: "ArrayBuffer(8 bytes)",
        regexp: "/x/g",
        json: { a: 1 },
        big: "10",
        symbol: "Symbol(s)",
        f: "[function named]"
      }
    )
  })

  it("says what an object is that shows nothing", () => {
    const Plan = { Free: "free", Pro: 2 } as const // as an enum is
    class Account {
      plan = Plan.Pro
      tier = Plan.Free
      #balance = 7
      get balance() {
        return this.#balance
      }
    }
    class Vault {
      #key = 1
      open = () => this.#key
    }
    assert.deepStrictEqual(
      nested(
        flat({
          account: new Account(),
          promise: Promise.resolve(1),
          headers: new Headers({ authorization: "x" }),
          search: new URLSearchParams({ q: "1" }),
          weak: new WeakMap(),
          vault: new Vault(),
          pairs: new Map([[{ k: 1 }, "v"]]),
          bare: Object.create(null),
          constructor: { constructor: undefined }
        })
      ),
      {
        account: { plan: 2, tier: "free" },
        promise: "[Promise]",
        headers: "[Headers]",
        search: "q=1",
        weak: "[WeakMap]",
        vault: { open: "[function open]" },
        pairs: [[{ k: 1 }, "v"]],
        bare: {},
        constructor: {}
      }
    )
  })

  it("tells a cycle from a value that is there twice", () => {
    const shared = { x: 1 }
    const cycle: Record<string, unknown> = { one: shared, two: shared }
    cycle["self"] = cycle
    assert.deepStrictEqual(nested(flat(cycle)), { one: shared, two: shared, self: "[circular]" })
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
    const own = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":2}}')
    assert.strictEqual(JSON.stringify(nested(flat(own))), JSON.stringify(own))
  })

  it("law: whatever the order of attributes, no value is lost", () => {
    const path = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 })
    const paths = fc.uniqueArray(
      path.map((parts) => parts.join(".")),
      { maxLength: 8 }
    )
    const leaves = (value: unknown): ReadonlyArray<unknown> =>
      typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [value]
    fc.assert(
      fc.property(paths, (paths) => {
        const entries = paths.map((path) => [path, path] as const)
        const there = Bucket.nest(entries)
        assert.sameMembers([...leaves(there)], paths)
        assert.deepStrictEqual(Bucket.nest(entries.toReversed()), there)
      }),
      { numRuns: 1000 }
    )
  })

  it("leaves a name of absurdly many parts as it is", () => {
    const name = `${"a.".repeat(100_000)}b`
    assert.deepStrictEqual(Bucket.nest([[name, 1]]), { [name]: 1 })
    assert.deepStrictEqual(Object.keys(Bucket.nest([[`${"a.".repeat(63)}b`, 1]])), ["a"])
  })

  it("makes a list of whole ranges only", () => {
    assert.deepStrictEqual(
      Bucket.nest([
        ["list.1", "b"],
        ["list.0", "a"],
        ["gap.0", 1],
        ["gap.2", 3],
        ["padded.00", 1]
      ]),
      { list: ["a", "b"], gap: { 0: 1, 2: 3 }, padded: { "00": 1 } }
    )
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
