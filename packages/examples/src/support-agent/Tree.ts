/**
 * A session's events as a tree of text.
 */

/** What the tree shows of an event. */
export interface TreeEvent {
  readonly event_id: string
  readonly parent_id: string | null
  readonly event_type: string
  readonly event_name: string
  readonly start_time: number
  readonly duration: number | null
  readonly error: string | null
  readonly config: { readonly [key: string]: unknown }
  readonly metadata: { readonly [key: string]: unknown }
}

const codes = { dim: "2", red: "31", green: "32", yellow: "33", blue: "34", magenta: "35", cyan: "36" } as const

type Colour = keyof typeof codes

const colourOf: { readonly [eventType: string]: Colour } = {
  session: "magenta",
  chain: "blue",
  model: "green",
  tool: "cyan"
}

const milliseconds = (duration: number): string =>
  duration < 1000
    ? `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`
    : `${(duration / 1000).toFixed(2)} s`

const tokensOf = ({ completion_tokens: output, prompt_tokens: input }: TreeEvent["metadata"]): string | undefined =>
  typeof input === "number" && typeof output === "number" ? `${input} in, ${output} out` : undefined

/** The events by parent, in the order in which they began; those whose parent is not among them have none. */
const childrenOf = (events: ReadonlyArray<TreeEvent>): ReadonlyMap<string | undefined, ReadonlyArray<TreeEvent>> => {
  const ids = new Set(events.map((event) => event.event_id))
  const inOrder = events.toSorted((a, b) => a.start_time - b.start_time)
  return Map.groupBy(inOrder, ({ event_id, parent_id }) =>
    parent_id !== null && parent_id !== event_id && ids.has(parent_id) ? parent_id : undefined
  )
}

/** Renders the events, one line each: type, name, model, duration, tokens, error. */
export const render = (events: ReadonlyArray<TreeEvent>, options?: { readonly colours?: boolean }): string => {
  const paint = (colour: Colour, text: string) => (options?.colours ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text)
  const children = childrenOf(events)

  const describe = (event: TreeEvent): string => {
    const { config, duration, error, event_name, event_type, metadata } = event
    const tokens = tokensOf(metadata)
    return [
      paint(colourOf[event_type] ?? "cyan", event_type),
      event_name,
      ...(event_type === "model" && typeof config["model"] === "string" ? [paint("dim", config["model"])] : []),
      ...(duration === null ? [] : [paint("dim", milliseconds(duration))]),
      ...(tokens === undefined ? [] : [paint("yellow", tokens)]),
      ...(error === null ? [] : [paint("red", `! ${error.split("\n", 1)[0]}`)])
    ].join("  ")
  }

  const below = (id: string, indent: string): ReadonlyArray<string> => {
    const events = children.get(id) ?? []
    return events.flatMap((event, index) => {
      const last = index === events.length - 1
      return [
        paint("dim", indent + (last ? "└─ " : "├─ ")) + describe(event),
        ...below(event.event_id, indent + (last ? "   " : "│  "))
      ]
    })
  }

  return (children.get(undefined) ?? []).flatMap((root) => [describe(root), ...below(root.event_id, "")]).join("\n")
}
