import { assert, describe, it } from "@effect/vitest"
import * as CliOutput from "effect/cli/CliOutput"
import * as Tree from "./Tree.ts"

const event = (
  id: string,
  parent: string | null,
  type: string,
  name: string,
  start: number,
  rest: Partial<Tree.TreeEvent> = {}
): Tree.TreeEvent => ({
  event_id: id,
  parent_id: parent,
  event_type: type,
  event_name: name,
  start_time: start,
  duration: 12.34,
  error: null,
  config: {},
  metadata: {},
  ...rest
})

const events = [
  event("t2", "m1", "tool", "searchDocs", 4, { duration: 4.56 }),
  event("c", "s", "chain", "agent", 1, { duration: 1500 }),
  event("m2", "c", "model", "generate", 6, { config: { model: "tiny" }, metadata: { prompt_tokens: 3 } }),
  event("m1", "c", "model", "generate", 2, {
    config: { model: "tiny" },
    metadata: { prompt_tokens: 12, completion_tokens: 7 }
  }),
  event("t1", "m1", "tool", "lookupOrder", 3, { error: "OrderNotFound: no order 7\n  at somewhere" }),
  event("s", null, "session", "support", 0, { duration: null })
]

describe("Tree", () => {
  it("shows children below their parents in the order of their start, whatever order they come in", () => {
    assert.strictEqual(
      Tree.render(events),
      [
        "session  support",
        "└─ chain  agent  1.50 s",
        "   ├─ model  generate  tiny  12 ms  12 in, 7 out",
        "   │  ├─ tool  lookupOrder  12 ms  ! OrderNotFound: no order 7",
        "   │  └─ tool  searchDocs  4.6 ms",
        "   └─ model  generate  tiny  12 ms"
      ].join("\n")
    )
  })

  it("shows events without their parent as roots, and none twice", () => {
    const orphans = [event("a", "gone", "tool", "first", 0), event("b", "b", "tool", "its own parent", 1)]
    assert.strictEqual(Tree.render(orphans), "tool  first  12 ms\ntool  its own parent  12 ms")
    assert.strictEqual(Tree.render([]), "")
  })

  it("has colours only when told so", () => {
    const coloured = Tree.render(events, { colours: true })
    assert.include(coloured, "\u001b[31m! OrderNotFound: no order 7\u001b[0m")
    // oxlint-disable-next-line no-control-regex -- the escapes are what is looked for
    assert.strictEqual(coloured.replace(/\u001b\[\d+m/g, ""), Tree.render(events))
  })

  it("draws bars for time beside the tree, and errors below", () => {
    const tree = Tree.render(
      [
        event("s", null, "session", "support", 0, { duration: null }),
        event("c", "s", "chain", "agent", 0, { duration: 100 }),
        event("t", "c", "tool", "lookup", 50, { duration: 50, error: "no order 7\n  at somewhere" }),
        event("r", "c", "model", "generate", 75, { duration: null })
      ],
      { columns: 60 }
    )
    assert.deepStrictEqual(tree.split("\n"), [
      "                           0                          100 ms",
      "session  support           █████████████████████████████████",
      "└─ chain  agent  100 ms    █████████████████████████████████",
      "   ├─ tool  lookup  50 ms                  █████████████████",
      "   │  ! no order 7",
      "   └─ model  generate                              ░░░░░░░░░"
    ])
  })

  it("stays within the terminal, however long names are and however deep events", () => {
    const deep = Array.from({ length: 500 }, (_, index) =>
      event(String(index), index === 0 ? null : String(index - 1), "chain", "名前".repeat(30), index)
    )
    for (const columns of [30, 60, 133]) {
      const lines = Tree.render(deep, { columns }).split("\n")
      assert.isAtLeast(lines.length, deep.length)
      assert.isAtMost(
        lines.reduce((width, line) => Math.max(width, CliOutput.displayWidth(line)), 0),
        columns
      )
    }
  })

  it("shows chains of calls that are longer than its own stack", () => {
    const chain = Array.from({ length: 20_000 }, (_, index) =>
      event(String(index), index === 0 ? null : String(index - 1), "chain", "step", index)
    )
    assert.strictEqual(Tree.render(chain, { columns: 80 }).split("\n").length, chain.length + 1)
  })

  it("shows events that are their own ancestors once", () => {
    const cycle = [event("a", "b", "chain", "one", 0), event("b", "a", "chain", "two", 1)]
    assert.strictEqual(Tree.render(cycle), "chain  one  12 ms\n└─ chain  two  12 ms")
  })

  it("shows what runs, with a pulse where the moment is known, and what is lost", () => {
    const state = (span_state: string) => ({ duration: null, metadata: { span_state } })
    const events = [
      event("a", null, "chain", "agent", 1000, state("running")),
      event("b", "a", "model", "generate", 1500, state("lost"))
    ]
    assert.strictEqual(Tree.render(events), "chain  agent  running\n└─ model  generate  lost")
    assert.strictEqual(Tree.render(events, { now: 4000 }).split("\n")[0], "chain  agent  ● 3.00 s")
    assert.strictEqual(Tree.render(events, { now: 4500 }).split("\n")[0], "chain  agent  ○ 3.50 s")
    // A clock that is behind
    assert.strictEqual(Tree.render(events, { now: 0 }).split("\n")[0], "chain  agent  ● 0.0 ms")
    assert.match(Tree.render(events, { now: 3000, columns: 80 }), /2\.00 s\nchain .* ░+\n└─ model .* {8}░+$/)
  })

  it("shows costs beside tokens", () => {
    const call = event("a", null, "model", "generate", 0, { metadata: { prompt_tokens: 2, completion_tokens: 3 } })
    assert.strictEqual(
      Tree.render([call], { costs: new Map([["a", 0.0123]]) }),
      "model  generate  12 ms  2 in, 3 out  $0.0123"
    )
  })

  it("lets no text move the cursor", () => {
    const tree = Tree.render([
      event("a", null, "tool", "\u001b[2J\u001b]0;owned\u0007name", 0, { error: "bad\r\u001b[1A" })
    ])
    assert.strictEqual(tree, "tool  [2J ]0;owned name  12 ms  ! bad [1A")
  })
})
