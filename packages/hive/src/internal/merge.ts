/**
 * What becomes of an event when more is said about it. Pure, and free of packages: the writer's thread imports it.
 */
import type { Event, StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import { withoutState } from "./running.ts"

const merged = <A extends object>(before: A, more: A | undefined): A => ({ ...before, ...more })

/** The event with what an update says: buckets merge, outputs are replaced unless null; with an end, it runs no more. */
export const updated = (event: Event, update: UpdateEvent): Event => {
  const { end_time } = update
  const before = typeof end_time === "number" ? withoutState(event) : event
  return {
    ...before,
    config: merged(before.config, update.config),
    metadata: merged(before.metadata, update.metadata),
    metrics: merged(before.metrics, update.metrics),
    feedback: merged(before.feedback, update.feedback),
    user_properties: merged(before.user_properties, update.user_properties),
    outputs: update.outputs ?? before.outputs,
    end_time: end_time ?? before.end_time,
    duration: update.duration ?? before.duration,
    children_ids: update.children_ids?.length ? update.children_ids : before.children_ids
  }
}

const bucketsMerged = (before: Event, again: Event) => ({
  config: merged(before.config, again.config),
  metadata: merged(before.metadata, again.metadata),
  metrics: merged(before.metrics, again.metrics),
  feedback: merged(before.feedback, again.feedback),
  user_properties: merged(before.user_properties, again.user_properties)
})

/**
 * A span that is delivered again says everything anew, but what was added to its event meanwhile stays. That it started
 * says nothing new of a span that has ended, whatever comes first.
 */
export const redelivered = (before: Event, again: Event): Event => {
  if (again.end_time === null && before.end_time !== null) {
    return withoutState({ ...before, ...bucketsMerged(again, before) })
  }
  const event = { ...again, ...bucketsMerged(before, again), children_ids: before.children_ids }
  return again.end_time === null ? event : withoutState(event)
}

export const emptySession = (id: string, name: string, source: string, startTime: number): Event => ({
  event_id: id,
  session_id: id,
  parent_id: null,
  children_ids: [],
  event_type: "session",
  event_name: name,
  source,
  start_time: startTime,
  end_time: null,
  duration: null,
  error: null,
  inputs: {},
  outputs: {},
  config: {},
  metadata: {},
  metrics: {},
  feedback: {},
  user_properties: {}
})

/** Times of which one follows from the others. */
export const times = (start: number, end: number | null | undefined, duration: number | null | undefined) => ({
  start_time: start,
  end_time: end ?? (typeof duration === "number" ? start + duration : null),
  duration: duration ?? (typeof end === "number" ? end - start : null)
})

/** A session with what starting it (again) says. */
export const started = (before: Event, start: StartSession): Event => ({
  ...before,
  event_name: start.session_name ?? start.event_name ?? before.event_name,
  source: start.source ?? before.source,
  ...times(
    Math.min(before.start_time, start.start_time ?? before.start_time),
    start.end_time ?? before.end_time,
    start.duration ?? before.duration
  ),
  inputs: merged(before.inputs, start.inputs),
  outputs: start.outputs ?? before.outputs,
  config: merged(before.config, start.config),
  metadata: merged(before.metadata, start.metadata),
  user_properties: merged(before.user_properties, start.user_properties),
  children_ids: start.children_ids?.length ? start.children_ids : before.children_ids
})
