/**
 * JSON that opens and closes, with a row that can be chosen and copied. Many rows are virtual.
 */
import { useVirtualizer } from "@tanstack/react-virtual"
import { clsx } from "clsx"
import { ChevronRight } from "lucide-react"
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react"
import { CopyButton } from "./CopyButton.tsx"
import { JsonNode, openAtFirst, type Openness, revealed, type Row, rowsOf, STEP, untouched } from "./JsonTree.ts"
import { LongText, PlainText } from "./PlainText.tsx"
import { beginning } from "./unseen.ts"
import styles from "./JsonView.module.css"

/** More rows than these scroll in a box of their own. */
const FEW = 250
/** Characters of a text that are shown at first. */
const LONG = 800
const ROW = 21
const INDENT = 14
/** Deeper than this, rows are no longer indented further: the depth is said instead. */
const DEEPEST = 20

const kindOf = (value: unknown): string =>
  value === null ? "null" : typeof value === "object" ? "container" : typeof value

/** A text as it is, everything else as JSON. */
export const copied = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? String(value))

const Value = ({ isOpen, node }: { readonly node: JsonNode; readonly isOpen: boolean }) => {
  const { value } = node
  if (typeof value === "string") {
    return value === "" ? <span className={styles["empty"]}>empty text</span> : <LongText text={value} limit={LONG} />
  }
  if (!node.isContainer) return String(value)
  const { size } = node
  const noun = Array.isArray(value) ? (size === 1 ? "item" : "items") : size === 1 ? "field" : "fields"
  const [left, right] = Array.isArray(value) ? "[]" : "{}"
  return size === 0 ? `${left}${right}` : isOpen ? `${size} ${noun}` : `${left} ${size} ${noun} ${right}`
}

interface Found {
  readonly matches: ReadonlySet<JsonNode>
  /** The one that the reader is at. */
  readonly current: JsonNode | undefined
}

interface JsonViewProps {
  readonly label: string
  /** The value, or a tree that is already made of it. */
  readonly value: unknown
  readonly found?: Found | undefined
  readonly className?: string | undefined
}

