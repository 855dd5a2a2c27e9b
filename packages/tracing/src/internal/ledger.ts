/**
 * What became of each span: for whoever flushes, for the log, and for metrics.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { DropReason, Receipt } from "../Delivery.ts"

/** A span was accepted, is kept on disk, or was dropped. */
export type Outcome = "accepted" | "spooled" | DropReason

interface Waiting {
  /** The newest span that it waits for. */
  readonly until: number
  remaining: number
  accepted: number
  spooled: number
  readonly dropped: { [reason in DropReason]?: number }
  readonly done: Deferred.Deferred<Receipt>
}

export const receiptOf = ({ accepted, dropped, remaining, spooled }: Waiting): Receipt => ({
  accepted,
  spooled,
  dropped,
  pending: remaining
})

export class Ledger {
  private readonly waiting = new Set<Waiting>()
  private readonly unreported = new Map<DropReason, number>()
  private readonly onFirstDrop: () => void
  private readonly onSettled: (outcome: Outcome, spans: number) => void

  constructor(onFirstDrop: () => void, onSettled: (outcome: Outcome, spans: number) => void) {
    this.onFirstDrop = onFirstDrop
    this.onSettled = onSettled
  }

  get isAwaited(): boolean {
    return this.waiting.size > 0
  }

  /** Waits for a number of spans, the newest of which is `until`. */
  open(remaining: number, until: number): Waiting {
    const flush: Waiting = {
      until,
      remaining,
      accepted: 0,
      spooled: 0,
      dropped: {},
      done: Deferred.makeUnsafe()
    }
    this.waiting.add(flush)
    return flush
  }

  close(flush: Waiting): void {
    this.waiting.delete(flush)
  }

  private count(flush: Waiting, outcome: Outcome, spans: number): void {
    flush.remaining -= spans
    if (outcome === "accepted" || outcome === "spooled") flush[outcome] += spans
    else flush.dropped[outcome] = (flush.dropped[outcome] ?? 0) + spans
  }

  /** Counts a span that nobody could wait for. */
  drop(reason: DropReason, spans: number): void {
    if (this.unreported.size === 0) this.onFirstDrop()
    this.unreported.set(reason, (this.unreported.get(reason) ?? 0) + spans)
    this.onSettled(reason, spans)
  }

  /** Counts what became of spans by their numbers. */
  settle(sequences: ReadonlyArray<number>, outcome: Outcome): void {
    if (sequences.length === 0) return
    if (outcome === "accepted" || outcome === "spooled") this.onSettled(outcome, sequences.length)
    else this.drop(outcome, sequences.length)
    // A copy: who is resumed here may flush again before this loop is over, and must not count these spans
    for (const flush of Array.from(this.waiting)) {
      const mine = sequences.reduce((sum, sequence) => (sequence <= flush.until ? sum + 1 : sum), 0)
      if (mine > 0) this.count(flush, outcome, mine)
      if (flush.remaining > 0) continue
      this.waiting.delete(flush)
      Deferred.doneUnsafe(flush.done, Effect.succeed(receiptOf(flush)))
    }
  }

  /** What was dropped since the last time, for people; empty when nothing was. */
  report(): string {
    const counts = Array.from(this.unreported, ([reason, spans]) => `${spans} (${reason})`)
    this.unreported.clear()
    return counts.join(", ")
  }
}
