import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Message, type Part, readMessages } from "./messages.ts"

type Bucket = Parameters<typeof readMessages>[0]["inputs"]

const input = (message: Bucket): Message | undefined =>
  readMessages({ event_type: "model", inputs: { chat_history: [message] }, outputs: null }).input[0]

const output = (outputs: Bucket, event_type: "model" | "tool" = "model"): Message | undefined =>
  readMessages({ event_type, inputs: {}, outputs }).output[0]

const call: Part = { _tag: "toolCall", id: "1", name: "search", arguments: { q: "refund" } }
const result: Part = { _tag: "toolResult", id: "1", name: null, value: { hits: 2 }, isError: false }
const data = "data:image/png;base64,AAAA"
const image: Part = { _tag: "image", url: data, mimeType: "image/png" }

describe("messages of the hive's own form", () => {
  it("are read in order, with calls and results", () => {
    const { input, output } = readMessages({
      event_type: "model",
      inputs: {
        chat_history: [
          { role: "system", content: "be brief" },
          { role: "user", content: "refund?" },
          { role: "assistant", content: "", tool_calls: [{ id: "1", name: "search", arguments: { q: "refund" } }] },
          { role: "tool", tool_call_id: "1", content: { hits: 2 } }
        ]
      },
      outputs: { role: "assistant", content: "yes", parts: [{ type: "reasoning", content: "hm" }] }
    })
    assert.deepStrictEqual(input, [
      { role: "system", text: "be brief", parts: [{ _tag: "text", text: "be brief" }] },
      { role: "user", text: "refund?", parts: [{ _tag: "text", text: "refund?" }] },
      { role: "assistant", text: "", parts: [call] },
      { role: "tool", text: "", parts: [result] }
    ])
    assert.deepStrictEqual(output, [
      {
        role: "assistant",
        text: "yes",
        parts: [
          { _tag: "reasoning", text: "hm" },
          { _tag: "text", text: "yes" }
        ]
      }
    ])
  })

  it("are a model's plain texts, but nobody else's", () => {
    assert.strictEqual(output({ text: "yes" })?.text, "yes")
    assert.isUndefined(output({ text: "yes" }, "tool"))
    assert.isUndefined(output({ content: "a file" }, "tool"))
    const asked = readMessages({ event_type: "model", inputs: { prompt: "Knock" }, outputs: null })
    assert.deepStrictEqual(
      asked.input.map(({ role, text }) => [role, text]),
      [["user", "Knock"]]
    )
  })
})

describe("parts of providers and conventions", () => {
  it.each<readonly [string, Bucket, ReadonlyArray<Part>]>([
    ["OpenAI, image", { content: [{ type: "image_url", image_url: { url: data } }] }, [image]],
    ["OpenAI, responses", { content: [{ type: "input_image", image_url: data }] }, [image]],
    [
      "OpenAI, call",
      { tool_calls: [{ id: "1", type: "function", function: { name: "search", arguments: '{"q":"refund"}' } }] },
      [call]
    ],
    ["Anthropic, call", { content: [{ type: "tool_use", id: "1", name: "search", input: { q: "refund" } }] }, [call]],
    ["Anthropic, result", { content: [{ type: "tool_result", tool_use_id: "1", content: '{"hits":2}' }] }, [result]],
    [
      "Anthropic, image",
      { content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }] },
      [image]
    ],
    ["Anthropic, thinking", { content: [{ type: "thinking", thinking: "hm" }] }, [{ _tag: "reasoning", text: "hm" }]],
    ["Gemini", { parts: [{ functionCall: { id: "1", name: "search", args: { q: "refund" } } }] }, [call]],
    ["Gemini, image", { parts: [{ inlineData: { mimeType: "image/png", data: "AAAA" } }] }, [image]],
    [
      "Vercel, result",
      { content: [{ type: "tool-result", toolCallId: "1", output: { type: "json", value: { hits: 2 } } }] },
      [result]
    ],
    [
      "OpenTelemetry, bytes left out",
      { parts: [{ type: "blob", mime_type: "image/png", size: 12 }] },
      [{ _tag: "image", url: null, mimeType: "image/png" }]
    ],
    [
      "OpenTelemetry, a file",
      { parts: [{ type: "uri", mime_type: "application/pdf", file_name: "a.pdf", uri: "https://x/a.pdf" }] },
      [{ _tag: "file", url: "https://x/a.pdf", mimeType: "application/pdf", name: "a.pdf", size: null }]
    ],
    ["OpenInference, image", { parts: [{ type: "image", image: { image: { url: data } } }] }, [image]],
    [
      "something else",
      { content: [{ type: "hologram", of: 1 }] },
      [{ _tag: "json", value: { type: "hologram", of: 1 } }]
    ]
  ])("%s", (_name, message, parts) => {
    assert.deepStrictEqual(input({ role: "user", ...message })?.parts, parts)
  })

  it("names roles alike", () => {
    assert.strictEqual(input({ role: "model", parts: [{ text: "yes" }] })?.role, "assistant")
    assert.strictEqual(input({ type: "human", content: "hi" })?.role, "user")
    const serialised = { lc: 1, id: ["langchain", "HumanMessage"], kwargs: { content: "hi" } }
    assert.deepStrictEqual(input(serialised), { role: "user", text: "hi", parts: [{ _tag: "text", text: "hi" }] })
    assert.strictEqual(input({ role: "critic", content: "no" })?.role, "critic")
  })

  it("finds a whole answer's message", () => {
    assert.strictEqual(output({ choices: [{ message: { role: "assistant", content: "yes" } }] })?.text, "yes")
  })
})

it("reads anything without failing, and its texts are those of its parts", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (asked, said) => {
      // A JSON value is what a bucket's entry is
      const messages = readMessages({
        event_type: "model",
        inputs: { chat_history: asked as Bucket[string] },
        outputs: { role: "assistant", content: said as Bucket[string] }
      })
      for (const { parts, text } of [...messages.input, ...messages.output]) {
        assert.strictEqual(text, parts.flatMap((part) => (part._tag === "text" ? [part.text] : [])).join("\n\n"))
      }
    })
  )
})
