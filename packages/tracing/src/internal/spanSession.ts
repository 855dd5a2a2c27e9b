/**
 * Which session a span starts in.
 */
import * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import { CurrentSession, type SessionInfo } from "../Session.ts"
import * as instance from "./instance.ts"

/** The session of the code that starts the span. */
export const currentSession = (): SessionInfo | undefined =>
  instance.find((context) => Context.get(context, CurrentSession))

/**
 * For a provider that others use, too: a span that starts under another instance gets no session of that one, and a span
 * below one of ours gets its session, wherever it starts.
 */
export const sessionAround = (open: instance.OpenSpans) => {
  const known = new WeakMap<object, SessionInfo>()
  return (span: object, parent: OtelApi.Context): SessionInfo | undefined => {
    const above = OtelApi.trace.getSpan(parent)
    const session =
      (instance.current()?.tracer.open === open ? currentSession() : undefined) ??
      (above === undefined ? undefined : known.get(above))
    if (session !== undefined) known.set(span, session)
    return session
  }
}
