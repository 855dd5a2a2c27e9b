import { assert, describe, it } from "@effect/vitest"
import type { Message, Part } from "../trace/messages.ts"
import { paired } from "./pairs.ts"

const call = (id: string | null, name: string): Part => ({ _tag: "toolCall", id, name, arguments: {} })
const result = (id: string | null, name: string | null, value: unknown): Part => ({
  _tag: "toolResult",
  id,
  name,
  value,
  isError: false
})
const message = (role: string, ...parts: ReadonlyArray<Part>): Message => ({ role, text: "", parts })

const answers = (messages: ReadonlyArray<Message>) =>
  paired(messages).map(({ parts, role }) => [
    role,
    ...parts.map((part) => (part._tag === "tool" ? [part.call?.name, part.result?.value] : part._tag))
  ])

describe("tool calls and results", () => {
  it("are paired by id, whatever their order", () => {
    assert.deepStrictEqual(
      answers([
        message("assistant", { _tag: "text", text: "wait" }, call("1", "a"), call("2", "b")),
        message("tool", result("2", "b", "B")),
        message("tool", result("1", null, "A"))
      ]),
      [["assistant", "text", ["a", "A"], ["b", "B"]]]
    )
  })

  it("are paired by name where there are no ids", () => {
    assert.deepStrictEqual(
      answers([message("assistant", call(null, "a"), call(null, "b")), message("tool", result(null, "b", "B"))]),
      [["assistant", ["a", undefined], ["b", "B"]]]
    )
  })

  it("stand alone where the other is not there", () => {
    assert.deepStrictEqual(answers([message("tool", result("9", "c", "C")), message("assistant", call("1", "a"))]), [
      ["tool", [undefined, "C"]],
      ["assistant", ["a", undefined]]
    ])
  })

  it("keeps messages that say nothing", () => {
    assert.deepStrictEqual(answers([message("assistant")]), [["assistant"]])
  })
})
