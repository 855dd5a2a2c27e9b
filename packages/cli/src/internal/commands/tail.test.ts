import { assert, describe, it } from "@effect/vitest"
import { event, idOf, session } from "../event.fixture.ts"
import { painter } from "../text.ts"
import { lineOf, Sessions } from "./tail.ts"

describe("a line of tail", () => {
  it("says what happened, where, and what was wrong", () => {
    const call = event(2, {
      event_type: "model",
      event_name: "generate\u001b[2J",
      config: { model: "gpt" },
      error: "slow\n  at x",
      start_time: 1500
    })
    assert.strictEqual(
      lineOf(call, "support", painter(false)),
      "00:00:01.500  model    generate [2J  gpt  10 ms  in support  ! slow"
    )
    assert.strictEqual(
      lineOf(session(1, { start_time: 0, duration: null }), "support", painter(false)),
      "00:00:00.000  session  support"
    )
  })
})

describe("live sessions", () => {
  it("stay as long as something in them runs", () => {
    const sessions = new Sessions()
    const running = event(2, { end_time: null, duration: null, metadata: { span_state: "running" } })
    sessions.add([session(1), running], 0)
    assert.isTrue(sessions.runs)
    assert.deepStrictEqual(sessions.settle(60_000), [])
    sessions.add([{ ...running, metadata: { span_state: "lost" } }], 60_000)
    assert.isFalse(sessions.runs)
    assert.strictEqual(sessions.settle(60_000).length, 1)
    sessions.add([running], 60_001)
    // At the end of the command
    assert.strictEqual(sessions.settle(Infinity).length, 1)
  })

  it("stay until they are quiet, and come back whole with news", () => {
    const sessions = new Sessions()
    sessions.add([session(1), event(2)], 0)
    sessions.add([event(3)], 5)
    assert.deepStrictEqual(sessions.settle(4), [])
    assert.strictEqual(sessions.nameOf(idOf(1)), "support")
    const [settled] = sessions.settle(5)
    assert.deepStrictEqual(
      settled?.map(({ event_name }) => event_name),
      ["support", "event 2", "event 3"]
    )
    assert.deepStrictEqual(sessions.all(), [])
    sessions.add([event(4)], 6)
    assert.strictEqual(sessions.all()[0]?.length, 4)
    assert.strictEqual(sessions.nameOf(idOf(1)), "support")
  })
})
