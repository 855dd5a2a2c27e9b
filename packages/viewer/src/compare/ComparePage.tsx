/**
 * Two sessions beside each other: their figures, their trees, and what went into and came out of one pair of events.
 */
import { getRouteApi, Link } from "@tanstack/react-router"
import { useVirtualizer } from "@tanstack/react-virtual"
import { clsx } from "clsx"
import { ArrowLeftRight } from "lucide-react"
import { useEffect, useMemo, useRef, useState } from "react"
import { IconButton } from "../design/Button.tsx"
import { Empty, Loading, Problem } from "../design/Notice.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import type { SessionRow, SpanRow } from "../hive/types.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { useTrace } from "../trace/useTrace.ts"
import { align, type Pair, type Tree } from "./align.ts"
import { Payloads } from "./Payloads.tsx"
import styles from "./ComparePage.module.css"

const route = getRouteApi("/compare")

const ROW = 30

/** `+12 %`, `-40 %`; nothing where there is nothing to compare with. */
const change = (a: number | null, b: number | null): string => {
  if (a === null || b === null || a === b) return ""
  if (a === 0) return "new"
  const share = (b - a) / a
  return `${share > 0 ? "+" : "−"}${Format.percent(Math.abs(share))}`
}

const figures: ReadonlyArray<
  readonly [string, (session: SessionRow) => number | null, (value: number | null) => string]
> = [
  ["Duration", ({ duration }) => duration, Format.duration],
  ["Events", ({ events }) => events, Format.count],
  ["Errors", ({ errors }) => errors, Format.count],
  ["Tokens", ({ tokens }) => tokens, Format.count],
  ["Cost", ({ cost }) => cost, Format.cost]
]

const Title = ({ letter, session }: { readonly letter: string; readonly session: SessionRow }) => (
  <div className={styles["title"]}>
    <span className={styles["letter"]}>{letter}</span>
    <StatusMark status={session.status} />
    <Link to="/sessions/$sessionId" params={{ sessionId: session.session_id }}>
      <PlainText text={session.name} />
    </Link>
    <span className={styles["when"]}>{Format.moment(session.start_time)}</span>
    <p>
      <PlainText text={session.first_input ?? ""} />
    </p>
  </div>
)

const Side = ({ depth, row }: { readonly row: SpanRow | undefined; readonly depth: number }) =>
  row === undefined ? (
    <span className={styles["side"]} />
  ) : (
    <span className={styles["side"]}>
      <span className={styles["event"]} style={{ paddingLeft: Math.min(depth, 20) * 14 }}>
        <TypeMark type={row[2]} />
        <span className={styles["name"]}>
          <PlainText text={row[3]} />
        </span>
        {row[6] !== "ok" && <StatusMark status={row[6]} />}
      </span>
      <span className={styles["duration"]}>{Format.duration(row[5])}</span>
    </span>
  )

