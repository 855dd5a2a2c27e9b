/**
 * Keyboard shortcuts: every part of the page says which keys it listens to while it is shown, and `?` lists them.
 */
import { createContext, type ReactNode, use, useEffect, useId, useMemo, useRef, useState } from "react"
import styles from "./Shortcuts.module.css"

interface Shortcut {
  /** Keys as `KeyboardEvent.key` names them, one after the other for sequences: `"g s"`. */
  readonly keys: string
  readonly does: string
  readonly group: string
  readonly run: () => void
}

interface Registry {
  readonly set: (id: string, shortcuts: ReadonlyArray<Shortcut> | undefined) => void
}

const Context = createContext<Registry>({ set: () => {} })

/** Typing text is not a shortcut. */
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) &&
  !(target instanceof HTMLInputElement && /^(checkbox|radio|button|range)$/.test(target.type))

/** How long the first key of a sequence waits for the second, in milliseconds. */
const SEQUENCE = 800

const names: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  " ": "Space"
}

const Keys = ({ keys }: { readonly keys: string }) => (
  <span className={styles["keys"]}>
    {keys.split(" ").map((key) => (
      <kbd key={key}>{names[key] ?? key}</kbd>
    ))}
  </span>
)

export const Shortcuts = ({ children }: { readonly children: ReactNode }) => {
  const registered = useRef(new Map<string, ReadonlyArray<Shortcut>>())
  const dialog = useRef<HTMLDialogElement>(null)
  const [listed, list] = useState<ReadonlyArray<Shortcut>>([])
  const registry = useMemo<Registry>(
    () => ({
      set: (id, shortcuts) => {
        // Last said, first asked: a panel over a list takes its keys
        registered.current.delete(id)
        if (shortcuts !== undefined) registered.current.set(id, shortcuts)
      }
    }),
    []
  )

  useEffect(() => {
    let before: { readonly key: string; readonly at: number } | undefined
    const all = () => [...registered.current.values()].toReversed().flat()
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (dialog.current?.open === true) return
      if (event.key === "?") {
        list([...registered.current.values()].flat())
        dialog.current?.showModal()
        return
      }
      const first = before !== undefined && event.timeStamp - before.at < SEQUENCE ? before.key : undefined
      before = { key: event.key, at: event.timeStamp }
      const found =
        (first === undefined ? undefined : all().find(({ keys }) => keys === `${first} ${event.key}`)) ??
        all().find(({ keys }) => keys === event.key)
      if (found === undefined) return
      event.preventDefault()
      before = undefined
      found.run()
    }
    addEventListener("keydown", listen)
    return () => removeEventListener("keydown", listen)
  }, [])

  const groups = Map.groupBy(listed, ({ group }) => group)
  return (
    <Context value={registry}>
      {children}
      <dialog ref={dialog} className={styles["dialog"]} aria-labelledby="shortcuts-title">
        <header>
          <h2 id="shortcuts-title">Keyboard</h2>
          <button type="button" className={styles["close"]} onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        <div className={styles["groups"]}>
          {[...groups].map(([group, shortcuts]) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {shortcuts.map(({ does, keys }) => (
                  <div key={keys}>
                    <dt>
                      <Keys keys={keys} />
                    </dt>
                    <dd>{does}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </dialog>
    </Context>
  )
}

/** Listens to keys while the component is shown. */
export const useShortcuts = (
  group: string,
  shortcuts: Record<string, readonly [does: string, run: () => void]>
): void => {
  const id = useId()
  const { set } = use(Context)
  // Their functions change with every render: what is registered asks for the newest
  const newest = useRef(shortcuts)
  newest.current = shortcuts
  const shape = Object.entries(shortcuts)
    .map(([keys, [does]]) => `${keys}\n${does}`)
    .join("\n\n")
  useEffect(() => {
    set(
      id,
      shape.split("\n\n").flatMap((line) => {
        const [keys = "", does = ""] = line.split("\n")
        return keys === "" ? [] : [{ keys, does, group, run: () => newest.current[keys]?.[1]() }]
      })
    )
    return () => set(id, undefined)
  }, [set, id, group, shape])
}
