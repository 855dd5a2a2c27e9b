import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as TraceQuery from "./TraceQuery.ts"

const parsed = (text: string): TraceQuery.TraceQuery => Result.getOrThrow(TraceQuery.parse(text))
const is = (
  field: TraceQuery.WordField | TraceQuery.Path,
  ...parts: [string, ...Array<string>]
): TraceQuery.TraceQuery => ({
  _tag: "Is",
  field,
  parts
})
const word = (
  text: string,
  more: { prefix?: boolean; column?: "inputs" | "outputs" | "error" } = {}
): TraceQuery.TraceQuery => ({
  _tag: "Text",
  text,
  prefix: false,
  ...more
})
const path = (bucket: TraceQuery.PathBucket, key: string): TraceQuery.Path => ({ _tag: "Path", bucket, key })

const key = fc.oneof(fc.constantFrom("plan", "a.b", "run_id"), fc.string({ minLength: 1, maxLength: 6 }))
const pathArbitrary = fc.record({
  _tag: fc.constant("Path" as const),
  bucket: fc.constantFrom(...TraceQuery.PathBucket.literals),
  key
})
const text = fc.oneof(
  fc.string({ maxLength: 8, unit: "binary" }),
  fc.constantFrom("OR", "AND", "NOT", "true", "type:model", 'a "b" \\', "日本語", "-x", "a*b", "http://x?a=1")
)
const searchable = text.map((text) => (/[\p{L}\p{N}]/u.test(text) ? text : `a${text}`))
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()).map((number) => number + 0)
const time = fc.oneof(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), fc.nat()).map((number) => number + 0)
const operator = fc.constantFrom(...TraceQuery.Operator.literals)
const moment: fc.Arbitrary<TraceQuery.Moment> = fc.oneof(
  fc.record({ _tag: fc.constant("At" as const), millis: fc.integer({ min: -8.64e15, max: 8.64e15 }) }),
  fc.record({ _tag: fc.constant("Ago" as const), millis: time })
)
const leaf: fc.Arbitrary<TraceQuery.TraceQuery> = fc.oneof(
  fc.record(
    {
      _tag: fc.constant("Text" as const),
      text: searchable,
      prefix: fc.boolean(),
      column: fc.constantFrom("inputs" as const, "outputs" as const, "error" as const)
    },
    { requiredKeys: ["_tag", "text", "prefix"] }
  ),
  fc.record({
    _tag: fc.constant("Is" as const),
    field: fc.oneof(fc.constantFrom(...TraceQuery.WordField.literals), pathArbitrary),
    parts: fc.array(text, { minLength: 1, maxLength: 4 }).map((parts): [string, ...Array<string>] => {
      const [first = "", ...rest] = parts
      return [first, ...rest.filter((part, index) => part !== "" || index === rest.length - 1)]
    })
  }),
  fc.record({
    _tag: fc.constant("Compare" as const),
    field: fc.constantFrom("tokens" as const, "cost" as const),
    operator,
    value: number
  }),
  fc.record({ _tag: fc.constant("Compare" as const), field: pathArbitrary, operator, value: number }),
  fc.record({
    _tag: fc.constant("Compare" as const),
    field: fc.constantFrom("duration" as const, "ttft" as const),
    operator,
    value: time
  }),
  fc.record({ _tag: fc.constant("Failed" as const), failed: fc.boolean() }),
  fc.record({ _tag: fc.constant("Since" as const), moment }),
  fc.record({ _tag: fc.constant("Until" as const), moment })
)
const query = fc.letrec<{ query: TraceQuery.TraceQuery }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    leaf,
    fc.array(tie("query"), { maxLength: 3 }).map((terms) => TraceQuery.and(...terms)),
    fc.array(tie("query"), { minLength: 1, maxLength: 3 }).map(([first, ...more]) => TraceQuery.or(first!, ...more)),
    tie("query").map(TraceQuery.not)
  )
})).query

