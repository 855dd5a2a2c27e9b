import { Search } from "lucide-react"
import { lazy, Suspense, useEffect, useId, useRef, useState } from "react"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import type { HiveProblem } from "../hive/api.ts"
import { mistakeAt } from "./queryText.ts"
import styles from "./QueryInput.module.css"

const QueryEditor = lazy(() => import("./QueryEditor.tsx"))

interface QueryInputProps {
  readonly query: string
  readonly ask: (query: string) => void
  /** What the hive said about the query. */
  readonly problem: HiveProblem | undefined
}

/** How long after the last key a query is asked, in milliseconds. */
const PAUSE = 250

const PLACEHOLDER = 'type:model model:gpt* duration>2s error:true "refund"'

/** Where a query is typed: plain at first, with completion as soon as the editor is loaded. */
export const QueryInput = ({ ask, problem, query }: QueryInputProps) => {
  const [text, setText] = useState(query)
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  useEffect(() => setText(query), [query])
  const newest = useRef(ask)
  newest.current = ask
  useEffect(() => {
    if (text === query) return
    const timer = setTimeout(() => newest.current(text), PAUSE)
    return () => clearTimeout(timer)
  }, [text, query])
  const focus = () => box.current?.querySelector<HTMLElement>("input, [contenteditable]")?.focus()
  useShortcuts("Sessions", { "/": ["search", focus] })
  const at = mistakeAt(problem?.details)
  const shared = {
    text,
    change: setText,
    done: ask,
    label: "Search sessions",
    describedBy: problem === undefined ? undefined : id
  }
  return (
    <div ref={box} className={styles["query"]}>
      <Search size={16} aria-hidden />
      <Suspense
        fallback={
          <input
            type="search"
            value={text}
            spellCheck={false}
            autoComplete="off"
            aria-label={shared.label}
            aria-describedby={shared.describedBy}
            placeholder={PLACEHOLDER}
            onChange={(event) => setText(event.target.value)}
          />
        }
      >
        <QueryEditor {...shared} placeholder={PLACEHOLDER} mistake={at} />
      </Suspense>
      {problem !== undefined && (
        <p id={id} className={styles["problem"]} role="alert">
          {problem.message}
        </p>
      )}
    </div>
  )
}
