/**
 * A session's events as a tree of text, with bars that show when each of them happened.
 *
 * @since 0.1.0
 */
import {
  clean,
  firstLine,
  fit,
  GAP,
  milliseconds,
  money,
  type Paint,
  painter,
  type Part,
  type Style,
  widthOf,
  write
} from "./internal/text.ts"
import { bar, scaleOf } from "./internal/waterfall.ts"

/**
 * What the tree shows of an event; HoneyHive's events have it all.
 *
 * @category models
 * @since 0.1.0
 */
export interface TreeEvent {
  readonly event_id: string
  readonly parent_id: string | null
  readonly event_type: string
  readonly event_name: string
  /** Milliseconds since 1970. */
  readonly start_time: number
  /** Milliseconds; null while it runs. */
  readonly duration: number | null
  readonly error: string | null
  readonly config: { readonly [key: string]: unknown }
  readonly metadata: { readonly [key: string]: unknown }
}

/**
 * @category models
 * @since 0.1.0
 */
export interface TreeOptions {
  /** Milliseconds since 1970: what runs is shown with a pulse and how long it has run. Default: it says that it runs. */
  readonly now?: number | undefined
  /** US dollars by event id, shown beside the tokens. */
  readonly costs?: ReadonlyMap<string, number> | undefined
  /** Default: no colours. */
  readonly colours?: boolean | undefined
  /** Width of the terminal in cells: draws bars beside the tree, and errors below their events.
   * Narrow ones have no bars. Default: no bars, and lines as long as they are. */
  readonly columns?: number | undefined
}

/** An event and what stands left of it. */
interface Line {
  readonly event: TreeEvent
  readonly branch: string
  /** What stands left of the lines that follow it. */
  readonly below: string
}

const styleOf: { readonly [eventType: string]: Style } = {
  session: "magenta",
  chain: "blue",
  model: "green",
  tool: "cyan"
}

/** Deeper events stand under each other: a terminal has no room for more. */
const indentOf = (columns: number): number => Math.min(32, Math.max(2, Math.floor(columns / 9)))

const tokensOf = ({ completion_tokens: output, prompt_tokens: input }: TreeEvent["metadata"]): string | undefined =>
  typeof input === "number" && typeof output === "number" ? `${input} in, ${output} out` : undefined

/** Children below their parents, by start. Those whose parents are missing, or are their own ancestors, are roots. */
const linesOf = (events: ReadonlyArray<TreeEvent>, maxIndent: number): ReadonlyArray<Line> => {
  const ids = new Set(events.map((event) => event.event_id))
  const inOrder = events.toSorted((a, b) => a.start_time - b.start_time)
  const children = Map.groupBy(inOrder, ({ event_id, parent_id }) =>
    parent_id !== null && parent_id !== event_id && ids.has(parent_id) ? parent_id : undefined
  )
  const lines: Array<Line> = []
  const seen = new Set<string>()
  const walk = (root: TreeEvent): void => {
    // A chain of calls may be longer than our own stack
    const open = [{ event: root, branch: "", below: "", depth: 0 }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { below, branch, depth, event } = next
      if (seen.has(event.event_id)) continue
      seen.add(event.event_id)
      lines.push({ event, branch, below })
      const inside = children.get(event.event_id) ?? []
      for (let index = inside.length - 1; index >= 0; index--) {
        const child = inside[index]
        if (child === undefined) continue
        const last = index === inside.length - 1
        const deeper = depth < maxIndent
        open.push({
          event: child,
          branch: below + (last ? "└─ " : "├─ "),
          below: deeper ? below + (last ? "   " : "│  ") : below,
          depth: depth + 1
        })
      }
    }
  }
  for (const root of children.get(undefined) ?? []) walk(root)
  if (lines.length < events.length) for (const event of inOrder) if (!seen.has(event.event_id)) walk(event)
  return lines
}

/**
 * Whether an event runs, or is lost: its process fell silent. A hive says so in `metadata.span_state`.
 *
 * @example
 * ```ts
 * import { Tree } from "@honeyhive/cli"
 *
 * Tree.stateOf({ metadata: { span_state: "running" } }) // => "running"
 * Tree.stateOf({ metadata: {} }) // => undefined
 * ```
 *
 * @category states
 * @since 0.1.0
 */
export const stateOf = ({ metadata }: Pick<TreeEvent, "metadata">): "running" | "lost" | undefined => {
  const state = metadata["span_state"]
  return state === "running" || state === "lost" ? state : undefined
}

/** Milliseconds that a pulse takes to the next look. */
const PULSE = 500

const timeOf = (event: TreeEvent, now: number | undefined): ReadonlyArray<Part> => {
  const state = stateOf(event)
  if (state === "lost") return [["red", "lost"]]
  if (state === undefined) return event.duration === null ? [] : [["dim", milliseconds(event.duration)]]
  if (now === undefined) return [["yellow", "running"]]
  const sign = Math.floor(now / PULSE) % 2 === 0 ? "●" : "○"
  return [["yellow", `${sign} ${milliseconds(Math.max(0, now - event.start_time))}`]]
}

