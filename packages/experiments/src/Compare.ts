/**
 * Two runs over the same datapoints: what became better, what worse, and whether that is more than chance.
 *
 * @since 0.1.0
 */
import { toNumber } from "./Evaluator.ts"
import { apart, columns, line, millis, short, signed, table } from "./internal/text.ts"
import { textOf } from "./internal/read.ts"
import type { Report, ReportItem } from "./Report.ts"
import { type Interval, mcnemar, mean, pairedBootstrap } from "./Statistics.ts"

/**
 * One metric in both runs, over the datapoints on which both have it; a datapoint counts once, with the mean of its
 * repetitions.
 *
 * @category models
 * @since 0.1.0
 */
export interface MetricComparison {
  readonly name: string
  readonly count: number
  /** Mean of the baseline. */
  readonly baseline: number
  /** Mean of the candidate. */
  readonly candidate: number
  /** Candidate less baseline. */
  readonly delta: number
  /** As a share of the baseline; absent where that is 0. */
  readonly relative?: number
  /** Where the difference lies, at 95 %. */
  readonly interval: Interval
  /** How likely a difference this large is by chance: McNemar's test where all values are 0 or 1, else the paired bootstrap. */
  readonly p: number
  readonly test: "mcnemar" | "bootstrap"
  /** Datapoints on which the candidate is better. */
  readonly improved: number
  readonly regressed: number
}

