import { useVirtualizer } from "@tanstack/react-virtual"
import { clsx } from "clsx"
import { ChevronRight, ExternalLink, FileText, Wrench } from "lucide-react"
import { Suspense, useEffect, useMemo, useRef, useState } from "react"
import { Button } from "../design/Button.tsx"
import { Markdown } from "../design/Markdown.tsx"
import { Empty, Loading } from "../design/Notice.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { conversation, type Turn, type TurnPart } from "./conversation.ts"
import { short } from "./steps.ts"
import { useCalls } from "./useCalls.ts"
import type { ViewProps } from "./view.ts"
import { Note, Space, ViewBar } from "./ViewBar.tsx"
import styles from "./ThreadView.module.css"

/** Model calls read at a time, when the reader comes to the end of those before. */
const PAGE = 40

/** After so many without a word in them, the reader is asked. */
const SILENT = 200

/** A text longer than this is folded, in characters. */
const LONG = 4_000

const json = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2))

const Text = ({ text }: { readonly text: string }) => {
  const [whole, show] = useState(false)
  const isLong = text.length > LONG
  return (
    <>
      <Suspense fallback={<p className={styles["plain"]}>{text.slice(0, LONG)}</p>}>
        <Markdown text={isLong && !whole ? `${text.slice(0, LONG)}…` : text} />
      </Suspense>
      {isLong && (
        <Button look="quiet" onClick={() => show(!whole)}>
          {whole ? "Show less" : `Show all ${Format.count(text.length)} characters`}
        </Button>
      )}
    </>
  )
}

const Fold = ({ children, head }: { readonly head: React.ReactNode; readonly children: () => React.ReactNode }) => {
  const [open, set] = useState(false)
  return (
    <div className={styles["fold"]}>
      <button type="button" className={styles["foldHead"]} aria-expanded={open} onClick={() => set(!open)}>
        <ChevronRight size={14} aria-hidden data-open={open} />
        {head}
      </button>
      {open && children()}
    </div>
  )
}

const PartView = ({ part }: { readonly part: TurnPart }) => {
  switch (part._tag) {
    case "text":
      return <Text text={part.text} />
    case "reasoning":
      return (
        <Fold head={<span className={styles["quiet"]}>Reasoning: {short(part.text)}</span>}>
          {() => <pre className={styles["code"]}>{part.text}</pre>}
        </Fold>
      )
    case "toolCall": {
      const failed = part.result?.isError === true
      return (
        <Fold
          head={
            <span className={styles["call"]}>
              <Wrench size={13} aria-hidden className={styles["wrench"]} />
              <b>
                <PlainText text={part.name} />
              </b>
              <span className={styles["arguments"]}>{short(part.arguments)}</span>
              <span className={clsx(styles["result"], failed && styles["failed"])}>
                {part.result === undefined ? "no result seen" : `→ ${short(part.result.value) || "nothing"}`}
              </span>
            </span>
          }
        >
          {() => (
            <div className={styles["inside"]}>
              <h4>Arguments</h4>
              <pre className={styles["code"]}>{json(part.arguments)}</pre>
              {part.result !== undefined && (
                <>
                  <h4>{failed ? "Failure" : "Result"}</h4>
                  <pre className={styles["code"]}>{json(part.result.value)}</pre>
                </>
              )}
            </div>
          )}
        </Fold>
      )
    }
    case "toolResult":
      return (
        <Fold head={<span className={styles["quiet"]}>→ {short(part.value)}</span>}>
          {() => <pre className={styles["code"]}>{json(part.value)}</pre>}
        </Fold>
      )
    case "image":
      // Another host's picture would tell it who reads this
      return part.url?.startsWith("data:image/") === true ? (
        <img className={styles["image"]} src={part.url} alt="Sent in the conversation" />
      ) : (
        <span className={styles["file"]}>
          <FileText size={14} aria-hidden /> {part.mimeType ?? "image"}
          {part.url === null ? ", not kept in the trace" : `, ${part.url.slice(0, 120)}`}
        </span>
      )
    case "file":
      return (
        <span className={styles["file"]}>
          <FileText size={14} aria-hidden /> {part.name ?? part.mimeType ?? "file"}
          {part.size !== null && `, ${Format.count(part.size)} bytes`}
        </span>
      )
    case "json":
      return <pre className={styles["code"]}>{json(part.value)}</pre>
  }
}

