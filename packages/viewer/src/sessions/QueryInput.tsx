import { Search } from "lucide-react"
import { useEffect, useId, useRef, useState } from "react"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import type { HiveProblem } from "../hive/api.ts"
import styles from "./QueryInput.module.css"

interface QueryInputProps {
  readonly query: string
  readonly ask: (query: string) => void
  /** What the hive said about the query. */
  readonly problem: HiveProblem | undefined
}

/** How long after the last key a query is asked, in milliseconds. */
const PAUSE = 200

export const QueryInput = ({ ask, problem, query }: QueryInputProps) => {
  const [text, setText] = useState(query)
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  useEffect(() => setText(query), [query])
  const newest = useRef(ask)
  newest.current = ask
  useEffect(() => {
    if (text === query) return
    const timer = setTimeout(() => newest.current(text), PAUSE)
    return () => clearTimeout(timer)
  }, [text, query])
  useShortcuts("Sessions", { "/": ["search", () => input.current?.focus()] })
  return (
    <div className={styles["query"]}>
      <Search size={16} aria-hidden />
      <input
        ref={input}
        type="search"
        value={text}
        spellCheck={false}
        autoComplete="off"
        aria-label="Search sessions"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : id}
        placeholder={'type:model model:gpt* duration>2s error:true "refund"'}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") ask(text)
          if (event.key === "Escape") input.current?.blur()
        }}
      />
      {problem !== undefined && (
        <p id={id} className={styles["problem"]} role="alert">
          {problem.message}
        </p>
      )}
    </div>
  )
}
