/**
 * What the metrics of a run's events say: aggregates, passed datapoints, and the difference of two runs.
 */
import type { Event } from "@honeyhive/contract/Event"
import type {
  Aggregate,
  MetricComparison,
  MetricDetail,
  MetricValue,
  PairedEvents,
  Run,
  RunComparison,
  RunSchema,
  RunSummary
} from "@honeyhive/contract/Experiment"
import type { Metric, Threshold } from "@honeyhive/contract/MetricDefinition"
import { Bucket } from "@honeyhive/contract/Bucket"

const numeric = (value: MetricValue): number | undefined =>
  typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : undefined

const isScore = (value: unknown): value is MetricValue =>
  typeof value === "number" || typeof value === "boolean" || typeof value === "string"

/** Of numbers and booleans (true is 1); texts have none. Percentiles are of the nearest rank. */
const aggregate = (by: Aggregate, values: ReadonlyArray<MetricValue>): number | null => {
  if (by === "count") return values.length
  const numbers = values
    .map(numeric)
    .filter((value) => value !== undefined)
    .toSorted((a, b) => a - b)
  const last = numbers.length - 1
  if (last < 0) return null
  const sum = numbers.reduce((total, value) => total + value, 0)
  const percentile = (part: number): number => numbers[Math.max(0, Math.ceil(part * numbers.length) - 1)] ?? 0
  switch (by) {
    case "min":
      return numbers[0] ?? null
    case "max":
      return numbers[last] ?? null
    case "sum":
      return sum
    case "median":
      return ((numbers[Math.floor(last / 2)] ?? 0) + (numbers[Math.ceil(last / 2)] ?? 0)) / 2
    case "p90":
      return percentile(0.9)
    case "p95":
      return percentile(0.95)
    case "p99":
      return percentile(0.99)
    default:
      return sum / numbers.length
  }
}

/** A run's own range first, then the metric's threshold; without either only `false` fails. */
const passes = (run: Run, metrics: ReadonlyMap<string, Metric>, name: string, value: MetricValue): boolean => {
  const range: Threshold | null | undefined = Object.hasOwn(run.passing_ranges, name)
    ? run.passing_ranges[name]
    : metrics.get(name)?.threshold
  if (range === undefined || range === null) return value !== false
  if (typeof value === "string" && range.passing_categories) return range.passing_categories.includes(value)
  if (range.pass_when !== undefined && range.pass_when !== null) return value === range.pass_when
  const number = numeric(value)
  return number === undefined || (number >= (range.min ?? -Infinity) && number <= (range.max ?? Infinity))
}

interface Score {
  readonly name: string
  readonly value: MetricValue
  readonly event: Event
  readonly datapoint: string | undefined
}

const datapointOf = (event: Event): string | undefined => {
  const id = event.metadata["datapoint_id"]
  return typeof id === "string" ? id : undefined
}

/** Which datapoint each session is about; one event that says so speaks for the session. */
const datapointsOf = (events: ReadonlyArray<Event>): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const event of events) {
    const id = datapointOf(event)
    if (id !== undefined && !found.has(event.session_id)) found.set(event.session_id, id)
  }
  return found
}

const scoresOf = (events: ReadonlyArray<Event>): ReadonlyArray<Score> => {
  const datapoints = datapointsOf(events)
  return events.flatMap((event) =>
    Object.entries(event.metrics).flatMap(([name, value]) =>
      isScore(value) ? [{ name, value, event, datapoint: datapointOf(event) ?? datapoints.get(event.session_id) }] : []
    )
  )
}

const keyOf = ({ event, name }: Score): string => JSON.stringify([name, event.event_name, event.event_type])

const typeOf = (metrics: ReadonlyMap<string, Metric>, name: string): string => metrics.get(name)?.type ?? "CLIENT_SIDE"

const unique = (items: ReadonlyArray<string | undefined>): ReadonlyArray<string> => [
  ...new Set(items.filter((item) => item !== undefined))
]

const eventKinds = (events: ReadonlyArray<Event>) =>
  [...Map.groupBy(events, (event) => JSON.stringify([event.event_name, event.event_type])).values()].flatMap(
    ([first]) => (first === undefined ? [] : [{ event_name: first.event_name, event_type: first.event_type }])
  )

/** What came of a run. */
export const summary = (
  run: Run,
  events: ReadonlyArray<Event>,
  metrics: ReadonlyMap<string, Metric>,
  by: Aggregate
): RunSummary => {
  const scores = scoresOf(events)
  const passed = (score: Score): boolean => passes(run, metrics, score.name, score.value)
  const details = [...Map.groupBy(scores, keyOf).values()].flatMap((group): ReadonlyArray<MetricDetail> => {
    const [first] = group
    if (first === undefined) return []
    const failed = unique(group.map((score) => (passed(score) ? undefined : score.datapoint)))
    return [
      {
        metric_name: first.name,
        metric_type: typeOf(metrics, first.name),
        event_name: first.event.event_name,
        event_type: first.event.event_type,
        aggregate: aggregate(
          by,
          group.map((score) => score.value)
        ),
        values: group.map((score) => score.value),
        datapoints: {
          passed: unique(group.map((score) => score.datapoint)).filter((id) => !failed.includes(id)),
          failed
        }
      }
    ]
  })
  const byDatapoint = Map.groupBy(scores, (score) => score.datapoint)
  const datapoints = [...datapointsOf(events)].map(([session_id, datapoint_id]) => {
    const own = (byDatapoint.get(datapoint_id) ?? []).filter((score) => score.event.session_id === session_id)
    return {
      datapoint_id,
      session_id,
      passed: own.every(passed),
      metrics: own.map((score) => ({
        name: score.name,
        event_name: score.event.event_name,
        event_type: score.event.event_type,
        value: score.value,
        passed: passed(score)
      }))
    }
  })
  const failed = unique(datapoints.map((one) => (one.passed ? undefined : one.datapoint_id)))
  return {
    status: run.status,
    success: failed.length === 0,
    passed: unique(datapoints.map((one) => one.datapoint_id)).filter((id) => !failed.includes(id)),
    failed,
    metrics: { aggregation_function: by, details },
    datapoints,
    event_details: eventKinds(events),
    run_object: run
  }
}