/**
 * One datapoint that changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface ItemComparison {
  readonly datapoint_id: string
  /** Of its score; an item that no longer completes, or now does, counts as one. */
  readonly delta: number
  /** Which metrics changed, by how much. */
  readonly changes: ReadonlyArray<{ readonly name: string; readonly baseline: number; readonly candidate: number }>
  readonly baseline: ReportItem
  readonly candidate: ReportItem
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Comparison {
  readonly baseline: { readonly run_id: string; readonly name: string }
  readonly candidate: { readonly run_id: string; readonly name: string }
  /** Datapoints that both runs have. */
  readonly common: number
  readonly onlyBaseline: ReadonlyArray<string>
  readonly onlyCandidate: ReadonlyArray<string>
  /** The evaluators, `score`, `success` (1 for an item that completed), `duration` (ms), `total_tokens`, `cost`. */
  readonly metrics: ReadonlyArray<MetricComparison>
  /** Worst first. */
  readonly regressed: ReadonlyArray<ItemComparison>
  /** Best first. */
  readonly improved: ReadonlyArray<ItemComparison>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface CompareOptions {
  /** Of the bootstrap. Default: 1. */
  readonly seed?: number | undefined
  /** Metrics of which less is better, beside `duration`, `total_tokens` and `cost`. */
  readonly lowerIsBetter?: ReadonlyArray<string> | undefined
}

/** Smaller differences are rounding. */
const EPSILON = 1e-9

const fixed = ["success", "duration", "total_tokens", "cost"]
const lower = ["duration", "total_tokens", "cost"]

const valueOf = (name: string, item: ReportItem): number | undefined => {
  const completed = item.status === "completed"
  if (name === "success") return completed ? 1 : 0
  if (!completed) return undefined
  if (name === "score") return item.score
  if (name === "duration") return item.duration
  if (name === "total_tokens" || name === "cost") return item.usage[name]
  return toNumber(item.scores.find((score) => score.name === name)?.value)
}

type Items = ReadonlyMap<string, ReadonlyArray<ReportItem>>

const byDatapoint = (report: Report): Items => Map.groupBy(report.items, ({ datapoint_id }) => datapoint_id)

const average = (name: string, items: ReadonlyArray<ReportItem>): number | undefined => {
  const values = items.flatMap((item) => valueOf(name, item) ?? [])
  return values.length === 0 ? undefined : mean(values)
}

type Pair = readonly [baseline: number, candidate: number]

const pairsOf = (name: string, common: ReadonlyArray<string>, baseline: Items, candidate: Items): ReadonlyArray<Pair> =>
  common.flatMap((id) => {
    const [before, after] = [average(name, baseline.get(id) ?? []), average(name, candidate.get(id) ?? [])]
    return before === undefined || after === undefined ? [] : [[before, after] as const]
  })

const compareMetric = (
  name: string,
  pairs: ReadonlyArray<Pair>,
  lessIsBetter: boolean,
  seed: number
): MetricComparison => {
  const differences = pairs.map(([before, after]) => after - before)
  const up = differences.filter((difference) => difference > EPSILON).length
  const down = differences.filter((difference) => difference < -EPSILON).length
  const isBinary = pairs.every((pair) => pair.every((value) => value === 0 || value === 1))
  const bootstrap = pairedBootstrap(differences, { seed })
  const baseline = mean(pairs.map(([before]) => before))
  return {
    name,
    count: pairs.length,
    baseline,
    candidate: mean(pairs.map(([, after]) => after)),
    delta: bootstrap.mean,
    ...(baseline === 0 ? {} : { relative: bootstrap.mean / Math.abs(baseline) }),
    interval: bootstrap.interval,
    p: isBinary ? mcnemar(down, up) : bootstrap.p,
    test: isBinary ? "mcnemar" : "bootstrap",
    improved: lessIsBetter ? down : up,
    regressed: lessIsBetter ? up : down
  }
}

const compareItem = (
  id: string,
  names: ReadonlyArray<string>,
  baseline: ReadonlyArray<ReportItem>,
  candidate: ReadonlyArray<ReportItem>
): ReadonlyArray<ItemComparison> => {
  const [before, after] = [baseline[0], candidate[0]]
  if (before === undefined || after === undefined) return []
  const changes = names.flatMap((name) => {
    const [old, now] = [average(name, baseline), average(name, candidate)]
    return old === undefined || now === undefined || Math.abs(now - old) <= EPSILON
      ? []
      : [{ name, baseline: old, candidate: now }]
  })
  const by = (name: string): number => {
    const change = changes.find((one) => one.name === name)
    return change === undefined ? 0 : change.candidate - change.baseline
  }
  return [{ datapoint_id: id, delta: by("score") + by("success"), changes, baseline: before, candidate: after }]
}

const evaluatorsOf = ({ items }: Report): ReadonlyArray<string> => [
  ...new Set(items.flatMap(({ scores }) => scores.map(({ name }) => name)))
]

/**
 * Compares a candidate with its baseline. Exchanged, the two give the same p and the opposite differences.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Compare, Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const dataset = Dataset.make(["ada", "bob", "cyd"].map((inputs) => ({ inputs, ground_truth: inputs.toUpperCase() })))
 * const run = (name: string, run: (inputs: string) => string) =>
 *   evaluate({ name, dataset, run, evaluators: [Evaluators.exactMatch()] })
 *
 * const program = Effect.all([run("all", (name) => name.toUpperCase()), run("short", (name) => name.slice(0, 1).toUpperCase())])
 * const [before, after] = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 * const { metrics, regressed } = Compare.reports(before.report, after.report)
 *
 * metrics[0]?.delta // => -1
 * regressed.length // => 3
 * ```
 *
 * @category comparing
 * @since 0.1.0
 */
export const reports = (baseline: Report, candidate: Report, options: CompareOptions = {}): Comparison => {
  const [before, after] = [byDatapoint(baseline), byDatapoint(candidate)]
  const common = [...before.keys()].filter((id) => after.has(id))
  const evaluators = [...new Set([...evaluatorsOf(baseline), ...evaluatorsOf(candidate)])]
  const names = [...evaluators, ...(evaluators.length === 0 ? [] : ["score"]), ...fixed]
  const lessIsBetter = new Set([...lower, ...(options.lowerIsBetter ?? [])])
  const metrics = names.map((name) =>
    compareMetric(name, pairsOf(name, common, before, after), lessIsBetter.has(name), options.seed ?? 1)
  )
  const judged = names.filter((name) => !lower.includes(name))
  const items = common.flatMap((id) => compareItem(id, judged, before.get(id) ?? [], after.get(id) ?? []))
  return {
    baseline: { run_id: baseline.run_id, name: baseline.name },
    candidate: { run_id: candidate.run_id, name: candidate.name },
    common: common.length,
    onlyBaseline: [...before.keys()].filter((id) => !after.has(id)),
    onlyCandidate: [...after.keys()].filter((id) => !before.has(id)),
    metrics: metrics.filter(({ baseline, candidate, count, name }) =>
      // What nobody measured
      name === "total_tokens" || name === "cost" ? baseline !== 0 || candidate !== 0 : count > 0
    ),
    regressed: items.filter(({ delta }) => delta < -EPSILON).toSorted((a, b) => a.delta - b.delta),
    improved: items.filter(({ delta }) => delta > EPSILON).toSorted((a, b) => b.delta - a.delta)
  }
}

const significance = (p: number): string => (p < 0.001 ? "< 0.001" : short(p))

const metricRows = ({ metrics }: Comparison): ReadonlyArray<ReadonlyArray<string>> => [
  ["metric", "baseline", "candidate", "delta", "95 %", "p", "better", "worse"],
  ...metrics.map(({ baseline, candidate, delta, improved, interval, name, p, regressed }) => {
    const write = name === "duration" ? millis : short
    return [
      name,
      write(baseline),
      write(candidate),
      signed(delta),
      `${signed(interval.low)} to ${signed(interval.high)}`,
      significance(p),
      String(improved),
      String(regressed)
    ]
  })
]

const outcomeOf = ({ error, outputs, status }: ReportItem): string =>
  status === "completed" ? textOf(outputs) : `${status}: ${error ?? ""}`

const outcomes = ({ baseline, candidate }: ItemComparison) => apart(outcomeOf(baseline), outcomeOf(candidate))

const changesOf = ({ changes }: ItemComparison): string =>
  changes.map(({ baseline, candidate, name }) => `${name} ${short(baseline)} -> ${short(candidate)}`).join(", ")

const SHOWN = 10

const head = ({ baseline, candidate, common, onlyBaseline, onlyCandidate }: Comparison): string =>
  [
    `${candidate.name} against ${baseline.name}: ${common} common datapoints`,
    ...(onlyBaseline.length === 0 ? [] : [`${onlyBaseline.length} only in the baseline`]),
    ...(onlyCandidate.length === 0 ? [] : [`${onlyCandidate.length} only in the candidate`])
  ].join(", ")

/**
 * A comparison for a terminal: the metrics, and ten datapoints at most that became worse, with both answers.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Compare } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * Compare.toText(Compare.reports(report, report)).split("\n")[0] // => "echo against echo: 1 common datapoints"
 * ```
 *
 * @category formats
 * @since 0.1.0
 */
export const toText = (comparison: Comparison): string => {
  const item = (one: ItemComparison): string => {
    const [before, after] = outcomes(one)
    return [
      `${one.datapoint_id}  ${changesOf(one)}`,
      `  inputs     ${line(one.baseline.inputs, 100)}`,
      `  baseline   ${before}`,
      `  candidate  ${after}`
    ].join("\n")
  }
  const { improved, regressed } = comparison
  return [
    head(comparison),
    columns(metricRows(comparison)),
    "",
    `${regressed.length} regressed, ${improved.length} improved`,
    ...regressed.slice(0, SHOWN).map(item),
    ...(regressed.length > SHOWN ? [`and ${regressed.length - SHOWN} more`] : [])
  ].join("\n")
}

/**
 * The same as Markdown, with what became better, too.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Compare } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * Compare.toMarkdown(Compare.reports(report, report)).split("\n")[0] // => "## echo against echo: 1 common datapoints"
 * ```
 *
 * @category formats
 * @since 0.1.0
 */
export const toMarkdown = (comparison: Comparison): string => {
  const { improved, regressed } = comparison
  const item = (one: ItemComparison) => [
    `\`${one.datapoint_id}\``,
    line(one.baseline.inputs, 60),
    ...outcomes(one),
    changesOf(one)
  ]
  const list = (title: string, items: ReadonlyArray<ItemComparison>): ReadonlyArray<string> =>
    items.length === 0
      ? []
      : [
          "",
          `### ${title}: ${items.length}`,
          "",
          table([["datapoint", "inputs", "baseline", "candidate", "change"], ...items.slice(0, SHOWN).map(item)])
        ]
  return [
    `## ${head(comparison)}`,
    "",
    table(metricRows(comparison)),
    ...list("Regressed", regressed),
    ...list("Improved", improved),
    ""
  ].join("\n")
}
