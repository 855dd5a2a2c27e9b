/**
 * What arrives, as the stores keep it.
 */
import type { Event, PostEvent } from "@honeyhive/contract/Event"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import * as Uuid from "@honeyhive/contract/Uuid"
import { times } from "./merge.ts"

/** An id of any form as the one that the store knows it by. */
export const uuidOf = (id: string | undefined): string | undefined =>
  id === undefined ? undefined : Uuid.isUuid(id) ? id.toLowerCase() : Uuid.fromText(id)

/** What a client sends, as an event; those without a session go into `sessionId`. */
export const fromPost = (post: PostEvent, sessionId: string, now: number): Event => {
  const id = post.event_id?.toLowerCase() ?? crypto.randomUUID()
  const session = uuidOf(post.session_id) ?? sessionId
  return {
    event_id: id,
    session_id: session,
    parent_id: uuidOf(post.parent_id ?? undefined) ?? session,
    children_ids: post.children_ids ?? [],
    event_type: post.event_type,
    event_name: post.event_name ?? "unknown",
    source: post.source ?? "unknown",
    ...times(post.start_time ?? now, post.end_time, post.duration),
    error: post.error ?? null,
    inputs: post.inputs,
    outputs: post.outputs ?? {},
    config: post.config ?? {},
    metadata: post.metadata ?? {},
    metrics: post.metrics ?? {},
    feedback: post.feedback ?? {},
    user_properties: post.user_properties ?? {}
  }
}

/** What tells one process from another; spans of those that say nothing of themselves keep their trace alive. */
export const processOf = ({ resource, traceId }: SpanRecord): string => {
  const { "host.name": host = "", "process.pid": pid, "service.instance.id": instance } = resource
  return instance !== undefined ? String(instance) : pid !== undefined ? `${String(host)}:${String(pid)}` : traceId
}
