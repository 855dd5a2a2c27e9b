/**
 * A span processor that is there before the instance is: its owner gives it to a provider at start-up, an instance connects
 * to it for as long as it is open.
 */
import type { Context as OtelContext } from "@opentelemetry/api"
import type { ReadableSpan, Span, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"

export class Relay implements SpanProcessor {
  private readonly targets = new Set<SpanProcessor>()

  connect(target: SpanProcessor): () => void {
    this.targets.add(target)
    return () => void this.targets.delete(target)
  }
  onStart(span: Span, parent: OtelContext): void {
    for (const target of this.targets) target.onStart(span, parent)
  }
  onEnd(span: ReadableSpan): void {
    for (const target of this.targets) target.onEnd(span)
  }
  async forceFlush(): Promise<void> {
    await Promise.all(Array.from(this.targets, (target) => target.forceFlush()))
  }
  async shutdown(): Promise<void> {
    await Promise.all(Array.from(this.targets, (target) => target.shutdown()))
  }
}

/** The relay that the instance's program has given to a provider. */
export const CurrentRelay = Context.Reference<Relay | undefined>("@honeyhive/tracing/internal/CurrentRelay", {
  defaultValue: () => undefined
})