const titles: Record<string, string> = { user: "User", assistant: "Assistant", system: "Instructions", tool: "Tool" }

interface TurnProps {
  readonly turn: Turn
  readonly isSelected: boolean
  readonly select: (eventId: string) => void
}

const TurnView = ({ isSelected, select, turn }: TurnProps) => {
  const open = (
    <button
      type="button"
      className={styles["open"]}
      aria-label="Show the model call"
      title="Show the model call"
      onClick={() => select(turn.eventId)}
    >
      <ExternalLink size={13} aria-hidden />
    </button>
  )
  const title = titles[turn.role] ?? turn.role
  if (turn.role === "system") {
    const text = turn.parts.map((part) => (part._tag === "text" ? part.text : "")).join(" ")
    return (
      <article className={styles["turn"]} data-role="system">
        <Fold
          head={
            <span className={styles["quiet"]}>
              <b>{title}</b> {short(text)}
            </span>
          }
        >
          {() => turn.parts.map((part, at) => <PartView key={at} part={part} />)}
        </Fold>
      </article>
    )
  }
  return (
    <article className={styles["turn"]} data-role={turn.role} data-selected={isSelected}>
      <header className={styles["who"]}>
        <span>{title}</span>
        {open}
      </header>
      <div className={styles["parts"]}>
        {turn.parts.map((part, at) => (
          <PartView key={at} part={part} />
        ))}
      </div>
    </article>
  )
}

/** What was said in a session, over all of its traces, each thing once. */
export const ThreadView = ({ layout, rows, select, selected }: ViewProps) => {
  const [limit, setLimit] = useState(PAGE)
  const { calls, count, failed, isReading, running } = useCalls(layout, rows, limit)
  const turns = useMemo(() => conversation(calls), [calls])
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: turns.length,
    estimateSize: () => 90,
    getScrollElement: () => scroller.current,
    overscan: 6,
    paddingStart: 16,
    paddingEnd: 24
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    const isSilent = turns.length === 0 && limit >= SILENT
    if (!isReading && limit < count && !isSilent && last >= turns.length - 8) setLimit(limit + PAGE)
  }, [isReading, limit, count, last, turns.length])

  const at = selected === undefined ? -1 : turns.findLastIndex(({ eventId }) => eventId === selected)
  const brought = useRef<string>(undefined)
  useEffect(() => {
    if (selected === undefined || at === -1 || brought.current === selected) return
    brought.current = selected
    virtual.scrollToIndex(at, { align: "auto" })
  })

  const isEmpty = turns.length === 0 && !isReading && (limit >= count || limit >= SILENT)
  const read = Math.min(count, limit)
  return (
    <div className={styles["view"]}>
      <ViewBar label="Thread">
        <Note>
          {Format.plural(turns.length, "message")} of {Format.plural(read, "model call")}
          {read < count && `, ${Format.count(count)} in all`}
        </Note>
        <Space />
        {failed > 0 && <Note>{Format.plural(failed, "call")} could not be read</Note>}
        {running > 0 && (
          <span className={styles["running"]} role="status">
            a model is answering
          </span>
        )}
      </ViewBar>
      {isEmpty ? (
        <Empty title={read < count ? `The first ${read} model calls have no messages.` : "There are no messages here."}>
          <p>A thread is made of what model calls were told and what they said.</p>
          {read < count && <Button onClick={() => setLimit(limit + SILENT)}>Read on</Button>}
        </Empty>
      ) : turns.length === 0 ? (
        <Loading what="the conversation" />
      ) : (
        <div ref={scroller} className={styles["scroller"]} tabIndex={0} role="region" aria-label="Conversation">
          <div className={styles["canvas"]} style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const turn = turns[index]
              if (turn === undefined) return null
              const before = turns[index - 1]
              return (
                <div
                  key={index}
                  ref={virtual.measureElement}
                  data-index={index}
                  className={styles["place"]}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {turn.agent !== null && before !== undefined && before.agent !== turn.agent && (
                    <p className={styles["agent"]}>{turn.agent}</p>
                  )}
                  <TurnView turn={turn} isSelected={turn.eventId === selected} select={select} />
                </div>
              )
            })}
          </div>
        </div>
      )}
    </div>
  )
}
