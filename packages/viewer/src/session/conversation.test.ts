import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Message, Part } from "../trace/messages.ts"
import { type Call, conversation, type Turn } from "./conversation.ts"

const message = (role: string, ...parts: ReadonlyArray<Part>): Message => ({
  role,
  text: parts.flatMap((part) => (part._tag === "text" ? [part.text] : [])).join("\n\n"),
  parts
})
const say = (role: string, text: string): Message => message(role, { _tag: "text", text })
const call: Part = { _tag: "toolCall", id: "1", name: "search", arguments: { q: "refund" } }
const result: Part = { _tag: "toolResult", id: "1", name: null, value: "a.md", isError: false }

const made = (eventId: string, input: ReadonlyArray<Message>, output: ReadonlyArray<Message>): Call => ({
  eventId,
  agent: "agent",
  messages: { input, output }
})

const told = (turns: ReadonlyArray<Turn>) =>
  turns.map(({ parts, role }) => [
    role,
    parts.map((part) => (part._tag === "text" ? part.text : part._tag === "toolCall" ? part.name : part._tag)).join()
  ])

const system = say("system", "be brief")

describe("a conversation", () => {
  const first = [system, say("user", "a refund?")]
  const asks = message("assistant", call)
  const answer = say("assistant", "yes, see a.md")

  it("says what each call repeats once, with results folded into what asked for them", () => {
    const turns = conversation([
      made("m1", first, [asks]),
      made("m2", [...first, asks, message("tool", result)], [answer])
    ])
    assert.deepStrictEqual(told(turns), [
      ["system", "be brief"],
      ["user", "a refund?"],
      ["assistant", "search"],
      ["assistant", "yes, see a.md"]
    ])
    assert.deepStrictEqual(turns[2]?.parts, [{ ...call, result }] as unknown)
    assert.strictEqual(turns[3]?.eventId, "m2")
  })

  it("goes on over traces that leave the tools of earlier ones out", () => {
    const turns = conversation([
      made("m1", first, [asks]),
      made("m2", [...first, asks, message("tool", result)], [answer]),
      made("m3", [...first, answer, say("user", "thanks")], [say("assistant", "bye")])
    ])
    assert.deepStrictEqual(told(turns).slice(4), [
      ["user", "thanks"],
      ["assistant", "bye"]
    ])
  })

  it("keeps what is said twice on purpose", () => {
    const turns = conversation([
      made("m1", [say("user", "more")], [say("assistant", "1")]),
      made("m2", [say("user", "more"), say("assistant", "1"), say("user", "more")], [say("assistant", "2")])
    ])
    assert.deepStrictEqual(
      told(turns).map(([, text]) => text),
      ["more", "1", "more", "2"]
    )
  })

  it("says the instructions of questions without history once, and those of another agent too", () => {
    const turns = conversation([
      made("m1", [system, say("user", "one?")], [say("assistant", "1")]),
      made("m2", [system, say("user", "two?")], [say("assistant", "2")]),
      made("m3", [say("system", "you plan"), say("user", "one?")], [say("assistant", "a plan")])
    ])
    assert.deepStrictEqual(
      told(turns).map(([, text]) => text),
      ["be brief", "one?", "1", "two?", "2", "you plan", "a plan"]
    )
  })

  it("shows a result that nobody asked for", () => {
    assert.deepStrictEqual(told(conversation([made("m1", [message("tool", result)], [])])), [["tool", "toolResult"]])
  })

  it("of calls that repeat everything is what was said, in order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 })), { maxLength: 8 }),
        (said) => {
          const history: Array<Message> = []
          const calls = said.map(([asked, answered], at) => {
            history.push(say("user", asked))
            const found = made(String(at), [...history], [say("assistant", answered)])
            history.push(say("assistant", answered))
            return found
          })
          assert.deepStrictEqual(
            told(conversation(calls)),
            history.map(({ role, text }) => [role, text])
          )
        }
      )
    )
  })
})
