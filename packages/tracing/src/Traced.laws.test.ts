/**
 * Wrapped f equals f: over generated and hostile values, over hooks that throw, over faults in the tracer itself, and over
 * every way to read a stream. At least 1,000 runs each.
 */
import { Readable } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as fc from "fast-check"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { type InstanceTracer, TypeId } from "./internal/instance.ts"
import { traced, type TracedOptions } from "./Traced.ts"

const RUNS = 1000

const throwing = () => {
  throw new Error("hostile")
}

const revoked = Proxy.revocable({}, {})
revoked.revoke()

const cycle: Record<string, unknown> = {}
cycle["self"] = cycle

const hostile: ReadonlyArray<unknown> = [
  cycle,
  revoked.proxy,
  new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
  new Proxy(() => 1, { get: throwing, apply: throwing }),
  Object.defineProperty({}, "a", { get: throwing, enumerable: true }),
  { toJSON: throwing, toString: throwing, [Symbol.toPrimitive]: throwing },
  Object.freeze([1]),
  Object.freeze({ a: Object.freeze({}) }),
  Object.create(null),
  new Error("value", { cause: cycle }),
  new Map<unknown, unknown>([[cycle, 1n]]),
  new WeakMap(),
  new Uint8Array(8),
  /x/g,
  "x".repeat(10_000),
  Symbol("s"),
  10n,
  -0,
  Number.NaN
]

/** Values are made when they are used: fast-check itself looks at those that it generates. */
const value: fc.Arbitrary<() => unknown> = fc.oneof(
  fc
    .anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, maxDepth: 2 })
    .map((value) => () => value),
  fc.nat(hostile.length - 1).map((index) => () => hostile[index])
)

const values = fc.array(value, { maxLength: 3 })

type Outcome = { readonly returned: unknown } | { readonly thrown: unknown }

const outcome = (evaluate: () => unknown): Outcome => {
  try {
    return { returned: evaluate() }
  } catch (thrown) {
    return { thrown }
  }
}

const outcomeOf = (evaluate: () => Promise<unknown>): Promise<Outcome> =>
  evaluate().then(
    (returned) => ({ returned }),
    (thrown: unknown) => ({ thrown })
  )

/** The very same value, returned or thrown. */
const assertSame = (actual: Outcome, expected: Outcome): void => {
  assert.deepStrictEqual(Object.keys(actual), Object.keys(expected))
  assert.isTrue(Object.is(Object.values(actual)[0], Object.values(expected)[0]))
}

/** Like {@link assertSame}; what awaiting makes of a value that throws when it is asked for `then` is new each time. */
const assertAlike = (actual: Outcome, expected: Outcome, value: unknown): void => {
  const readable = "returned" in outcome(() => Object(value)["then"])
  if (readable) assertSame(actual, expected)
  else
    assert.deepStrictEqual(
      outcome(() => String(Object.values(actual)[0])),
      outcome(() => String(Object.values(expected)[0]))
    )
}

/** A function that ends as it is told, and counts. */
const subject = (result: unknown, throws: boolean) => {
  const seen: Array<ReadonlyArray<unknown>> = []
  const end = () => {
    if (throws) throw result
    return result
  }
  return { seen, end, expected: throws ? { thrown: result } : { returned: result } }
}

const assertCalledOnce = (seen: ReadonlyArray<ReadonlyArray<unknown>>, args: ReadonlyArray<unknown>): void => {
  assert.strictEqual(seen.length, 1)
  assert.strictEqual(seen[0]?.length, args.length)
  assert.isTrue(seen[0]?.every((received, index) => Object.is(received, args[index])))
}

/** Runs plain code under a fresh instance, and counts the spans that it left. */
const underInstance = (evaluate: (run: <A>(evaluate: () => A) => A) => Promise<void> | void) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<HoneyHive>()
    yield* Effect.promise(async () => {
      await evaluate((inner) => Effect.runSyncWith(context)(Effect.sync(inner)))
      // Node says that a stream is closed in the next turn of its loop
      await new Promise((resolve) => setImmediate(resolve))
    })
    yield* HoneyHive.flush
    return (yield* MemoryExporter.use((memory) => memory.spans)).length
  }).pipe(Effect.provide(HoneyHive.layerMemory()))

