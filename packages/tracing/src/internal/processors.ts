/**
 * The instance's own span processor with those of the program around it.
 */
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Predicate from "effect/Predicate"

/** Calls what is somebody else's: neither what it throws nor what its promise is rejected with goes further. */
const guard = (processor: SpanProcessor, failed: (error: unknown) => void) => {
  let reported = false
  const report = (error: unknown): void => {
    if (!reported) failed(error)
    reported = true
  }
  return <A>(call: (processor: SpanProcessor) => A): Promise<unknown> | undefined => {
    try {
      const result: unknown = call(processor)
      // An async function is also taken for a processor's method
      return Predicate.isPromiseLike(result) ? Promise.resolve(result).catch(report) : undefined
    } catch (error) {
      report(error)
      return undefined
    }
  }
}

/**
 * Theirs see a span after ours when it starts, with its session, and before ours when it ends, so that what they write is
 * redacted and bounded.
 */
export const around = (
  ours: SpanProcessor,
  theirs: ReadonlyArray<SpanProcessor>,
  failed: (error: unknown) => void
): SpanProcessor => {
  if (theirs.length === 0) return ours
  const guarded = theirs.map((processor) => guard(processor, failed))
  return {
    onStart: (span, context) => {
      ours.onStart(span, context)
      for (const call of guarded) void call((processor) => processor.onStart(span, context))
    },
    onEnding: (span) => {
      for (const call of guarded) void call((processor) => processor.onEnding?.(span))
      ours.onEnding?.(span)
    },
    onEnd: (span) => {
      ours.onEnd(span)
      for (const call of guarded) void call((processor) => processor.onEnd(span))
    },
    forceFlush: async () => {
      await Promise.all([ours.forceFlush(), ...guarded.map((call) => call((processor) => processor.forceFlush()))])
    },
    shutdown: async () => {
      await Promise.all([ours.shutdown(), ...guarded.map((call) => call((processor) => processor.shutdown()))])
    }
  }
}