const Compared = ({ a, b, left, right }: { a: Tree; b: Tree; left: SessionRow; right: SessionRow }) => {
  const pairs = useMemo(() => align(a, b), [a, b])
  const scroller = useRef<HTMLDivElement>(null)
  const [chosen, choose] = useState(0)
  const virtual = useVirtualizer({
    count: pairs.length,
    estimateSize: () => ROW,
    getScrollElement: () => scroller.current,
    overscan: 12
  })
  const rowOf = (tree: Tree, place: number | undefined) =>
    place === undefined ? undefined : tree.rows[tree.layout.rows[place] ?? -1]
  const differs = ({ a: inA, b: inB }: Pair): boolean => {
    const [x, y] = [rowOf(a, inA), rowOf(b, inB)]
    return x === undefined || y === undefined || x[6] !== y[6]
  }
  const move = (next: number) => {
    const at = Math.min(pairs.length - 1, Math.max(0, next))
    choose(at)
    virtual.scrollToIndex(at)
  }
  const jump = (by: 1 | -1) => {
    for (let at = chosen + by; at >= 0 && at < pairs.length; at += by) {
      const pair = pairs[at]
      if (pair !== undefined && differs(pair)) return move(at)
    }
  }
  useShortcuts("Comparison", {
    j: ["next event", () => move(chosen + 1)],
    k: ["previous event", () => move(chosen - 1)],
    ArrowDown: ["next event", () => move(chosen + 1)],
    ArrowUp: ["previous event", () => move(chosen - 1)],
    n: ["next difference", () => jump(1)],
    p: ["previous difference", () => jump(-1)]
  })
  const pair = pairs[chosen]
  const different = pairs.filter(differs).length
  return (
    <>
      <table className={styles["figures"]}>
        <thead>
          <tr>
            <td />
            {figures.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[["A", left] as const, ["B", right] as const].map(([letter, session]) => (
            <tr key={letter}>
              <th scope="row">{letter}</th>
              {figures.map(([name, value, format]) => (
                <td key={name}>
                  {format(value(session))}
                  {letter === "B" && <span className={styles["change"]}>{change(value(left), value(right))}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles["summary"]} role="status">
        {different === 0
          ? "Both went the same way."
          : `${Format.plural(different, "event")} of ${Format.count(pairs.length)} differ.`}
      </p>
      <div ref={scroller} className={styles["scroller"]} role="listbox" aria-label="Events of both" tabIndex={0}>
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const one = pairs[index]
            if (one === undefined) return null
            return (
              <div
                key={index}
                role="option"
                aria-selected={index === chosen}
                className={clsx(
                  styles["pair"],
                  index === chosen && styles["chosen"],
                  one.b === undefined && styles["onlyA"],
                  one.a === undefined && styles["onlyB"]
                )}
                style={{ transform: `translateY(${start}px)`, height: ROW }}
                onClick={() => choose(index)}
              >
                <Side row={rowOf(a, one.a)} depth={one.depth} />
                <Side row={rowOf(b, one.b)} depth={one.depth} />
              </div>
            )
          })}
        </div>
      </div>
      {pair !== undefined && (
        <section className={styles["payloads"]} aria-label="Payloads">
          <Payloads a={rowOf(a, pair.a)?.[0]} b={rowOf(b, pair.b)?.[0]} />
        </section>
      )}
    </>
  )
}

const Both = ({ a, b }: { readonly a: string; readonly b: string }) => {
  const left = useTrace(a)
  const right = useTrace(b)
  const navigate = route.useNavigate()
  const treeA = useMemo(() => left.layout && { rows: left.rows, layout: left.layout }, [left.layout, left.rows])
  const treeB = useMemo(() => right.layout && { rows: right.rows, layout: right.layout }, [right.layout, right.rows])
  const error = left.error ?? right.error
  if (error !== undefined)
    return (
      <Problem
        error={error}
        retry={() => {
          left.reload()
          right.reload()
        }}
      />
    )
  if (treeA === undefined || treeB === undefined || left.session === undefined || right.session === undefined) {
    return <Loading what="both sessions" />
  }
  return (
    <div className={styles["page"]}>
      <header className={styles["header"]}>
        <h1 className="visually-hidden">Comparison of two sessions</h1>
        <Title letter="A" session={left.session} />
        <IconButton label="Swap A and B" onClick={() => void navigate({ search: { a: b, b: a }, replace: true })}>
          <ArrowLeftRight size={16} aria-hidden />
        </IconButton>
        <Title letter="B" session={right.session} />
      </header>
      <Compared a={treeA} b={treeB} left={left.session} right={right.session} />
    </div>
  )
}

export const ComparePage = () => {
  const { a, b } = route.useSearch()
  useEffect(() => {
    document.title = "Comparison · HoneyHive"
  }, [])
  return a === undefined || b === undefined ? (
    <Empty title="Which two sessions?">
      <p>
        In the <Link to="/">list of sessions</Link>, mark two of them with their boxes, or with the key <kbd>x</kbd>.
      </p>
    </Empty>
  ) : (
    <Both key={`${a} ${b}`} a={a} b={b} />
  )
}
