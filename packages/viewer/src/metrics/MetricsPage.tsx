/**
 * What everything adds up to: how much, how fast, how often wrong, for how much money; each figure leads to its sessions.
 */
import { getRouteApi } from "@tanstack/react-router"
import { clsx } from "clsx"
import { useEffect } from "react"
import { Problem } from "../design/Notice.tsx"
import * as Format from "../design/format.ts"
import { HiveProblem } from "../hive/api.ts"
import type { Aggregate } from "../hive/types.ts"
import { QueryInput } from "../sessions/QueryInput.tsx"
import { term } from "../sessions/queryText.ts"
import { Chart, colours } from "./Chart.tsx"
import { both, during, lasting, RANGES, rangeTitles, stepOf, within } from "./ranges.ts"
import { points, tick } from "./series.ts"
import { useGroups, useHistogram, useSeries } from "./useAggregates.ts"
import styles from "./MetricsPage.module.css"

const route = getRouteApi("/aggregates")

/** How many groups a chart tells apart. */
const LINES = 5

const Choice = <A extends string>({
  choices,
  choose,
  chosen,
  label
}: {
  readonly label: string
  readonly choices: ReadonlyArray<readonly [A, string]>
  readonly chosen: A
  readonly choose: (choice: A) => void
}) => (
  <div className={styles["choice"]} role="group" aria-label={label}>
    {choices.map(([choice, title]) => (
      <button key={choice} type="button" aria-pressed={choice === chosen} onClick={() => choose(choice)}>
        {title}
      </button>
    ))}
  </div>
)

const Tile = ({
  bad,
  name,
  note,
  value
}: {
  name: string
  value: string
  note?: string | undefined
  bad?: boolean
}) => (
  <div className={styles["tile"]}>
    <dt>{name}</dt>
    <dd className={clsx(bad === true && styles["bad"])}>{value}</dd>
    {note !== undefined && <dd className={styles["note"]}>{note}</dd>}
  </div>
)

const Tiles = ({ total }: { readonly total: Aggregate | undefined }) => (
  <dl className={styles["tiles"]}>
    <Tile name="Events" value={Format.count(total?.events ?? 0)} />
    <Tile
      name="Error rate"
      value={Format.percent(total?.error_rate ?? 0)}
      note={Format.plural(total?.errors ?? 0, "error")}
      bad={(total?.errors ?? 0) > 0}
    />
    <Tile name="Latency p50" value={Format.duration(total?.duration?.p50)} />
    <Tile
      name="Latency p95"
      value={Format.duration(total?.duration?.p95)}
      note={`p99 ${Format.duration(total?.duration?.p99)}`}
    />
    <Tile name="First token p50" value={Format.duration(total?.time_to_first_token?.p50)} />
    <Tile
      name="Tokens"
      value={Format.count(total?.tokens ?? 0)}
      note={`${Format.count(total?.usage.output ?? 0)} of output`}
    />
    <Tile
      name="Cost"
      value={Format.cost(total?.cost ?? 0)}
      note={(total?.unpriced ?? 0) > 0 ? `${Format.plural(total?.unpriced ?? 0, "call")} without a price` : undefined}
    />
  </dl>
)

const tableColumns: ReadonlyArray<readonly [title: string, cell: (group: Aggregate) => string]> = [
  ["Events", ({ events }) => Format.count(events)],
  ["Errors", ({ error_rate }) => Format.percent(error_rate)],
  ["p50", ({ duration }) => Format.duration(duration?.p50)],
  ["p95", ({ duration }) => Format.duration(duration?.p95)],
  ["p99", ({ duration }) => Format.duration(duration?.p99)],
  ["Tokens", ({ tokens }) => Format.count(tokens)],
  ["Cost", ({ cost, unpriced }) => `${Format.cost(cost)}${unpriced > 0 ? "+" : ""}`]
]

