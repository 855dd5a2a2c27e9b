import { useVirtualizer } from "@tanstack/react-virtual"
import { clsx } from "clsx"
import { useEffect, useMemo, useRef } from "react"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import type { SpanRow } from "../hive/types.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { rowAt } from "../trace/Layout.ts"
import { pauseBefore, stepOf, stepsOf } from "./steps.ts"
import { useEvent } from "./useEvent.ts"
import { useNow } from "./useNow.ts"
import type { ViewProps } from "./view.ts"
import { FindBox, Note, Space, ViewBar } from "./ViewBar.tsx"
import { indexIn, nearest } from "./visible.ts"
import styles from "./TrajectoryView.module.css"

/** All steps are as high as each other: what is read later moves nothing. */
const STEP = 84

const INDENT = 24
const DEEPEST = 8

const Words = ({ fetches, row }: { readonly row: SpanRow; readonly fetches: boolean }) => {
  const data = useEvent(row, fetches)
  const step = useMemo(() => (data === undefined ? undefined : stepOf(data.event)), [data])
  const [, , type, , , , status, , , , , , error] = row
  const verbs = type === "model" ? ["read", "said"] : type === "tool" ? ["with", "gave"] : ["given", "gave"]
  if (step === undefined && error === null) return <span className={styles["reading"]}>…</span>
  return (
    <>
      <span data-line className={styles["line"]}>
        <span className={styles["verb"]}>{verbs[0]}</span>
        {step === undefined || step.asked === "" ? <span className={styles["nothing"]}>nothing</span> : step.asked}
      </span>
      {error !== null ? (
        <span className={clsx(styles["line"], styles["error"])}>
          <span className={styles["verb"]}>failed</span>
          <PlainText text={error} />
        </span>
      ) : step !== undefined && step.calls.length > 0 ? (
        <span className={styles["line"]}>
          <span className={styles["verb"]}>called</span>
          {step.calls.map((call, at) => (
            <span key={at}>
              <b>
                <PlainText text={call.name} />
              </b>
              ({call.arguments}){at < step.calls.length - 1 && ", "}
            </span>
          ))}
        </span>
      ) : (
        <span className={styles["line"]}>
          <span className={styles["verb"]}>{verbs[1]}</span>
          {step === undefined || step.gave === "" ? (
            <span className={styles["nothing"]}>{status === "running" ? "nothing yet" : "nothing"}</span>
          ) : (
            step.gave
          )}
        </span>
      )}
    </>
  )
}

/** What the agents did, step by step, as one reads. */
export const TrajectoryView = ({ find, layout, placeOf, rows, select, selected, session }: ViewProps) => {
  const { depth, places } = useMemo(() => stepsOf(layout, rows), [layout, rows])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: places.length,
    estimateSize: () => STEP,
    getScrollElement: () => scroller.current,
    overscan: 4,
    paddingStart: 8,
    paddingEnd: 8
  })
  const now = useNow(session.status === "running", 500)
  const row = (index: number) => rowAt(layout, rows, places[index] ?? -1)

  // Steps that come in above what is read do not move it
  const anchor = useRef<{ readonly id: string; readonly offset: number }>(undefined)
  const note = () => {
    const top = scroller.current?.scrollTop ?? 0
    const at = Math.floor(top / STEP)
    const id = row(at)?.[0]
    anchor.current = id === undefined ? undefined : { id, offset: top - at * STEP }
  }
  useEffect(() => {
    const element = scroller.current
    if (element === null || anchor.current === undefined || element.scrollTop === 0) return
    const place = placeOf(anchor.current.id)
    if (place !== -1) element.scrollTop = nearest(places, place) * STEP + anchor.current.offset
  }, [places, placeOf])

  const at = selected === undefined ? -1 : indexIn(places, placeOf(selected))
  const brought = useRef<string>(undefined)
  useEffect(() => {
    if (selected === undefined || brought.current === selected || at === -1) return
    brought.current = selected
    virtual.scrollToIndex(at, { align: "auto" })
  })
  const choose = (next: number) => {
    const id = row(Math.min(places.length - 1, Math.max(0, next)))?.[0]
    if (id !== undefined) select(id)
  }
  useShortcuts("Trajectory", {
    j: ["next step", () => choose(at + 1)],
    k: ["previous step", () => choose(at - 1)],
    ArrowDown: ["next step", () => choose(at + 1)],
    ArrowUp: ["previous step", () => choose(at - 1)],
    Home: ["first step", () => choose(0)],
    End: ["last step", () => choose(places.length - 1)]
  })

  return (
    <div className={styles["view"]}>
      <ViewBar label="Trajectory">
        <FindBox find={find} />
        <Space />
        <Note>{Format.plural(places.length, "step")}</Note>
      </ViewBar>
      <div ref={scroller} className={styles["scroller"]} onScroll={note} tabIndex={0} role="region" aria-label="Steps">
        <ol className={styles["canvas"]} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const found = row(index)
            if (found === undefined) return null
            const [id, , type, name, begin, duration, status, tokens, , model] = found
            const pause = pauseBefore(found, index === 0 ? undefined : row(index - 1))
            return (
              <li
                key={id}
                className={styles["step"]}
                style={{ transform: `translateY(${start}px)`, height: STEP }}
                aria-setsize={places.length}
                aria-posinset={index + 1}
              >
                <span className={styles["when"]}>
                  <span>{Format.duration(begin - layout.start)}</span>
                  {pause !== undefined && pause >= 0.5 && <small>{Format.duration(pause)} later</small>}
                </span>
                <span className={styles["path"]} data-type={type} data-status={status} aria-hidden />
                <button
                  type="button"
                  data-event={id}
                  data-status={status}
                  aria-pressed={id === selected}
                  className={styles["card"]}
                  style={{ marginLeft: Math.min(depth[index] ?? 0, DEEPEST) * INDENT }}
                  onClick={() => select(id)}
                >
                  <span className={styles["head"]}>
                    <TypeMark type={type} />
                    <span className={clsx(styles["name"], find.has(places[index] ?? -1) && styles["found"])}>
                      {type === "model" ? (model ?? name) : name}
                    </span>
                    {status !== "ok" && <StatusMark status={status} />}
                    <span className={styles["figures"]}>
                      {type === "model" && tokens !== null && <span>{Format.count(tokens)} tokens</span>}
                      <span>
                        {status === "running"
                          ? `${Format.duration(Math.max(0, now - begin))} …`
                          : Format.duration(duration)}
                      </span>
                    </span>
                  </span>
                  <Words row={found} fetches={!virtual.isScrolling} />
                </button>
              </li>
            )
          })}
        </ol>
      </div>
    </div>
  )
}
