import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { replaceValues } from "./jsonText.ts"

const mask = (text: string) => replaceValues(text, (key) => (key === "secret" ? () => "X" : undefined))

/** The same on the value: texts that are JSON themselves are looked into. */
const masked = (value: unknown): unknown => {
  if (typeof value === "string")
    return value.startsWith("\u0001") ? `\u0001${JSON.stringify(masked(JSON.parse(value.slice(1))))}` : value
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === "secret" ? "X" : masked(item)]))
}

describe("JSON text", () => {
  it("law: in JSON, also quoted in JSON, the values of a key are replaced and everything else stays", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\\", "{", "}", "[", "]", ",", " ", "\n", "é", "'", ":") })
    const key = fc.oneof(fc.constant("secret"), fc.constantFrom("a", "b", "secrets", "the secret", "", "\\", "é"))
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        text,
        fc.integer(),
        fc.constantFrom(null, true, 1.5e21),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.dictionary(key, tie("json"), { maxKeys: 4 }),
        tie("json").map((value) => `\u0001${JSON.stringify(value)}`)
      )
    }))
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const given = JSON.stringify(value, null, space)
        assert.deepStrictEqual(JSON.parse(mask(given)), masked(value), given)
        if (!given.includes("secret")) assert.strictEqual(mask(given), given)
      }),
      { numRuns: 3000 }
    )
  })

  it("law: of any text, nothing but values goes, and it comes to an end", () => {
    const piece = fc.constantFrom(
      '"',
      "\\",
      ":",
      "secret",
      '"secret"',
      '\\"secret\\"',
      "{",
      "}",
      "[",
      ",",
      " ",
      "'",
      "v"
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join("")
        const out = mask(text)
        const keys = text.match(/secret\\*"\s*:/g)?.length ?? 0
        assert.isAtMost(out.match(/X/g)?.length ?? 0, keys)
        if (keys === 0) assert.strictEqual(out, text)
      }),
      { numRuns: 3000 }
    )
  })

  it("finds them in what is nearly JSON", () => {
    const cases: ReadonlyArray<readonly [text: string, expected: string]> = [
      ['said "hello {"secret":"v"}', 'said "hello {"secret":"X"}'],
      ['{"secret":"v', '{"secret":"X"'],
      ['{"secret":["v",{"a":1', '{"secret":"X"'],
      ['{"secret": v1, "b": 2}', '{"secret": "X", "b": 2}'],
      ['{"secret": \'v 1\', "b": 2}', '{"secret": "X", "b": 2}'],
      ['{"secret": \\"v\\", "b": 2}', '{"secret": "X", "b": 2}'],
      ['{"secret":"v"}\n{"secret":"w"}', '{"secret":"X"}\n{"secret":"X"}'],
      ['{"secret":"v","secret":"w"}', '{"secret":"X","secret":"X"}'],
      ['{"s\\u0065cret":"v"}', '{"s\\u0065cret":"X"}'],
      ['{"text":"{\\"secret\\":\\"v"}', '{"text":"{\\"secret\\":\\"X\\""}']
    ]
    for (const [text, expected] of cases) assert.strictEqual(mask(text), expected)
  })
})