const compareOne = (
  olds: ReadonlyArray<Score>,
  news: ReadonlyArray<Score>,
  metrics: ReadonlyMap<string, Metric>,
  by: Aggregate
): MetricComparison | undefined => {
  const [first] = [...news, ...olds]
  if (first === undefined) return undefined
  const values = (scores: ReadonlyArray<Score>, id?: string) =>
    scores.filter((score) => id === undefined || score.datapoint === id).map((score) => score.value)
  const ids = unique(olds.map((score) => score.datapoint)).filter((id) => news.some((score) => score.datapoint === id))
  const change = (id: string): number => {
    const [before, after] = [aggregate("avg", values(olds, id)), aggregate("avg", values(news, id))]
    return before === null || after === null ? 0 : Math.sign(after - before)
  }
  const [improved, degraded, same] = [1, -1, 0].map((sign) => ids.filter((id) => change(id) === sign))
  const [before, after] = [aggregate(by, values(olds)), aggregate(by, values(news))]
  const difference = before === null || after === null ? null : after - before
  return {
    metric_name: first.name,
    metric_type: typeOf(metrics, first.name),
    event_name: first.event.event_name,
    event_type: first.event.event_type,
    old_aggregate: before,
    new_aggregate: after,
    difference,
    percentage_change: difference === null || before === null || before === 0 ? null : (difference / before) * 100,
    found_count: ids.length,
    improved_count: improved?.length ?? 0,
    degraded_count: degraded?.length ?? 0,
    same_count: same?.length ?? 0,
    improved: improved ?? [],
    degraded: degraded ?? [],
    same: same ?? [],
    old_values: values(olds),
    new_values: values(news)
  }
}

/** A run and its events. */
export interface RunEvents {
  readonly run: Run
  readonly events: ReadonlyArray<Event>
}

/** Two runs beside each other; metrics are compared over the datapoints that both have. */
export const comparison = (
  old: RunEvents,
  now: RunEvents,
  metrics: ReadonlyMap<string, Metric>,
  by: Aggregate
): RunComparison => {
  const inOld = new Set(datapointsOf(old.events).values())
  const common = unique([...datapointsOf(now.events).values()]).filter((id) => inOld.has(id))
  const shared = (events: ReadonlyArray<Event>) =>
    // Without datapoints there is nothing to leave out
    scoresOf(events).filter((score) => score.datapoint === undefined || common.includes(score.datapoint))
  const [olds, news] = [Map.groupBy(shared(old.events), keyOf), Map.groupBy(shared(now.events), keyOf)]
  const kinds = (events: ReadonlyArray<Event>) =>
    new Map(eventKinds(events).map((kind) => [JSON.stringify(kind), kind]))
  const [oldKinds, newKinds] = [kinds(old.events), kinds(now.events)]
  return {
    metrics: unique([...olds.keys(), ...news.keys()]).flatMap(
      (key) => compareOne(olds.get(key) ?? [], news.get(key) ?? [], metrics, by) ?? []
    ),
    commonDatapoints: common,
    event_details: [...new Map([...oldKinds, ...newKinds])].map(([key, kind]) => ({
      ...kind,
      presence: !oldKinds.has(key) ? "new_only" : !newKinds.has(key) ? "old_only" : "both"
    })),
    old_run: old.run,
    new_run: now.run
  }
}

/** The events of two runs that are about the same datapoint and have the same name and type, in order. */
export const pairs = (old: RunEvents, now: RunEvents): PairedEvents["events"] => {
  const grouped = ({ events }: RunEvents) => {
    const datapoints = datapointsOf(events)
    return Map.groupBy(events, (event) => {
      const id = datapointOf(event) ?? datapoints.get(event.session_id)
      return id === undefined ? "" : JSON.stringify([id, event.event_name, event.event_type])
    })
  }
  const olds = grouped(old)
  return [...grouped(now)].flatMap(([key, events]) => {
    if (key === "") return []
    const before = olds.get(key) ?? []
    const [datapoint_id = ""] = JSON.parse(key) as ReadonlyArray<string> // written above
    return events.flatMap((event_1, index) => {
      const event_2 = before[index]
      return event_2 === undefined ? [] : [{ datapoint_id, event_1, event_2 }]
    })
  })
}

/** Which fields, datasets and scores the events have. */
export const schemaOf = (events: ReadonlyArray<Event>): RunSchema => {
  const fields = new Map<string, { name: string; event_type: string }>()
  for (const event of events) {
    for (const bucket of Bucket.literals) {
      for (const key of Object.keys(event[bucket] ?? {})) {
        const name = `${bucket}.${key}`
        fields.set(`${event.event_type} ${name}`, { name, event_type: event.event_type })
      }
    }
  }
  const scores = Map.groupBy(scoresOf(events), (score) => score.name)
  return {
    fields: [...fields.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    datasets: unique(
      events.map(({ metadata: { dataset_id } }) => (typeof dataset_id === "string" ? dataset_id : undefined))
    ),
    mappings: Object.fromEntries(
      [...scores].map(([name, all]) => [name, unique(all.map((score) => score.event.event_name))])
    )
  }
}