describe("law: wrapped f equals f", () => {
  it.effect("sync functions, whatever the hooks do", () =>
    Effect.gen(function* () {
      const hook = fc.oneof(
        fc.constantFrom<ReadonlyArray<unknown>>([true], [false], [undefined], [throwing]),
        value.map((value) => [() => value()])
      )
      const spans = yield* underInstance((run) =>
        fc.assert(
          fc.property(values, value, fc.boolean(), hook, hook, hook, (someArgs, some, throws, input, output, more) => {
            const args = someArgs.map((arg) => arg())
            const { end, expected, seen } = subject(some(), throws)
            // Any hook at all, as a plain JavaScript caller may pass it
            const options = { name: "f", captureInput: input[0], captureOutput: output[0], attributes: more[0] }
            const f = traced(options as TracedOptions)((...received: ReadonlyArray<unknown>) => {
              seen.push(received)
              return end()
            })
            assertSame(
              run(() => outcome(() => f(...args))),
              expected
            )
            assertCalledOnce(seen, args)
          }),
          { numRuns: RUNS }
        )
      )
      assert.strictEqual(spans, RUNS)
    })
  )

  it.effect("async functions", () =>
    Effect.gen(function* () {
      const spans = yield* underInstance((run) =>
        fc.assert(
          fc.asyncProperty(values, value, fc.boolean(), fc.boolean(), async (someArgs, some, throws, early) => {
            const args = someArgs.map((arg) => arg())
            const result = some()
            const { end, seen } = subject(result, throws)
            const f = async (...received: ReadonlyArray<unknown>) => {
              seen.push(received)
              if (!early) await Promise.resolve()
              return end()
            }
            const promise = run(() => traced({ name: "f" }, f)(...args))
            assert.strictEqual(Object.getPrototypeOf(promise), Promise.prototype)
            assertCalledOnce(seen, args)
            assertAlike(await outcomeOf(() => promise), await outcomeOf(() => f(...args)), result)
          }),
          { numRuns: RUNS }
        )
      )
      assert.strictEqual(spans, RUNS)
    })
  )

  it.effect("functions that hand out somebody's promise or thenable", () =>
    Effect.gen(function* () {
      class Own extends Promise<unknown> {
        readonly own = true
      }
      const spans = yield* underInstance((run) =>
        fc.assert(
          fc.asyncProperty(value, fc.boolean(), fc.nat(2), async (some, throws, kind) => {
            const result = some()
            let asked = 0
            const make = () => (throws ? Promise.reject(result) : Promise.resolve(result))
            const own = () => new Own((resolve, reject) => (throws ? reject(result) : resolve(result)))
            const thenable = () => ({
              then: (...handlers: Parameters<PromiseLike<unknown>["then"]>) => {
                asked++
                return make().then(...handlers)
              }
            })
            const known = [make, own, thenable][kind]!()
            const returned = run(() => traced({ name: "f" }, () => known)())
            assert.strictEqual(returned, known)
            assert.strictEqual(asked, 0)
            const awaited = (it: unknown) => outcomeOf(async () => await it)
            assertAlike(await awaited(returned), await awaited([make, own, thenable][kind]!()), result)
          }),
          { numRuns: RUNS }
        )
      )
      assert.strictEqual(spans, RUNS)
    })
  )

  it.effect(
    "texts of 100 MB, and objects of any depth",
    () =>
      Effect.gen(function* () {
        const text = "x".repeat(100_000_000)
        let list: ReadonlyArray<unknown> = []
        let object: object = {}
        for (let depth = 0; depth < 100_000; depth++) {
          list = [list]
          object = { object }
        }
        const large = [text, { text }, list, object, new Map([["a", object]])]
        const spans = yield* underInstance((run) => {
          const [back, fail] = [
            traced({ name: "f" }, (value: unknown) => value),
            traced({ name: "f" }, (value: unknown) => {
              throw value
            })
          ]
          for (const value of large) {
            assertSame(
              run(() => outcome(() => back(value))),
              { returned: value }
            )
            assertSame(
              run(() => outcome(() => fail(value))),
              { thrown: value }
            )
          }
        })
        assert.strictEqual(spans, 2 * large.length)
      }),
    60_000
  )

  it("whatever breaks inside the tracer", () => {
    const faults = ["span", "attribute", "end", "clock", "open", "attributes", "parent"] as const
    const faulty = (fault: (typeof faults)[number]): Context.Context<never> => {
      const tracer: InstanceTracer = {
        [TypeId]: TypeId,
        open: fault === "open" ? Object.assign(new Set<() => void>(), { add: throwing, delete: throwing }) : new Set(),
        stamp: {
          identity: { id: "", source: "dev", project: undefined },
          baggage: undefined,
          current: throwing,
          session: throwing,
          write: throwing,
          rewrite: throwing
        },
        span: (options) => {
          if (fault === "span") throwing()
          const span = new Tracer.NativeSpan(options)
          if (fault === "attribute") span.attribute = throwing
          if (fault === "end") span.end = throwing
          return fault === "attributes" ? Object.defineProperty(span, "attributes", { get: throwing }) : span
        }
      }
      const clock: Clock.Clock = Object.assign(Object.create(Context.get(Context.empty(), Clock.Clock)), {
        currentTimeNanosUnsafe: throwing
      })
      return Context.make(Tracer.Tracer, tracer).pipe(
        Context.merge(fault === "clock" ? Context.make(Clock.Clock, clock) : Context.empty()),
        Context.merge(
          fault === "parent"
            ? Context.make(Tracer.ParentSpan, Object.defineProperty({}, "traceId", { get: throwing }) as Tracer.AnySpan)
            : Context.empty()
        )
      )
    }
    fc.assert(
      fc.property(
        fc.constantFrom(...faults),
        fc.constantFrom("value", "generator", "callback"),
        values,
        value,
        fc.boolean(),
        (fault, kind, someArgs, some, throws) => {
          const args = someArgs.map((arg) => arg())
          const { end, expected, seen } = subject(some(), throws)
          const f = traced({ name: "f", attributes: () => ({ a: 1 }) }, (...received: ReadonlyArray<unknown>) => {
            seen.push(received)
            return end()
          })
          const steps = traced({ name: "g" }, function* (...received: ReadonlyArray<unknown>) {
            seen.push(received)
            yield 1
            return end()
          })
          const call = (): unknown => {
            if (kind !== "generator") return f(...args)
            const generator = steps(...args)
            assert.deepStrictEqual(generator.next(), { done: false, value: 1 })
            return generator.next().value
          }
          const context = faulty(fault)
          const ran = Effect.runSyncWith(context)(
            Effect.callback<Outcome>((resume) => resume(Effect.succeed(outcome(call))))
          )
          assertSame(ran, expected)
          assertCalledOnce(seen, args)
        }
      ),
      { numRuns: RUNS }
    )
  })
})

