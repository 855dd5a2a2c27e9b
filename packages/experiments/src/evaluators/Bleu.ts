/**
 * BLEU, written here: the packages that npm has were given up years ago (bleu-score: 2017), and it is a page.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Evaluator } from "../Evaluator.ts"
import { comparing, type SelectingOptions, text } from "../internal/read.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface BleuOptions<in O, in G> extends SelectingOptions<O, G> {
  /** Longest sequences that count. Default: 4. */
  readonly n?: number | undefined
}

const words = (value: string): ReadonlyArray<string> =>
  value.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []

const counts = (tokens: ReadonlyArray<string>, n: number): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (let start = 0; start + n <= tokens.length; start++) {
    const gram = tokens.slice(start, start + n).join(" ")
    found.set(gram, (found.get(gram) ?? 0) + 1)
  }
  return found
}

const score = (output: string, references: ReadonlyArray<string>, n: number): number => {
  const said = words(output)
  const known = references.map(words)
  if (said.length === 0 || known.length === 0) return said.length === 0 && known.some((one) => one.length === 0) ? 1 : 0
  let logs = 0
  for (let size = 1; size <= n; size++) {
    const possible = known.map((one) => counts(one, size))
    let [matched, total] = [0, 0]
    for (const [gram, count] of counts(said, size)) {
      matched += Math.min(count, Math.max(...possible.map((one) => one.get(gram) ?? 0)))
      total += count
    }
    // One more of the longer sequences (Lin and Och, 2004): a single sentence seldom has any of four words
    const smooth = size === 1 ? 0 : 1
    if (matched + smooth === 0) return 0
    logs += Math.log((matched + smooth) / (total + smooth)) / n
  }
  const closest = known
    .map((one) => one.length)
    .toSorted((a, b) => Math.abs(a - said.length) - Math.abs(b - said.length) || a - b)[0]
  const brevity = Math.min(0, 1 - (closest ?? 0) / said.length)
  return Math.exp(brevity + logs)
}

/**
 * BLEU of one answer, smoothed: how many of its word sequences the expected text has, or one of several expected texts.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const answer = { outputs: "the cat sat on the mat", groundTruth: ["the cat sat on the mat", "a cat was on the mat"] }
 * const { value } = await Effect.runPromise(Evaluator.judge(Evaluators.bleu(), answer))
 *
 * value // => 1
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const bleu = <O = unknown, G = unknown>(options: BleuOptions<O, G> = {}): Evaluator<unknown, O, G> =>
  comparing("bleu", options, (output, expected) =>
    Effect.gen(function* () {
      const said = yield* text(output, "output")
      const references = yield* Effect.forEach(Array.isArray(expected) ? expected : [expected], (one) =>
        text(one, "ground truth")
      )
      return { value: score(said, references, options.n ?? 4) }
    })
  )