export const MetricsPage = () => {
  const { by = "name", figure = "p95", money = "tokens", q = "", range = "7d" } = route.useSearch()
  const navigate = route.useNavigate()
  const asked = within(q, range)
  const step = stepOf(range)
  const total = useGroups(asked, "all")
  const groups = useGroups(asked, by)
  const models = useGroups(both("type:model", asked), "model", "cost")
  const histogram = useHistogram(asked)
  const named = (groups.data?.groups ?? []).flatMap(({ key }) => key ?? []).slice(0, LINES)
  const modelNames = (models.data?.groups ?? []).flatMap(({ key }) => key ?? []).slice(0, LINES)
  const [all = []] = useSeries([asked], step)
  const bySeries = useSeries(
    named.map((name) => both(asked, term(by, name))),
    step
  )
  const byModel = useSeries(
    modelNames.map((name) => both("type:model", asked, term("model", name))),
    step
  )

  useEffect(() => {
    document.title = "Metrics · HoneyHive"
  }, [])
  const show = (query: string) => void navigate({ to: "/", search: { q: query } })
  const change = (search: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (before) => ({ ...before, ...search }), replace: true, resetScroll: false })
  const refused = total.error instanceof HiveProblem && total.error.status === 400 ? total.error : undefined
  if (total.error !== null && refused === undefined && total.data === undefined) {
    return <Problem error={total.error} retry={() => void total.refetch()} />
  }

  const bars = (histogram.data?.buckets ?? []).map(({ count, from, to }) => ({
    key: `${Format.duration(from)} – ${Format.duration(to)}`,
    from,
    to,
    calls: count
  }))
  return (
    <div className={styles["page"]}>
      <header className={styles["header"]}>
        <h1 className="visually-hidden">Metrics</h1>
        <QueryInput query={q} ask={(q) => change({ q: q === "" ? undefined : q })} problem={refused} />
        <Choice
          label="Time"
          choices={RANGES.map((range) => [range, rangeTitles[range]])}
          chosen={range}
          choose={(range) => change({ range })}
        />
      </header>
      <div className={styles["body"]}>
        <Tiles total={total.data?.groups[0]} />
        <div className={styles["charts"]}>
          <Chart
            title="Events and errors"
            kind="bars"
            points={all.flatMap(({ errors, events, key }) =>
              key === null ? [] : [{ key, fine: events - errors, failed: errors }]
            )}
            series={[
              { name: "fine", colour: "var(--series-1)" },
              { name: "failed", colour: "var(--error)" }
            ]}
            value={Format.count}
            tick={tick}
            open={(key, series) => show(during(series === "failed" ? both(q, "error:true") : q, key, step))}
          />
          <Chart
            title="How long calls take"
            kind="bars"
            points={bars}
            series={[{ name: "calls", colour: "var(--series-1)" }]}
            value={Format.count}
            open={(key) => {
              const bar = bars.find((bar) => bar.key === key)
              if (bar !== undefined) show(lasting(asked, bar.from, bar.to))
            }}
          />
          <Chart
            title={`Latency by ${by}`}
            kind="lines"
            points={points(named, bySeries, ({ duration }) => duration?.[figure] ?? null)}
            series={named.map((name, at) => ({ name, colour: colours[at] ?? "" }))}
            value={Format.duration}
            tick={tick}
            open={(key, name) => show(during(both(q, term(by, name)), key, step))}
          >
            <Choice
              label="Percentile"
              choices={[
                ["p50", "p50"],
                ["p95", "p95"]
              ]}
              chosen={figure}
              choose={(figure) => change({ figure })}
            />
          </Chart>
          <Chart
            title={`${money === "cost" ? "Cost" : "Tokens"} by model`}
            kind="bars"
            points={points(modelNames, byModel, (group) => group[money])}
            series={modelNames.map((name, at) => ({ name, colour: colours[at] ?? "" }))}
            value={money === "cost" ? Format.cost : Format.count}
            tick={tick}
            open={(key, name) => show(during(both("type:model", q, term("model", name)), key, step))}
          >
            <Choice
              label="What is added up"
              choices={[
                ["tokens", "Tokens"],
                ["cost", "Cost"]
              ]}
              chosen={money}
              choose={(money) => change({ money })}
            />
          </Chart>
        </div>
        <section className={styles["groups"]} aria-label={`By ${by}`}>
          <Choice
            label="Groups"
            choices={[
              ["name", "By name"],
              ["model", "By model"],
              ["tool", "By tool"]
            ]}
            chosen={by}
            choose={(by) => change({ by })}
          />
          <div className={styles["scroll"]} tabIndex={0} role="region" aria-label="Table of groups">
            <table>
              <thead>
                <tr>
                  <th scope="col">{by}</th>
                  {tableColumns.map(([title]) => (
                    <th key={title} scope="col">
                      {title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {(groups.data?.groups ?? []).map((group) =>
                  group.key === null ? null : (
                    <tr key={group.key}>
                      <th scope="row">
                        <button type="button" onClick={() => show(both(asked, term(by, group.key ?? "")))}>
                          {group.key}
                        </button>
                      </th>
                      {tableColumns.map(([title, cell]) => (
                        <td key={title} className={clsx(title === "Errors" && group.errors > 0 && styles["bad"])}>
                          {cell(group)}
                        </td>
                      ))}
                    </tr>
                  )
                )}
              </tbody>
            </table>
          </div>
        </section>
      </div>
    </div>
  )
}
