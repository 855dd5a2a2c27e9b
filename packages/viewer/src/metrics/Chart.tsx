/**
 * The charts of the page: one look, colours of the page, and every bar and point leads to what it counts.
 */
import { type ReactNode, useId } from "react"
import { Bar, BarChart, CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts"
import type { Point } from "./series.ts"
import styles from "./Chart.module.css"

interface Series {
  readonly name: string
  readonly colour: string
}

/** Different enough in both schemes, and for those who see few colours. */
export const colours = [1, 2, 3, 4, 5, 6].map((number) => `var(--series-${number})`)

interface ChartProps {
  readonly title: string
  readonly points: ReadonlyArray<Point>
  readonly series: ReadonlyArray<Series>
  readonly kind: "bars" | "lines"
  /** Bars on each other, or beside each other. */
  readonly stacked?: boolean | undefined
  readonly value: (value: number) => string
  readonly tick?: ((key: string) => string) | undefined
  readonly open: (key: string, series: string) => void
  /** Beside the title. */
  readonly children?: ReactNode
}

const axis = { stroke: "var(--line-strong)", tick: { fill: "var(--text-3)", fontSize: 11 }, tickLine: false } as const

const tooltip = {
  contentStyle: {
    border: "1px solid var(--line)",
    borderRadius: 8,
    background: "var(--bg-raised)",
    boxShadow: "var(--shadow)",
    fontSize: 12
  },
  cursor: { fill: "var(--bg-hover)", stroke: "var(--line)" },
  isAnimationActive: false
} as const

const text = (key: unknown): string => (typeof key === "string" ? key : "")

export const Chart = ({
  children,
  kind,
  open,
  points,
  series,
  stacked = true,
  tick = (key) => key,
  title,
  value
}: ChartProps) => {
  const id = useId()
  const shared = (
    <>
      <CartesianGrid stroke="var(--line)" vertical={false} />
      <XAxis dataKey="key" {...axis} tickFormatter={tick} minTickGap={24} />
      <YAxis {...axis} axisLine={false} width={56} tickFormatter={value} />
      <Tooltip
        {...tooltip}
        formatter={(found) => (typeof found === "number" ? value(found) : "–")}
        labelFormatter={(key) => tick(text(key))}
      />
    </>
  )
  return (
    <figure className={styles["chart"]} aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        {children}
      </figcaption>
      <div className={styles["plot"]} aria-hidden>
        {points.length === 0 ? (
          <p className={styles["nothing"]}>Nothing in this time.</p>
        ) : (
          <ResponsiveContainer width="100%" height="100%">
            {kind === "bars" ? (
              <BarChart data={[...points]} accessibilityLayer={false} barCategoryGap="18%">
                {shared}
                {series.map(({ colour, name }) => (
                  <Bar
                    key={name}
                    dataKey={name}
                    {...(stacked && { stackId: "all" })}
                    fill={colour}
                    maxBarSize={48}
                    isAnimationActive={false}
                    cursor="pointer"
                    onClick={({ payload }: { readonly payload?: Point | undefined }) => open(text(payload?.key), name)}
                  />
                ))}
              </BarChart>
            ) : (
              <LineChart data={[...points]} accessibilityLayer={false}>
                {shared}
                {series.map(({ colour, name }) => (
                  <Line
                    key={name}
                    dataKey={name}
                    stroke={colour}
                    strokeWidth={2}
                    dot={{ r: 2.5, strokeWidth: 0, fill: colour }}
                    activeDot={{
                      r: 5,
                      cursor: "pointer",
                      onClick: (_, dot) => open(text((dot as { readonly payload?: Point }).payload?.key), name)
                    }}
                    connectNulls
                    isAnimationActive={false}
                  />
                ))}
              </LineChart>
            )}
          </ResponsiveContainer>
        )}
      </div>
      {series.length > 1 && (
        <ul className={styles["legend"]} aria-hidden>
          {series.map(({ colour, name }) => (
            <li key={name}>
              <span style={{ background: colour }} />
              {name}
            </li>
          ))}
        </ul>
      )}
      {/* What the picture says, for those who cannot see or point at it */}
      <details className={styles["details"]}>
        <summary>As a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Group</span>
              </th>
              {series.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <tr key={point.key}>
                <th scope="row">{tick(point.key)}</th>
                {series.map(({ name }) => {
                  const found = point[name]
                  return (
                    <td key={name}>
                      {typeof found === "number" ? (
                        <button type="button" onClick={() => open(point.key, name)}>
                          {value(found)}
                        </button>
                      ) : (
                        "–"
                      )}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  )
}