/** A JSON value as a tree. */
export const JsonView = ({ className, found, label, value }: JsonViewProps) => {
  const root = useMemo(() => (value instanceof JsonNode ? value : new JsonNode(value)), [value])
  const first = useMemo(() => openAtFirst(root), [root])
  const [openness, setOpenness] = useState<Openness>(untouched)
  const rows = useMemo(() => rowsOf(root, first, openness), [root, first, openness])
  const [chosen, choose] = useState<JsonNode>()
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  const isVirtual = rows.length > FEW
  const virtual = useVirtualizer({
    enabled: isVirtual,
    count: rows.length,
    estimateSize: () => ROW,
    getScrollElement: () => scroller.current,
    overscan: 20
  })

  const at = chosen === undefined ? -1 : rows.findIndex(({ more, node }) => node === chosen && more === undefined)
  const isOpen = (node: JsonNode) => node.isContainer && (openness.toggled.get(node) ?? first.has(node))
  const toggle = (node: JsonNode, open = !isOpen(node)) =>
    setOpenness((before) => ({ ...before, toggled: new Map(before.toggled).set(node, open) }))
  const showMore = (node: JsonNode) =>
    setOpenness((before) => ({
      ...before,
      shown: new Map(before.shown).set(node, (before.shown.get(node) ?? STEP) + STEP)
    }))

  const current = found?.current
  useEffect(() => {
    if (current === undefined) return
    setOpenness((before) => revealed(before, current))
    choose(current)
  }, [current])
  // Into view once its row is there
  useEffect(() => {
    if (current === undefined || current !== chosen || at === -1) return
    if (isVirtual) virtual.scrollToIndex(at, { align: "center" })
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" })
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only when another match is gone to
  }, [current, chosen, at])

  const go = (next: number) => {
    const isNode = (index: number) => rows[index] !== undefined && rows[index].more === undefined
    const step = next > at ? 1 : -1
    const last = rows.length - 1
    let to = Math.min(last, Math.max(0, next))
    while (!isNode(to) && to + step >= 0 && to + step <= last) to += step
    while (!isNode(to) && to > 0) to--
    const row = rows[to]
    if (row === undefined) return
    choose(row.node)
    if (isVirtual) virtual.scrollToIndex(to)
    else document.getElementById(`${id}-${to}`)?.scrollIntoView({ block: "nearest" })
  }
  const press = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
    const actions: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at === -1 ? 0 : at - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => {
        if (chosen !== undefined && chosen.isContainer && !isOpen(chosen)) toggle(chosen, true)
        else go(at + 1)
      },
      ArrowLeft: () => {
        if (chosen === undefined) return
        if (isOpen(chosen)) toggle(chosen, false)
        else if (chosen.parent !== undefined && chosen.parent !== root) choose(chosen.parent)
      },
      Enter: () => {
        if (chosen?.isContainer === true) toggle(chosen)
      }
    }
    const run = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined
    if (run === undefined) return
    event.preventDefault()
    run()
  }

  const rowOf = ({ more, node }: Row, index: number) => {
    const depth = Math.max(0, node.depth - (more === undefined ? 1 : 0))
    const indent = { paddingLeft: 4 + Math.min(depth, DEEPEST) * INDENT }
    if (more !== undefined) {
      return (
        <div role="treeitem" aria-level={depth + 1} className={styles["row"]} style={indent} aria-selected={false}>
          <span className={styles["twist"]} />
          <button type="button" className={styles["more"]} onClick={() => showMore(node)}>
            show {Math.min(more, STEP)} of {more} more
          </button>
        </div>
      )
    }
    const open = isOpen(node)
    return (
      <div
        id={`${id}-${index}`}
        role="treeitem"
        aria-level={depth + 1}
        aria-selected={node === chosen}
        aria-expanded={node.isContainer && node.size > 0 ? open : undefined}
        data-match={found?.matches.has(node) === true ? "" : undefined}
        className={styles["row"]}
        style={indent}
        onClick={() => choose(node)}
      >
        {depth > DEEPEST && <span className={styles["deep"]}>{depth}</span>}
        <span
          className={styles["twist"]}
          data-open={open}
          aria-hidden
          onClick={() => {
            if (node.isContainer) toggle(node)
          }}
        >
          {node.isContainer && node.size > 0 && <ChevronRight size={13} />}
        </span>
        {node.key !== undefined && (
          <span className={styles["key"]}>
            <PlainText text={beginning(String(node.key), 300)} />
          </span>
        )}
        <span className={styles["value"]} data-kind={kindOf(node.value)} dir="auto">
          <Value node={node} isOpen={open} />
        </span>
      </div>
    )
  }

  if (root.isContainer && root.size === 0) {
    return <p className={clsx(styles["view"], styles["empty"], className)}>{Array.isArray(root.value) ? "[]" : "{}"}</p>
  }
  const items = virtual.getVirtualItems()
  return (
    <div className={clsx(styles["view"], className)}>
      <div
        ref={scroller}
        role="tree"
        aria-label={label}
        tabIndex={0}
        className={clsx(styles["rows"], isVirtual && styles["scroller"])}
        onKeyDown={press}
        aria-activedescendant={
          at >= 0 && (!isVirtual || items.some(({ index }) => index === at)) ? `${id}-${at}` : undefined
        }
      >
        {isVirtual ? (
          <div role="presentation" className={styles["canvas"]} style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const row = rows[index]
              return row === undefined ? null : (
                <div
                  key={index}
                  ref={virtual.measureElement}
                  data-index={index}
                  role="presentation"
                  className={styles["placed"]}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  {rowOf(row, index)}
                </div>
              )
            })}
          </div>
        ) : (
          rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- a row is its place
            <div key={index} role="presentation">
              {rowOf(row, index)}
            </div>
          ))
        )}
      </div>
      {chosen !== undefined && (
        <div className={styles["foot"]}>
          <code title={chosen.path.slice(0, 2_000)}>
            <PlainText text={chosen.path.slice(-300) || "the value"} />
          </code>
          <CopyButton what="value" text={() => copied(chosen.value)} word />
          <CopyButton what="path" text={() => chosen.path} word />
        </div>
      )}
    </div>
  )
}