type Shown = Pick<TreeOptions, "costs" | "now">

const partsOf = (event: TreeEvent, { costs, now }: Shown): ReadonlyArray<Part> => {
  const { config, event_name, event_type, metadata } = event
  const tokens = tokensOf(metadata)
  const cost = costs?.get(event.event_id)
  return [
    [styleOf[event_type] ?? "cyan", clean(event_type)],
    [undefined, clean(event_name)],
    ...(event_type === "model" && typeof config["model"] === "string"
      ? [["dim", clean(config["model"])] satisfies Part]
      : []),
    ...timeOf(event, now),
    ...(tokens === undefined ? [] : [["yellow", tokens] satisfies Part]),
    ...(cost === undefined ? [] : [["dim", money(cost)] satisfies Part])
  ]
}

const plainly = painter(false)

/** Narrower terminals have no room for bars. */
const FEWEST_COLUMNS = 60

const plain = (lines: ReadonlyArray<Line>, columns: number, paint: Paint, shown: Shown): ReadonlyArray<string> =>
  lines.map(({ branch, event }) => {
    const { error } = event
    const parts = [
      ...partsOf(event, shown),
      ...(error === null ? [] : [["red", `! ${clean(error.split("\n", 1)[0] ?? "")}`] satisfies Part])
    ]
    return paint("dim", branch) + write(parts, columns - branch.length, paint)
  })

/** What runs has lasted until now. */
const until = (event: TreeEvent, now: number | undefined): TreeEvent =>
  now !== undefined && stateOf(event) === "running"
    ? { ...event, duration: Math.max(0, now - event.start_time) }
    : event

const withBars = (lines: ReadonlyArray<Line>, columns: number, paint: Paint, shown: Shown): ReadonlyArray<string> => {
  const room = columns - Math.max(12, Math.floor(columns * 0.35)) - GAP.length
  const natural = lines.reduce((width, { branch, event }) => {
    const parts = partsOf(event, shown)
    const gaps = (parts.length - 1) * GAP.length
    return Math.max(
      width,
      parts.reduce((sum, [, text]) => sum + widthOf(text), branch.length + gaps)
    )
  }, 0)
  const labelWidth = Math.min(room, natural)
  const barWidth = Math.min(60, columns - labelWidth - GAP.length)
  const scale = scaleOf(lines.map(({ event }) => until(event, shown.now)))
  const end = milliseconds(scale.length)
  const header = `${" ".repeat(labelWidth)}${GAP}0${" ".repeat(Math.max(1, barWidth - 1 - end.length))}${end}`
  return [
    paint("dim", header),
    ...lines.flatMap(({ below, branch, event }) => {
      const [parts, width] = [partsOf(event, shown), labelWidth - branch.length]
      const blanks = " ".repeat(Math.max(0, width - widthOf(write(parts, width, plainly))))
      const row = paint("dim", branch) + write(parts, width, paint) + blanks + GAP
      // A session that nobody has ended is not running: it lasts as long as what is in it
      const interval =
        event.event_type === "session" && event.duration === null ? { ...event, duration: scale.length } : event
      const drawn = paint(
        event.error === null ? (styleOf[event.event_type] ?? "cyan") : "red",
        bar(interval, scale, barWidth)
      )
      return event.error === null
        ? [row + drawn]
        : [
            row + drawn,
            `${paint("dim", below)}${paint("red", fit(`! ${firstLine(event.error)}`, columns - below.length))}`
          ]
    })
  ]
}

/**
 * Renders the events, one line each: type, name, model, duration, tokens, error. Texts that would move a terminal's
 * cursor are made harmless.
 *
 * @example
 * ```ts
 * import { Tree } from "@honeyhive/cli"
 *
 * const event = { event_type: "chain", start_time: 0, duration: 12, error: null, config: {}, metadata: {} }
 * const tree = Tree.render([
 *   { ...event, event_id: "a", parent_id: null, event_name: "agent" },
 *   { ...event, event_id: "b", parent_id: "a", event_name: "search", event_type: "tool" }
 * ])
 *
 * tree.split("\n") // => ["chain  agent  12 ms", "└─ tool  search  12 ms"]
 * ```
 *
 * @category rendering
 * @since 0.1.0
 */
export const render = (events: ReadonlyArray<TreeEvent>, options: TreeOptions = {}): string => {
  const paint = painter(options.colours ?? false)
  const { columns = Infinity } = options
  const lines = linesOf(events, indentOf(columns))
  const hasBars = columns >= FEWEST_COLUMNS && columns !== Infinity
  return (hasBars ? withBars(lines, columns, paint, options) : plain(lines, columns, paint, options)).join("\n")
}
