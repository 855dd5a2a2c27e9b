/**
 * The statistics of scores: means and quantiles, their intervals, and whether two runs differ.
 *
 * Everything that draws at random takes a seed, so that the same scores give the same answer. These are a few lines each;
 * a library would be larger than they are.
 *
 * @since 0.1.0
 */

/**
 * @category models
 * @since 0.1.0
 */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * 0 for no values.
 *
 * @example
 * ```ts
 * import { Statistics } from "@honeyhive/experiments"
 *
 * Statistics.mean([1, 2, 6]) // => 3
 * ```
 *
 * @category descriptive
 * @since 0.1.0
 */
export const mean = (values: ReadonlyArray<number>): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Linear between neighbours (as R's type 7 and numpy); `p` from 0 to 1; 0 for no values.
 *
 * @example
 * ```ts
 * import { Statistics } from "@honeyhive/experiments"
 *
 * Statistics.quantile([4, 1, 3, 2], 0.5) // => 2.5
 * ```
 *
 * @category descriptive
 * @since 0.1.0
 */
export const quantile = (values: ReadonlyArray<number>, p: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * p
  const below = sorted[Math.floor(position)] ?? 0
  const above = sorted[Math.ceil(position)] ?? below
  return below === above ? below : below + (above - below) * (position - Math.floor(position))
}

/** Mulberry32: numbers in [0, 1) that are the same for the same seed. */
const generator = (seed: number) => {
  let state = seed | 0
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * @category models
 * @since 0.1.0
 */
export interface BootstrapOptions {
  /** Default: 1. */
  readonly seed?: number | undefined
  /** Default: 1000. */
  readonly resamples?: number | undefined
  /** Default: 0.95. */
  readonly confidence?: number | undefined
}

const resampledMeans = (values: ReadonlyArray<number>, { resamples = 1000, seed = 1 }: BootstrapOptions) => {
  const random = generator(seed)
  const means: Array<number> = []
  for (let round = 0; round < resamples; round++) {
    let sum = 0
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] ?? 0
    means.push(sum / values.length)
  }
  return means
}

/**
 * The interval in which the mean lies, by the percentile bootstrap. Of one value, or of equal ones, it has no width.
 *
 * @example
 * ```ts
 * import { Statistics } from "@honeyhive/experiments"
 *
 * Statistics.meanInterval([0.5, 0.5, 0.5]) // => { low: 0.5, high: 0.5 }
 * ```
 *
 * @category intervals
 * @since 0.1.0
 */
export const meanInterval = (values: ReadonlyArray<number>, options: BootstrapOptions = {}): Interval => {
  if (values.length === 0) return { low: 0, high: 0 }
  const tail = (1 - (options.confidence ?? 0.95)) / 2
  const means = resampledMeans(values, options)
  return { low: quantile(means, tail), high: quantile(means, 1 - tail) }
}

/**
 * The interval of a rate at 95 %, by Wilson's score: sensible also at 0 %, at 100 % and for few trials.
 *
 * @example
 * ```ts
 * import { Statistics } from "@honeyhive/experiments"
 *
 * Statistics.wilson(10, 10).low.toFixed(3) // => "0.722"
 * ```
 *
 * @category intervals
 * @since 0.1.0
 */
export const wilson = (successes: number, trials: number): Interval => {
  if (trials === 0) return { low: 0, high: 1 }
  const z = 1.959963984540054
  const rate = successes / trials
  const scale = 1 + (z * z) / trials
  const centre = rate + (z * z) / (2 * trials)
  const margin = z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials))
  return {
    low: successes === 0 ? 0 : (centre - margin) / scale,
    high: successes === trials ? 1 : (centre + margin) / scale
  }
}

/**
 * @category models
 * @since 0.1.0
 */
export interface BootstrapTest {
  /** Mean of the differences. */
  readonly mean: number
  readonly interval: Interval
  /** How likely differences this large are where there is none; two-sided. */
  readonly p: number
}

/**
 * Whether paired differences are more than chance, by the bootstrap.
 *
 * @example
 * ```ts
 * import { Statistics } from "@honeyhive/experiments"
 *
 * Statistics.pairedBootstrap([0.3, 0.4, 0.5, 0.4, 0.3, 0.4]).p < 0.05 // => true
 * Statistics.pairedBootstrap([0, 0, 0]).p // => 1
 * ```
 *
 * @category tests
 * @since 0.1.0
 */
export const pairedBootstrap = (differences: ReadonlyArray<number>, options: BootstrapOptions = {}): BootstrapTest => {
  if (differences.length === 0) return { mean: 0, interval: { low: 0, high: 0 }, p: 1 }
  const means = resampledMeans(differences, options)
  const tail = (1 - (options.confidence ?? 0.95)) / 2
  const below = means.filter((value) => value <= 0).length
  const above = means.filter((value) => value >= 0).length
  return {
    mean: mean(differences),
    interval: { low: quantile(means, tail), high: quantile(means, 1 - tail) },
    // One more than was seen: no number of resamples proves that it is zero
    p: Math.min(1, (2 * (Math.min(below, above) + 1)) / (means.length + 1))
  }
}

/** Probability of at most `k` of `n` at one half. */
const binomialTail = (k: number, n: number): number => {
  // In logarithms: the coefficients of thousands of trials are beyond any number
  let term = -n * Math.LN2
  let sum = 0
  for (let i = 0; i <= k; i++) {
    sum += Math.exp(term)
    term += Math.log(n - i) - Math.log(i + 1)
  }
  return sum
}

/**
 * McNemar's exact test: of the answers that pass in one run only, are there more on one side than chance makes? The result
 * is the two-sided probability.
 *
 * @example
 * ```ts
 * import { Statistics } from "@honeyhive/experiments"
 *
 * Statistics.mcnemar(1, 9).toFixed(4) // => "0.0215"
 * Statistics.mcnemar(3, 3) // => 1
 * ```
 *
 * @category tests
 * @since 0.1.0
 */
export const mcnemar = (onlyFirst: number, onlySecond: number): number =>
  onlyFirst === onlySecond ? 1 : Math.min(1, 2 * binomialTail(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond))
