/**
 * One run, alone or beside a baseline: what became better and worse, on which items, and how the scores are spread.
 */
import { skipToken, useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { clsx } from "clsx"
import { ArrowLeft } from "lucide-react"
import { useEffect, useMemo, useState } from "react"
import { Button } from "../design/Button.tsx"
import { Loading, Problem } from "../design/Notice.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { read } from "../hive/api.ts"
import type { RunPage as Page, RunSummary, SessionPage } from "../hive/types.ts"
import { Chart } from "../metrics/Chart.tsx"
import { term } from "../sessions/queryText.ts"
import { chance, distribution, type Item, items, type Measured, measured } from "./items.ts"
import { RunStatus } from "./RunsPage.tsx"
import styles from "./Experiments.module.css"

const route = getRouteApi("/experiments/$runId")

/** Items that are shown at once; a run may have many thousands. */
const ITEMS = 500

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

const likelihood = (p: number): string => (p < 0.001 ? "< 0.001" : p.toFixed(3))

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
  metrics
}: {
  readonly metrics: ReadonlyArray<Measured>
  readonly compared: boolean
  readonly chosen: string
  readonly choose: (metric: string) => void
}) => (
  <table className={styles["table"]}>
    <thead>
      <tr>
        <th scope="col">Metric</th>
        {["Mean", ...(compared ? ["Baseline", "Change", "Improved", "Regressed", "Same", "p"] : []), "Passed"].map(
          (title) => (
            <th key={title} scope="col" className={styles["number"]}>
              {title}
            </th>
          )
        )}
      </tr>
    </thead>
    <tbody>
      {metrics.map(({ before, judged, mean, metric, passed }) => (
        <tr key={metric} data-metric={metric}>
          <th scope="row">
            <button type="button" aria-pressed={metric === chosen} onClick={() => choose(metric)}>
              {metric}
            </button>
          </th>
          <td className={styles["number"]}>{number(mean)}</td>
          {before !== undefined && (
            <>
              <td className={styles["number"]}>{number(before.mean)}</td>
              <td className={styles["number"]}>
                {signed(mean === undefined || before.mean === undefined ? undefined : mean - before.mean)}
              </td>
              <td className={clsx(styles["number"], before.improved > 0 && styles["good"])}>
                {number(before.improved)}
              </td>
              <td className={clsx(styles["number"], before.regressed > 0 && styles["bad"])}>
                {number(before.regressed)}
              </td>
              <td className={styles["number"]}>{number(before.same)}</td>
              <td
                className={styles["number"]}
                title="How likely such a difference is by chance (exact sign test; McNemar's for pass and fail)"
              >
                {likelihood(chance(before.improved, before.regressed))}
              </td>
            </>
          )}
          <td className={styles["number"]}>{`${passed} / ${judged}`}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

const ItemRow = ({ asked, compared, item }: { item: Item; compared: boolean; asked: string | undefined }) => (
  <tr
    data-item={item.id}
    className={clsx(item.now !== undefined && item.was !== undefined && item.now < item.was && styles["regressed"])}
  >
    <th scope="row" title={item.id} className={styles["asked"]}>
      {item.session === undefined ? (
        (asked ?? item.id)
      ) : (
        <Link to="/sessions/$sessionId" params={{ sessionId: item.session }} search={{}}>
          {asked ?? item.id}
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

/** What was asked in each of the run's sessions. */
const useQuestions = (runId: string): ReadonlyMap<string, string> => {
  const { data } = useQuery({
    queryKey: ["questions", runId],
    queryFn: ({ signal }) =>
      read<SessionPage>("/api/sessions", { q: `type:session ${term("metadata.run_id", runId)}`, limit: ITEMS }, signal)
  })
  return useMemo(
    () =>
      new Map(
        data?.sessions.flatMap(({ first_input, session_id }) =>
          first_input === null ? [] : [[session_id, first_input]]
        )
      ),
    [data]
  )
}

export const RunPage = () => {
  const { runId } = route.useParams()
  const { baseline, metric } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: run, error, refetch } = useSummary(runId)
  const { data: old, error: noBaseline } = useSummary(baseline)
  const questions = useQuestions(runId)
  const [all, showAll] = useState(false)
  const { data: others } = useQuery({
    queryKey: ["runs", 1],
    queryFn: ({ signal }) => read<Page>("/v1/runs", { page: 1, limit: 50 }, signal)
  })
  const metrics = useMemo(() => (run === undefined ? [] : measured(run, old)), [run, old])
  const chosen = (metrics.find((one) => one.metric === metric) ?? metrics[0])?.metric ?? ""
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
  const { run_object } = run
  return (
    <div className={styles["page"]}>
      <header className={styles["header"]}>
        <Link to="/experiments" search={{}} aria-label="All experiments" className={styles["back"]}>
          <ArrowLeft size={16} aria-hidden />
        </Link>
        <h1>
          <PlainText text={run_object.name} />
        </h1>
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
        {noBaseline !== null && <Problem error={noBaseline} />}
        <section className={styles["card"]} aria-label="Metrics">
          <Metrics
            metrics={metrics}
            compared={old !== undefined}
            chosen={chosen}
            choose={(metric) => change({ metric })}
          />
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
              {(all ? rows : rows.slice(0, ITEMS)).map((item) => (
                <ItemRow
                  key={item.id}
                  item={item}
                  compared={old !== undefined}
                  asked={questions.get(item.session ?? "")}
                />
              ))}
            </tbody>
          </table>
          {!all && rows.length > ITEMS && (
            <Button onClick={() => showAll(true)}>Show all {Format.count(rows.length)}</Button>
          )}
        </section>
      </div>
    </div>
  )
}
