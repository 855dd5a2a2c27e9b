/**
 * Calls of a model that two events tell, in every store.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import type { PostEvent } from "@honeyhive/contract/Event"
import type { Store } from "./Store.fixture.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore } from "./TraceStore.ts"

const SESSION = "00000000-0000-4000-8000-000000000001"
const idOf = (node: number) => `00000000-0000-4000-8000-${String(node + 100).padStart(12, "0")}`

/** A tree: node n hangs below a node before it; tokens of 0 say nothing. */
const tree = fc.array(
  fc.record({
    up: fc.nat(),
    type: fc.constantFrom("model" as const, "model" as const, "tool" as const),
    input: fc.constantFrom(0, 10, 10, 20),
    output: fc.constantFrom(1, 2),
    model: fc.constantFrom("gpt-4o", "unknown-model")
  }),
  { minLength: 1, maxLength: 9 }
)

type Node = {
  readonly up: number
  readonly type: "model" | "tool"
  readonly input: number
  readonly output: number
  readonly model: string
}

const parentOf = (nodes: ReadonlyArray<Node>, index: number): number | undefined => {
  const up = (nodes[index]?.up ?? 0) % (index + 1)
  return up === index ? undefined : up
}

const tokensOf = ({ input, output, type }: Node): number => (type === "model" && input > 0 ? input + output : 0)

/** The rule, said once more: what no event below says too. */
const counted = (nodes: ReadonlyArray<Node>): ReadonlyArray<Node> =>
  nodes.filter((node, index) => {
    const isBelow = (other: number): boolean => {
      const parent = parentOf(nodes, other)
      return parent === index || (parent !== undefined && isBelow(parent))
    }
    return (
      tokensOf(node) > 0 &&
      !nodes.some(
        (other, place) =>
          place !== index &&
          other.type === "model" &&
          other.input === node.input &&
          other.output === node.output &&
          isBelow(place)
      )
    )
  })

const post = (nodes: ReadonlyArray<Node>, index: number): ReadonlyArray<PostEvent> => {
  const node = nodes[index]
  if (node === undefined) return []
  const parent = parentOf(nodes, index)
  return [
    {
      event_id: idOf(index),
      session_id: SESSION,
      parent_id: parent === undefined ? SESSION : idOf(parent),
      event_type: node.type,
      event_name: `n${index}`,
      inputs: {},
      config: { model: node.model, provider: "openai" },
      metadata:
        node.input === 0
          ? {}
          : { prompt_tokens: node.input, completion_tokens: node.output, total_tokens: node.input + node.output },
      start_time: 1_790_000_000_000 + index,
      duration: 1
    }
  ]
}

const all = { _tag: "All" } as const

export const repeatsSuite = ({ empty, runs }: Store): void => {
  describe("calls that two events tell", () => {
    it.live(
      "law: each counts once, in whatever order and in how many steps they come, and every sum adds up to the same",
      () =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(
              tree,
              fc.infiniteStream(fc.nat()),
              fc.integer({ min: 1, max: 9 }),
              async (nodes, random, step) => {
                const order = nodes
                  .map((_, index) => ({ index, by: random.next().value ?? 0 }))
                  .toSorted((a, b) => a.by - b.by)
                  .map(({ index }) => index)
                await Effect.runPromise(
                  Effect.gen(function* () {
                    const store = yield* TraceStore
                    const queries = yield* TraceQueries
                    for (let at = 0; at < order.length; at += step) {
                      yield* store.createEvents(order.slice(at, at + step).flatMap((index) => post(nodes, index)))
                      yield* queries.search(all, { limit: 1 })
                    }
                    const expected = counted(nodes)
                    const tokens = expected.reduce((sum, node) => sum + tokensOf(node), 0)
                    const [row] = (yield* queries.sessionRows(all)).sessions
                    assert.strictEqual(row?.tokens, tokens)
                    const unpriced = expected.filter(({ model }) => model === "unknown-model").length
                    assert.strictEqual(row?.unpriced, unpriced)
                    for (const by of ["all", "name", "model", "session", "day"] as const) {
                      const { groups } = yield* queries.aggregate(all, { by })
                      const sum = (of: (group: (typeof groups)[number]) => number) =>
                        groups.reduce((sum, group) => sum + of(group), 0)
                      assert.strictEqual(
                        sum((group) => group.tokens),
                        tokens,
                        by
                      )
                      assert.strictEqual(
                        sum(
                          ({ usage }) =>
                            usage.input + usage.cacheRead + usage.cacheWrite + usage.reasoning + usage.output
                        ),
                        tokens
                      )
                      assert.strictEqual(
                        sum((group) => group.unpriced),
                        unpriced
                      )
                      assert.closeTo(
                        sum((group) => group.cost),
                        row?.cost ?? 0,
                        1e-12
                      )
                    }
                    const rows = (yield* Stream.runCollect(queries.spanRows(SESSION))).flat()
                    const shown = rows.reduce((sum, row) => sum + (row[17] ? (row[7] ?? 0) : 0), 0)
                    assert.strictEqual(shown, tokens)
                    const [summary] = yield* store.sessions({ limit: 1, offset: 0 })
                    assert.strictEqual(summary?.tokens, tokens)
                  }).pipe(Effect.provide(empty()))
                )
              }
            ),
            { numRuns: runs * 0.6 }
          )
        )
    )

    it.live("a call that comes late, between two events that tell another one", () =>
      Effect.gen(function* () {
        const store = yield* TraceStore
        const queries = yield* TraceQueries
        const nodes = [2, 1, 2].map((output, index): Node => ({
          up: Math.max(0, index - 1),
          type: "model",
          input: 10,
          output,
          model: "gpt-4o"
        }))
        for (const index of [0, 2, 1]) {
          yield* store.createEvents(post(nodes, index))
          yield* queries.search(all, { limit: 1 })
        }
        const { sessions } = yield* queries.sessionRows(all)
        assert.strictEqual(sessions[0]?.tokens, 11 + 12)
      }).pipe(Effect.provide(empty()))
    )

    it.live("an event that says something else later counts anew", () =>
      Effect.gen(function* () {
        const store = yield* TraceStore
        const queries = yield* TraceQueries
        const nodes: ReadonlyArray<Node> = [10, 10].map((input, index) => ({
          up: index === 0 ? 0 : 0,
          type: "model",
          input,
          output: 1,
          model: "gpt-4o"
        }))
        yield* store.createEvents(nodes.flatMap((_, index) => post(nodes, index)))
        const tokens = Effect.map(queries.sessionRows(all), ({ sessions }) => sessions[0]?.tokens)
        assert.strictEqual(yield* tokens, 11)
        yield* store.updateEvent(idOf(1), { metadata: { prompt_tokens: 30, total_tokens: 31 } })
        assert.strictEqual(yield* tokens, 42)
        yield* store.updateEvent(idOf(1), { metadata: { prompt_tokens: 10, total_tokens: 11 } })
        assert.strictEqual(yield* tokens, 11)
      }).pipe(Effect.provide(empty()))
    )
  })
}
