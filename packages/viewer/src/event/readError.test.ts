import { assert, describe, it } from "@effect/vitest"
import type { EventDetail } from "../hive/types.ts"
import { chainOf, readError } from "./readError.ts"

const detail = (error: string | null, metadata: object = {}, events: ReadonlyArray<object> = []): EventDetail => {
  const part: unknown = {
    event: { error, metadata },
    attributes: {},
    events: events.map((attributes) => ({ name: "exception", time: 0, attributes }))
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is read of it
  return part as EventDetail
}

const node = new Error("outer", { cause: new TypeError("inner", { cause: "why" }) })

describe("the errors in a stack", () => {
  it("of JavaScript", () => {
    const stack = `Error: outer\n    at a (file.ts:1:2)\n    at b (file.ts:2:3) {\n  [cause]: TypeError: inner\n  with two lines\n      at c (file.ts:3:4) {\n    [cause]: Error: root\n        at d (file.ts:4:5)\n  }\n}`
    assert.deepStrictEqual(chainOf(stack), [
      { head: "Error: outer", stack: "    at a (file.ts:1:2)\n    at b (file.ts:2:3)" },
      { head: "TypeError: inner\n  with two lines", stack: "      at c (file.ts:3:4)" },
      { head: "Error: root", stack: "        at d (file.ts:4:5)" }
    ])
    assert.strictEqual(chainOf(node.stack ?? "")[0]?.head, "Error: outer")
  })

  it("of Python", () => {
    const stack = `Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nKeyError: 'x'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "b.py", line 2, in h\n    f()\nValueError: bad\nmore\n`
    assert.deepStrictEqual(chainOf(stack), [
      { head: "ValueError: bad\nmore", stack: '  File "b.py", line 2, in h\n    f()' },
      { head: "KeyError: 'x'", stack: '  File "a.py", line 1, in f\n    g()' }
    ])
  })

  it("of Java", () => {
    assert.deepStrictEqual(
      chainOf("java.lang.X: a\n\tat A.b(A.java:1)\nCaused by: java.io.Y: b\n\tat C.d(C.java:2)\n\t... 3 more").map(
        ({ head }) => head
      ),
      ["java.lang.X: a", "java.io.Y: b"]
    )
  })

  it("of text that is no stack", () => {
    assert.deepStrictEqual(chainOf("something"), [{ head: "something", stack: "" }])
  })
})

describe("what went wrong", () => {
  it("is nothing where nothing was said", () => {
    assert.isUndefined(readError(detail(null)))
  })

  it("is what the tracer wrote", () => {
    const error = readError(
      detail("OutOfStock: none left", { error: { kind: "failure", fields: { item: 7 } } }, [
        {
          "exception.type": "OutOfStock",
          "exception.message": "none left",
          "exception.stacktrace": "OutOfStock: none left\n    at a (b:1:1)"
        }
      ])
    )
    assert.deepStrictEqual(error, {
      kind: "failure",
      message: "OutOfStock: none left",
      type: "OutOfStock",
      fields: { item: 7 },
      exceptions: [[{ head: "OutOfStock: none left", stack: "    at a (b:1:1)" }]],
      isHandled: false
    })
  })

  it("is no failure where it was interrupted", () => {
    assert.strictEqual(readError(detail("Interrupted", { error: { kind: "interruption" } }))?.kind, "interruption")
    assert.strictEqual(readError(detail("Interrupted"))?.kind, "interruption")
  })

  it("tells what was recorded and handled apart", () => {
    const error = readError(detail(null, {}, [{ "exception.type": "Timeout" }]))
    assert.isTrue(error?.isHandled)
    assert.deepStrictEqual(error?.exceptions, [[{ head: "Timeout", stack: "" }]])
  })
})
