import { ChevronDown, ChevronUp, Search } from "lucide-react"
import { type ReactNode, useRef } from "react"
import * as Format from "../design/format.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import type { Find } from "./useFind.ts"
import styles from "./ViewBar.module.css"

/** What can be done in a view, above it. */
export const ViewBar = ({ children, label }: { readonly label: string; readonly children: ReactNode }) => (
  <div className={styles["bar"]} role="group" aria-label={label}>
    {children}
  </div>
)

/** What stands after it goes to the right. */
export const Space = () => <span className={styles["space"]} />

/** A quiet word in the bar. */
export const Note = ({ children }: { readonly children: ReactNode }) => (
  <span className={styles["note"]}>{children}</span>
)

/** Finds events of the session, and goes from one to the next. */
export const FindBox = ({ find }: { readonly find: Find }) => {
  const input = useRef<HTMLInputElement>(null)
  useShortcuts("Finding", {
    "/": ["find in this session", () => input.current?.focus()],
    n: ["next found", () => find.jump(1)],
    N: ["previous found", () => find.jump(-1)]
  })
  const found =
    find.places.length === 0
      ? "nothing"
      : find.current === -1
        ? Format.count(find.places.length)
        : `${Format.count(find.current + 1)} of ${Format.count(find.places.length)}`
  return (
    <div className={styles["find"]} role="search" aria-label="In this session">
      <Search size={14} aria-hidden />
      <input
        ref={input}
        type="search"
        value={find.text}
        placeholder="Find in this session"
        aria-label="Find in this session"
        title="Names, models, errors (/)"
        spellCheck={false}
        onChange={(event) => find.look(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") find.jump(event.shiftKey ? -1 : 1)
          else if (event.key === "Escape") {
            find.look("")
            event.currentTarget.blur()
          }
        }}
      />
      {find.text.trim() !== "" && (
        <>
          <span className={styles["found"]} role="status">
            {found}
          </span>
          <button
            type="button"
            className={styles["step"]}
            aria-label="Previous found"
            title="Previous found (N)"
            onClick={() => find.jump(-1)}
          >
            <ChevronUp size={14} aria-hidden />
          </button>
          <button
            type="button"
            className={styles["step"]}
            aria-label="Next found"
            title="Next found (n)"
            onClick={() => find.jump(1)}
          >
            <ChevronDown size={14} aria-hidden />
          </button>
        </>
      )}
    </div>
  )
}
