import { assert, describe, it } from "@effect/vitest"
import { event, session } from "./event.fixture.ts"
import { Seen } from "./feed.ts"

describe("what has been seen", () => {
  it("is told once, and again when it has changed", () => {
    const seen = new Seen()
    const running = session(1, { end_time: null, duration: null })
    assert.deepStrictEqual(seen.changed([event(2), running], 0), [running, event(2)])
    assert.deepStrictEqual(seen.changed([event(2), running], 1), [])
    assert.deepStrictEqual(seen.changed([event(2), session(1), session(1)], 2), [session(1)])
  })

  it("is told again when its process was lost", () => {
    const seen = new Seen()
    const state = (span_state: string) => event(2, { end_time: null, duration: null, metadata: { span_state } })
    assert.strictEqual(seen.changed([state("running")], 0).length, 1)
    assert.strictEqual(seen.changed([state("lost")], 1).length, 1)
    assert.strictEqual(seen.changed([state("lost")], 2).length, 0)
  })

  it("is forgotten after a while", () => {
    const seen = new Seen()
    seen.changed([event(2)], 0)
    seen.prune(1)
    assert.deepStrictEqual(seen.changed([event(2)], 2), [event(2)])
  })
})
