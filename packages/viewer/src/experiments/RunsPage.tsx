/**
 * The runs of experiments.
 */
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { Button } from "../design/Button.tsx"
import { Empty, Loading, Problem } from "../design/Notice.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { read } from "../hive/api.ts"
import type { Run, RunPage, Status } from "../hive/types.ts"
import styles from "./Experiments.module.css"

const route = getRouteApi("/experiments")

/** How often the list is read again while a run is under way, in milliseconds. */
const AGAIN = 2_000

const statuses: Record<Run["status"], Status> = {
  pending: "running",
  running: "running",
  completed: "ok",
  failed: "error",
  cancelled: "lost"
}

/** A run's own word beside its mark. */
export const RunStatus = ({ status }: { readonly status: Run["status"] }) => (
  <span className={styles["status"]}>
    <StatusMark status={statuses[status]} />
    {status}
  </span>
)

export const RunsPage = () => {
  const { page = 1 } = route.useSearch()
  const navigate = route.useNavigate()
  const [marked, mark] = useState<ReadonlyArray<string>>([])
  const { data, error, refetch } = useQuery({
    queryKey: ["runs", page],
    queryFn: ({ signal }) => read<RunPage>("/v1/runs", { page, limit: 50 }, signal),
    refetchInterval: ({ state }) =>
      state.data?.evaluations.some(({ status }) => statuses[status] === "running") === true ? AGAIN : AGAIN * 5
  })
  useEffect(() => {
    document.title = "Experiments · HoneyHive"
  }, [])
  if (error !== null && data === undefined) return <Problem error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loading what="runs" />
  if (data.evaluations.length === 0) {
    return (
      <Empty title="No experiments yet.">
        <p>
          <code>hive eval run evaluation.ts</code> evaluates an application over a dataset; its runs appear here.
        </p>
      </Empty>
    )
  }
  const toggle = (id: string) => {
    const next = marked.includes(id) ? marked.filter((one) => one !== id) : [...marked, id]
    const [first, second] = next
    if (first === undefined || second === undefined) return mark(next)
    // The newer one is the one in question
    const ids = data.evaluations.map(({ run_id }) => run_id)
    const [runId, baseline] = ids.indexOf(first) < ids.indexOf(second) ? [first, second] : [second, first]
    void navigate({ to: "/experiments/$runId", params: { runId }, search: { baseline } })
  }
  const { pagination } = data
  return (
    <div className={styles["page"]}>
      <header className={styles["header"]}>
        <h1>Experiments</h1>
        <p>Mark two runs to compare them.</p>
      </header>
      <div className={styles["scroll"]} tabIndex={0} role="region" aria-label="Runs">
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Compare</span>
              </th>
              <th scope="col">Run</th>
              <th scope="col">Status</th>
              <th scope="col">Dataset</th>
              <th scope="col" className={styles["number"]}>
                Items
              </th>
              <th scope="col" className={styles["number"]}>
                Started
              </th>
            </tr>
          </thead>
          <tbody>
            {data.evaluations.map((run) => (
              <tr key={run.run_id} data-run={run.run_id}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${run.name}`}
                    checked={marked.includes(run.run_id)}
                    onChange={() => toggle(run.run_id)}
                  />
                </td>
                <th scope="row">
                  <Link to="/experiments/$runId" params={{ runId: run.run_id }} search={{}}>
                    <PlainText text={run.name} />
                  </Link>
                </th>
                <td>
                  <RunStatus status={run.status} />
                </td>
                <td>{run.dataset_name ?? run.dataset_id ?? "–"}</td>
                <td className={styles["number"]}>
                  {Format.count(Math.max(run.session_ids.length, run.event_ids.length))}
                </td>
                <td className={styles["number"]} title={Format.fullMoment(Date.parse(run.created_at))}>
                  {Format.ago(Date.parse(run.created_at))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pagination.total_pages > 1 && (
        <nav className={styles["pages"]} aria-label="Pages">
          <Button disabled={!pagination.has_prev} onClick={() => void navigate({ search: { page: page - 1 } })}>
            Newer
          </Button>
          <span>
            {page} of {pagination.total_pages}
          </span>
          <Button disabled={!pagination.has_next} onClick={() => void navigate({ search: { page: page + 1 } })}>
            Older
          </Button>
        </nav>
      )}
    </div>
  )
}
