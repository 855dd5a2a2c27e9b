/**
 * Sums over events: how many, how fast, how many tokens, how often wrong. Fed a page at a time.
 */
import type { Event } from "@honeyhive/contract/Event"

export interface Row {
  readonly key: string
  readonly events: number
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly tokens: number
  /** As the events say it; 0 where they do not. */
  readonly cost: number
  /** Milliseconds; null where nothing has ended. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

class Group {
  readonly durations: Array<number> = []
  events = 0
  errors = 0
  input = 0
  output = 0
  tokens = 0
  cost = 0

  add({ duration, error, event_type, metadata, metrics }: Event): void {
    this.events++
    if (error !== null) this.errors++
    if (duration !== null) this.durations.push(duration)
    // Others repeat the tokens of the models in them
    if (event_type !== "model") return
    this.input += count(metadata["prompt_tokens"])
    this.output += count(metadata["completion_tokens"])
    this.tokens += count(metadata["total_tokens"])
    this.cost += count(metadata["cost"] ?? metrics["cost"])
  }

  row(key: string): Row {
    const sorted = Float64Array.from(this.durations).toSorted()
    return {
      key,
      events: this.events,
      errors: this.errors,
      input_tokens: this.input,
      output_tokens: this.output,
      tokens: this.tokens,
      cost: this.cost,
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      p99: quantile(sorted, 0.99)
    }
  }
}

const count = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0)

/** The smallest value that so large a share of them does not exceed. */
export const quantile = (sorted: ArrayLike<number>, share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null

/** The day of a moment, in the reader's own time. */
const dayOf = (time: number): string => {
  const date = new Date(time)
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`
}

export interface Totals {
  readonly sessions: number
  readonly all: Row
  /** Most events first. */
  readonly models: ReadonlyArray<Row>
  readonly names: ReadonlyArray<Row>
  /** Oldest first. */
  readonly days: ReadonlyArray<Row>
}

export class Aggregate {
  private readonly sessions = new Set<string>()
  private readonly all = new Group()
  private readonly models = new Map<string, Group>()
  private readonly names = new Map<string, Group>()
  private readonly days = new Map<string, Group>()

  add(event: Event): void {
    const { config, event_name, event_type, session_id, start_time } = event
    this.sessions.add(session_id)
    if (event_type === "session") return
    this.all.add(event)
    groupOf(this.names, `${event_type} ${event_name}`).add(event)
    groupOf(this.days, dayOf(start_time)).add(event)
    if (event_type !== "model") return
    groupOf(this.models, typeof config["model"] === "string" ? config["model"] : "(unknown)").add(event)
  }

  totals(): Totals {
    return {
      sessions: this.sessions.size,
      all: this.all.row("all"),
      models: rows(this.models),
      names: rows(this.names),
      days: rows(this.days).toSorted((a, b) => (a.key < b.key ? -1 : 1))
    }
  }
}

const groupOf = (groups: Map<string, Group>, key: string): Group => {
  let group = groups.get(key)
  if (group === undefined) groups.set(key, (group = new Group()))
  return group
}

const rows = (groups: ReadonlyMap<string, Group>): ReadonlyArray<Row> =>
  Array.from(groups, ([key, group]) => group.row(key)).toSorted(
    (a, b) => b.events - a.events || (a.key < b.key ? -1 : 1)
  )
