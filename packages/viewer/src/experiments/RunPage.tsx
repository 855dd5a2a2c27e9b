/**
 * One run, alone or beside a baseline: what became better and worse, on which items, and how the scores are spread.
 */
import { skipToken, useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { clsx } from "clsx"
import { ArrowLeft } from "lucide-react"
import { useEffect, useMemo } from "react"
import { Loading, Problem } from "../design/Notice.tsx"
import * as Format from "../design/format.ts"
import { read } from "../hive/api.ts"
import type { MetricComparison, RunComparison, RunPage as Page, RunSummary } from "../hive/types.ts"
import { Chart } from "../metrics/Chart.tsx"
import { distribution, type Item, items, metricNames } from "./items.ts"
import { RunStatus } from "./RunsPage.tsx"
import styles from "./Experiments.module.css"

const route = getRouteApi("/experiments/$runId")

/** Bars of the distribution. */
const STRETCHES = 10

const number = (value: number | null | undefined): string =>
  value === null || value === undefined ? "–" : Format.count(value)

const signed = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? "–"
    : value === 0
      ? "±0"
      : `${value > 0 ? "+" : "−"}${Format.count(Math.abs(value))}`

const useSummary = (runId: string | undefined) =>
  useQuery({
    queryKey: ["run", runId],
    queryFn:
      runId === undefined
        ? skipToken
        : ({ signal }) => read<RunSummary>(`/v1/runs/${encodeURIComponent(runId)}/summary`, {}, signal),
    refetchInterval: ({ state }) =>
      state.data?.status === "pending" || state.data?.status === "running" ? 2_000 : false
  })

const Metrics = ({
  choose,
  chosen,
  compared,
  run
}: {
  readonly run: RunSummary
  readonly compared: ReadonlyArray<MetricComparison> | undefined
  readonly chosen: string
  readonly choose: (metric: string) => void
}) => (
  <table className={styles["table"]}>
    <thead>
      <tr>
        <th scope="col">Metric</th>
        <th scope="col" className={styles["number"]}>
          Mean
        </th>
        {compared !== undefined && (
          <>
            <th scope="col" className={styles["number"]}>
              Baseline
            </th>
            <th scope="col" className={styles["number"]}>
              Change
            </th>
            <th scope="col" className={styles["number"]}>
              Improved
            </th>
            <th scope="col" className={styles["number"]}>
              Regressed
            </th>
            <th scope="col" className={styles["number"]}>
              Same
            </th>
          </>
        )}
        <th scope="col" className={styles["number"]}>
          Passed
        </th>
      </tr>
    </thead>
    <tbody>
      {run.metrics.details.map((metric) => {
        const beside = compared?.find(
          (one) => one.metric_name === metric.metric_name && one.event_name === metric.event_name
        )
        const { failed, passed } = metric.datapoints
        return (
          <tr key={`${metric.event_type} ${metric.event_name} ${metric.metric_name}`} data-metric={metric.metric_name}>
            <th scope="row">
              <button
                type="button"
                aria-pressed={metric.metric_name === chosen}
                onClick={() => choose(metric.metric_name)}
              >
                {metric.metric_name}
              </button>
            </th>
            <td className={styles["number"]}>{number(metric.aggregate)}</td>
            {compared !== undefined && (
              <>
                <td className={styles["number"]}>{number(beside?.old_aggregate)}</td>
                <td className={styles["number"]}>{signed(beside?.difference)}</td>
                <td className={clsx(styles["number"], (beside?.improved_count ?? 0) > 0 && styles["good"])}>
                  {number(beside?.improved_count)}
                </td>
                <td className={clsx(styles["number"], (beside?.degraded_count ?? 0) > 0 && styles["bad"])}>
                  {number(beside?.degraded_count)}
                </td>
                <td className={styles["number"]}>{number(beside?.same_count)}</td>
              </>
            )}
            <td className={styles["number"]}>
              {passed.length + failed.length === 0 ? "–" : `${passed.length} / ${passed.length + failed.length}`}
            </td>
          </tr>
        )
      })}
    </tbody>
  </table>
)

const ItemRow = ({ compared, item, regressed }: { item: Item; compared: boolean; regressed: boolean }) => (
  <tr data-item={item.id} className={clsx(regressed && styles["regressed"])}>
    <th scope="row">
      {item.session === undefined ? (
        item.id
      ) : (
        <Link to="/sessions/$sessionId" params={{ sessionId: item.session }} search={{}}>
          {item.id}
        </Link>
      )}
    </th>
    <td>{item.passed === undefined ? "not in this run" : item.passed ? "passed" : "failed"}</td>
    <td className={styles["number"]}>{number(item.now)}</td>
    {compared && (
      <>
        <td className={styles["number"]}>{number(item.was)}</td>
        <td className={styles["number"]}>
          {signed(item.now === undefined || item.was === undefined ? undefined : item.now - item.was)}
        </td>
        <td className={styles["number"]}>
          {item.session !== undefined && item.before !== undefined && (
            <Link to="/compare" search={{ a: item.before, b: item.session }}>
              side by side
            </Link>
          )}
        </td>
      </>
    )}
  </tr>
)

export const RunPage = () => {
  const { runId } = route.useParams()
  const { baseline, metric } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: run, error, refetch } = useSummary(runId)
  const { data: old } = useSummary(baseline)
  const { data: comparison, error: noComparison } = useQuery({
    queryKey: ["runs", runId, baseline],
    queryFn:
      baseline === undefined
        ? skipToken
        : ({ signal }) =>
            read<RunComparison>(
              `/v1/runs/${encodeURIComponent(runId)}/compare-with/${encodeURIComponent(baseline)}`,
              {},
              signal
            )
  })
  const { data: others } = useQuery({
    queryKey: ["runs", 1],
    queryFn: ({ signal }) => read<Page>("/v1/runs", { page: 1, limit: 50 }, signal)
  })
  const names = useMemo(() => (run === undefined ? [] : metricNames(run)), [run])
  const chosen = metric !== undefined && names.includes(metric) ? metric : (names[0] ?? "")
  const rows = useMemo(() => (run === undefined ? [] : items(run, old, chosen)), [run, old, chosen])
  const bars = useMemo(
    () =>
      distribution([rows.flatMap(({ now }) => now ?? []), rows.flatMap(({ was }) => was ?? [])], STRETCHES).map(
        ({ counts, from, to }) => ({
          key: from === to ? Format.count(from) : `${Format.count(from)} – ${Format.count(to)}`,
          "this run": counts[0] ?? 0,
          baseline: counts[1] ?? 0
        })
      ),
    [rows]
  )
  useEffect(() => {
    document.title = run === undefined ? "Experiment · HoneyHive" : `${run.run_object.name} · HoneyHive`
  }, [run])
  if (error !== null && run === undefined) return <Problem error={error} retry={() => void refetch()} />
  if (run === undefined) return <Loading what="the run" />
  const change = (search: { baseline?: string | undefined; metric?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...search }), resetScroll: false })
  const degraded = new Set(
    comparison?.metrics.filter(({ metric_name }) => metric_name === chosen).flatMap(({ degraded }) => degraded)
  )
  const { run_object } = run
  return (
    <div className={styles["page"]}>
      <header className={styles["header"]}>
        <Link to="/experiments" search={{}} aria-label="All experiments" className={styles["back"]}>
          <ArrowLeft size={16} aria-hidden />
        </Link>
        <h1>{run_object.name}</h1>
        <RunStatus status={run.status} />
        <span className={styles["fact"]}>{run_object.dataset_name ?? run_object.dataset_id}</span>
        <span className={styles["fact"]}>{Format.plural(run.datapoints.length, "item")}</span>
        <label className={styles["baseline"]}>
          Baseline
          <select value={baseline ?? ""} onChange={(event) => change({ baseline: event.target.value || undefined })}>
            <option value="">none</option>
            {others?.evaluations
              .filter(({ run_id }) => run_id !== runId)
              .map(({ created_at, name, run_id }) => (
                <option key={run_id} value={run_id}>
                  {name}, {Format.moment(Date.parse(created_at))}
                </option>
              ))}
          </select>
        </label>
      </header>
      <div className={styles["body"]}>
        {noComparison !== null && <Problem error={noComparison} />}
        <section className={styles["card"]} aria-label="Metrics">
          <Metrics run={run} compared={comparison?.metrics} chosen={chosen} choose={(metric) => change({ metric })} />
        </section>
        {bars.length > 0 && (
          <Chart
            title={`How ${chosen} is spread`}
            kind="bars"
            stacked={false}
            points={bars}
            series={[
              { name: "this run", colour: "var(--series-1)" },
              ...(old === undefined ? [] : [{ name: "baseline", colour: "var(--series-2)" }])
            ]}
            value={Format.count}
            open={() => document.getElementById("items")?.scrollIntoView()}
          />
        )}
        <section id="items" className={styles["card"]} aria-label="Items">
          <h2>
            Items by {chosen}
            <span>{old === undefined ? "the lowest first" : "what fell most first"}</span>
          </h2>
          <table className={styles["table"]}>
            <thead>
              <tr>
                <th scope="col">Item</th>
                <th scope="col">Result</th>
                <th scope="col" className={styles["number"]}>
                  {chosen}
                </th>
                {old !== undefined && (
                  <>
                    <th scope="col" className={styles["number"]}>
                      Baseline
                    </th>
                    <th scope="col" className={styles["number"]}>
                      Change
                    </th>
                    <th scope="col">
                      <span className="visually-hidden">Sessions</span>
                    </th>
                  </>
                )}
              </tr>
            </thead>
            <tbody>
              {rows.map((item) => (
                <ItemRow key={item.id} item={item} compared={old !== undefined} regressed={degraded.has(item.id)} />
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </div>
  )
}
