import { assert, describe, it } from "@effect/vitest"
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
})