describe("TraceQuery", () => {
  it.each<readonly [string, TraceQuery.TraceQuery]>([
    ["", { _tag: "All" }],
    ["  ( ) ", { _tag: "All" }],
    ["refund", word("refund")],
    ["refu*", word("refu", { prefix: true })],
    ['"refund policy"', word("refund policy")],
    ["foo-bar", word("foo-bar")],
    ["outputs:sorry", word("sorry", { column: "outputs" })],
    ["type:model", is("type", "model")],
    ["type=model", is("type", "model")],
    ["model:gpt*", is("model", "gpt", "")],
    ['name:"my tool"*x', is("name", "my tool", "x")],
    ["model:**a**b", is("model", "", "a", "b")],
    ["error:true", { _tag: "Failed", failed: true }],
    ["error:timeout", word("timeout", { column: "error" })],
    ["duration>2s", { _tag: "Compare", field: "duration", operator: ">", value: 2000 }],
    ["duration:>=1.5m", { _tag: "Compare", field: "duration", operator: ">=", value: 90_000 }],
    ["ttft<300", { _tag: "Compare", field: "ttft", operator: "<", value: 300 }],
    ["tokens:5", { _tag: "Compare", field: "tokens", operator: "=", value: 5 }],
    ["cost>1e-3", { _tag: "Compare", field: "cost", operator: ">", value: 0.001 }],
    ["since:1h", { _tag: "Since", moment: { _tag: "Ago", millis: 3_600_000 } }],
    ["until:2026-11-21", { _tag: "Until", moment: { _tag: "At", millis: Date.UTC(2026, 10, 21) } }],
    ["metadata.customer.plan:pro", is(path("metadata", "customer.plan"), "pro")],
    ['metadata."a key":x', is(path("metadata", "a key"), "x")],
    ["metrics.score<-0.5", { _tag: "Compare", field: path("metrics", "score"), operator: "<", value: -0.5 }],
    ["a b OR c", TraceQuery.or(TraceQuery.and(word("a"), word("b")), word("c"))],
    ["a AND (b OR c)", TraceQuery.and(word("a"), TraceQuery.or(word("b"), word("c")))],
    ["-a NOT b --c", TraceQuery.and(TraceQuery.not(word("a")), TraceQuery.not(word("b")), word("c"))],
    ["-(a b)", TraceQuery.not(TraceQuery.and(word("a"), word("b")))],
    [
      'type:model model:gpt* duration>2s error:true "refund"',
      TraceQuery.and(
        is("type", "model"),
        is("model", "gpt", ""),
        { _tag: "Compare", field: "duration", operator: ">", value: 2000 },
        { _tag: "Failed", failed: true },
        word("refund")
      )
    ]
  ])("reads %s", (text, expected) => {
    assert.deepStrictEqual(parsed(text), expected)
  })

  it.each([
    ["modle:x", 0, "model"],
    ["a (b", 4, ")"],
    ["a )", 2, "the end"],
    ["a OR", 4, "a word"],
    ["OR a", 0, "a word"],
    ["type:", 5, "a value of type"],
    ["type>x", 4, ":"],
    ["tokens>many", 7, "a number"],
    ["duration>2y", 9, "a length of time such as 2s, 500ms or 1h"],
    ["since:yesterday", 6, "a day such as 2026-11-21"],
    ['say "hello', 4, 'a closing "'],
    ["*fund", 0, "a * after the word only"],
    ["!!!", 0, "a word with a letter or a digit in it"],
    ["metadata.:x", 9, "a key"],
    ["(".repeat(100), 33, "at most 32 levels"],
    ["a ".repeat(200), 256, "at most 128"]
  ])("says where %s is wrong, and what it expected", (text, position, expected) => {
    const error = Result.getOrThrow(Result.flip(TraceQuery.parse(text)))
    assert.strictEqual(error.position, position)
    assert.include(error.expected, expected)
    assert.include(error.message, `at ${position + 1}: `)
  })

  it("law: what is printed reads as the same query", () => {
    fc.assert(
      fc.property(query, (query) => {
        fc.pre(TraceQuery.print(query).length < 8000)
        assert.deepStrictEqual(parsed(TraceQuery.print(query)), query)
      }),
      { numRuns: 2000 }
    )
  })

  it("law: a query is data that its Schema takes", () => {
    const accepts = Schema.is(TraceQuery.TraceQuery)
    fc.assert(fc.property(query, (query) => assert.isTrue(accepts(query))))
  })

  it("fuzz: 10,000 texts are read or refused, at a position inside; completion takes any cursor", () => {
    const pieces = fc.constantFrom(
      "(",
      ")",
      '"',
      "\\",
      "-",
      "*",
      ":",
      ">",
      "<",
      "=",
      " ",
      "OR",
      "AND",
      "type",
      "metadata.",
      "since",
      "duration",
      "a",
      "1",
      ".",
      "\0",
      "é",
      "\u{1F600}",
      "\uD800"
    )
    const noise = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join(""))
    )
    fc.assert(
      fc.property(noise, fc.integer({ min: -5, max: 100 }), (text, cursor) => {
        const result = TraceQuery.parse(text)
        if (Result.isFailure(result)) {
          assert.isTrue(result.failure.position >= 0 && result.failure.position <= text.length)
          assert.isNotEmpty(result.failure.expected)
        } else {
          assert.deepStrictEqual(parsed(TraceQuery.print(result.success)), result.success)
        }
        const { from, to } = TraceQuery.complete(text, cursor)
        assert.isTrue(0 <= from && from <= to && to <= text.length)
      }),
      { numRuns: 10_000 }
    )
  })

  it("refuses at once what is long or deep", () => {
    for (const text of ["(".repeat(8000), "-".repeat(8000), "a".repeat(9000), '"'.repeat(8001), "a* ".repeat(2000)]) {
      assert.isTrue(Result.isFailure(TraceQuery.parse(text)))
    }
  })

  it.each([
    ["mod|", ["model:"], 0],
    ["type:model -na|", ["name:"], 12],
    ["(to|", ["tool:", "tokens:"], 1],
    ["meta|", ["metadata."], 0],
    ["type|", [":"], 4],
    ["duration|", [":", ">", ">=", "<", "<="], 8],
    ["type:|", ["session", "model", "tool", "chain"], 5],
    ["error:t|", ["true"], 6],
    ["model:g|", ["gpt-4o", '"gpt next"'], 6],
    ['model:"gpt n|', ['"gpt next"'], 6]
  ])("completes %s", (marked, expected, from) => {
    const known = marked.startsWith("model") ? ["gpt-4o", "gpt next", "claude"] : []
    const completion = TraceQuery.complete(marked.replace("|", ""), marked.indexOf("|"), known)
    assert.deepStrictEqual(
      completion.options.map(({ text }) => text),
      expected
    )
    assert.strictEqual(completion.from, from)
  })
})