describe("law: a traced stream gives the same chunks, one pull at a time, and its span ends, however it is read", () => {
  const broke = new Error("broke off")

  /** What a reader does: reads some, then stops, or reads on to the end. */
  const reading = fc.record({
    chunks: fc.array(
      fc.anything().filter((chunk) => chunk !== null && chunk !== undefined),
      { maxLength: 4 }
    ),
    fails: fc.boolean(),
    stopAfter: fc.option(fc.nat(4), { nil: undefined })
  })

  type Reading = typeof reading extends fc.Arbitrary<infer A> ? A : never

  const read = async (source: AsyncIterable<unknown>, { stopAfter }: Reading) => {
    const got: Array<unknown> = []
    try {
      for await (const chunk of source) {
        got.push(chunk)
        if (stopAfter !== undefined && got.length > stopAfter) break
      }
    } catch (error) {
      return { got, error }
    }
    return { got }
  }

  const pulls = { plain: 0, traced: 0 }

  const sources: { readonly [kind: string]: (how: Reading, who: keyof typeof pulls) => AsyncIterable<unknown> } = {
    "async generators": async function* ({ chunks, fails }, who) {
      for (const chunk of chunks) {
        pulls[who]++
        yield chunk
      }
      if (fails) throw broke
    },
    "async iterables": ({ chunks, fails }, who) => {
      const left = chunks.slice()
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            pulls[who]++
            if (left.length > 0) return { done: false, value: left.shift() }
            if (fails) throw broke
            return { done: true, value: undefined }
          },
          return: async () => ({ done: true, value: undefined })
        })
      }
    },
    "web streams": ({ chunks, fails }, who) => {
      const left = chunks.slice()
      return new ReadableStream(
        {
          pull: (controller) => {
            pulls[who]++
            if (left.length > 0) controller.enqueue(left.shift())
            else if (fails) controller.error(broke)
            else controller.close()
          }
        },
        { highWaterMark: 0 }
      )
    },
    "Node streams": ({ chunks, fails }) =>
      Readable.from(
        (function* () {
          yield* chunks
          if (fails) throw broke
        })(),
        { highWaterMark: 1 }
      )
  }

  for (const [kind, make] of Object.entries(sources)) {
    it.effect(kind, () =>
      Effect.gen(function* () {
        const spans = yield* underInstance((run) =>
          fc.assert(
            fc.asyncProperty(reading, async (how) => {
              pulls.plain = 0
              pulls.traced = 0
              const f = traced({ name: "stream" }, (how: Reading) => make(how, "traced"))
              const actual = await read(
                run(() => f(how)),
                how
              )
              const expected = await read(make(how, "plain"), how)
              assert.strictEqual(actual.error, expected.error)
              assert.strictEqual(actual.got.length, expected.got.length)
              assert.isTrue(actual.got.every((chunk, index) => Object.is(chunk, expected.got[index])))
              assert.strictEqual(pulls.traced, pulls.plain)
            }),
            { numRuns: RUNS }
          )
        )
        assert.strictEqual(spans, RUNS)
      })
    )
  }

  it.effect("Effect streams", () =>
    Effect.gen(function* () {
      const make = ({ chunks, fails }: Reading) =>
        Stream.concat(Stream.fromIterable(chunks), fails ? Stream.fail(broke) : Stream.empty).pipe(Stream.rechunk(1))
      const wrapped = traced({ name: "stream" }, make)
      const collect = (stream: Stream.Stream<unknown, Error>, { stopAfter }: Reading) =>
        Effect.exit(Stream.runCollect(stopAfter === undefined ? stream : Stream.take(stream, stopAfter + 1)))
      const context = yield* Effect.context<HoneyHive>()
      const run = Effect.runSyncWith(context)
      fc.assert(
        fc.property(reading, (how) =>
          assert.deepStrictEqual(run(collect(wrapped(how), how)), run(collect(make(how), how)))
        ),
        { numRuns: RUNS }
      )
      yield* HoneyHive.flush
      assert.strictEqual((yield* MemoryExporter.use((memory) => memory.spans)).length, RUNS)
      assert.isTrue(Option.isNone(yield* Effect.option(Effect.currentSpan)))
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})
