/**
 * A session for every request: a server span without a parent opens one, and its trace belongs to it.
 */
import { SpanKind, SpanStatusCode } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { SessionInfo, Sessions } from "../Session.ts"

/** Answered requests that are remembered: work that goes on after the answer still belongs to its request. */
const MAX_ENDED = 1000

/** What there is to know of a span that starts. */
export type Started = Pick<ReadableSpan, "kind" | "name" | "parentSpanContext" | "spanContext">

const opens = (span: Started): boolean => span.kind === SpanKind.SERVER && span.parentSpanContext === undefined

export class ServerSessions {
  private readonly byTrace = new Map<string, SessionInfo>()
  private readonly endedTraces: Array<string> = []
  private readonly sessions: Sessions["Service"]

  constructor(sessions: Sessions["Service"]) {
    this.sessions = sessions
  }

  /** The session of a trace, if a server span opened one. */
  readonly of = (traceId: string): SessionInfo | undefined => this.byTrace.get(traceId)

  /** The session of a span that starts; opens one for a request. */
  readonly started = (span: Started): SessionInfo | undefined => {
    const { traceId } = span.spanContext()
    const known = this.byTrace.get(traceId)
    if (known !== undefined || !opens(span)) return known
    const session = Effect.runSync(this.sessions.start({ name: span.name }))
    this.byTrace.set(traceId, session)
    return session
  }

  /** Ends the session with the span that opened it. */
  readonly ended = (span: ReadableSpan): void => {
    const { traceId } = span.spanContext()
    const session = opens(span) ? this.byTrace.get(traceId) : undefined
    if (session === undefined) return
    this.endedTraces.push(traceId)
    if (this.endedTraces.length > MAX_ENDED) this.byTrace.delete(this.endedTraces.shift() ?? "")
    const failed = span.status.code === SpanStatusCode.ERROR
    const exit = failed ? Exit.fail(span.status.message ?? "error") : Exit.void
    Effect.runSync(this.sessions.end(session, exit))
  }
}
