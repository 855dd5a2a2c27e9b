/**
 * What an instance says of itself in Effect's `Metric`.
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Outcome } from "./ledger.ts"

/** Counters and gauges of one instance; every update costs a map look-up, so spans are counted by the batch. */
export const instanceMetrics = (context: Context.Context<never>, instance: string) => {
  const attributes = { instance }
  const started = Metric.counter("honeyhive.spans.started", {
    description: "Spans begun, sampled or not",
    incremental: true,
    attributes
  })
  const ended = Metric.counter("honeyhive.spans.ended", {
    description: "Spans handed to delivery",
    incremental: true,
    attributes
  })
  const settled = Metric.counter("honeyhive.spans.settled", {
    description: "Spans by what became of them: accepted, spooled, or the reason why they were dropped",
    incremental: true,
    attributes
  })
  const queue = Metric.gauge("honeyhive.queue.spans", { description: "Spans waiting in memory", attributes })
  const byOutcome = new Map<Outcome, typeof settled>()
  return {
    started: (spans: number): void => started.updateUnsafe(spans, context),
    ended: (spans: number): void => ended.updateUnsafe(spans, context),
    settled: (outcome: Outcome, spans: number): void => {
      const metric = byOutcome.get(outcome) ?? Metric.withAttributes(settled, { outcome })
      byOutcome.set(outcome, metric)
      metric.updateUnsafe(spans, context)
    },
    queued: (spans: number): void => queue.updateUnsafe(spans, context)
  }
}
