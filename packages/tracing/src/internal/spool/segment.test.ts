import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as segments from "./segment.ts"

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const origins = ["first", "zweiter ü", ""]
const records = fc.array(fc.record({ origin: fc.nat(origins.length - 1), data: bytes }), { maxLength: 20 })

const written = (spans: ReadonlyArray<{ readonly origin: number; readonly data: Buffer }>) => [
  segments.mark(),
  ...origins.map((origin, number) => segments.originRecord(number, origin)),
  ...spans.map(({ data, origin }) => segments.spanRecord(origin, data))
]

const expected = (spans: ReadonlyArray<{ readonly origin: number; readonly data: Buffer }>) =>
  spans.map(({ data, origin }, number) => ({ number, origin: origins[origin] ?? "", data }))

describe("a segment", () => {
  it("law: what was written comes back, without what has been delivered", () => {
    fc.assert(
      fc.property(records, fc.func(fc.boolean()), (spans, isDelivered) => {
        const delivered = spans.flatMap((_, number) => (isDelivered(number) ? [number] : []))
        const file = Buffer.concat([...written(spans), segments.deliveredRecord(delivered)])
        assert.deepStrictEqual(segments.read(file), {
          spans: expected(spans).filter(({ number }) => !delivered.includes(number)),
          damaged: 0
        })
      }),
      { numRuns: 1000 }
    )
  })

  it("law: torn off anywhere, everything before the tear comes back", () => {
    fc.assert(
      fc.property(records, fc.nat(), (spans, seed) => {
        const parts = written(spans)
        const file = Buffer.concat(parts)
        const cut = seed % (file.length + 1)
        let end = 0
        const whole = parts.filter((part) => (end += part.length) <= cut).length
        const { damaged, spans: read } = segments.read(file.subarray(0, cut))
        assert.deepStrictEqual(read, expected(spans).slice(0, Math.max(0, whole - 1 - origins.length)))
        const atBoundary = parts.slice(0, whole).reduce((sum, part) => sum + part.length, 0) === cut
        assert.strictEqual(damaged, atBoundary ? 0 : 1)
      }),
      { numRuns: 1000 }
    )
  })

  it("law: with any byte changed, what is read was written, and the change is counted", () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (spans, seed, mask) => {
        const file = Buffer.concat(written(spans))
        const at = seed % file.length
        file[at] = (file[at] ?? 0) ^ mask
        const result = segments.read(file)
        const datas = expected(spans).map(({ data }) => data.toString("hex"))
        for (const { data } of result.spans) assert.include(datas, data.toString("hex"))
        assert.isAbove(result.damaged, 0)
      }),
      { numRuns: 1000 }
    )
  })

  it("law: reads whatever a file holds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.boolean(), (noise, marked) => {
        const file = Buffer.concat([marked ? segments.mark() : Buffer.alloc(0), noise])
        assert.deepStrictEqual(segments.read(file).spans, [])
      }),
      { numRuns: 1000 }
    )
  })
})
