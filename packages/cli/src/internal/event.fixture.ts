import type { Event } from "@honeyhive/contract/Event"

/** An event whose ids are made of small numbers. */
export const idOf = (number: number): string => `00000000-0000-8000-8000-${String(number).padStart(12, "0")}`

export const event = (number: number, rest: Partial<Event> = {}): Event => ({
  event_id: idOf(number),
  session_id: idOf(1),
  parent_id: idOf(1),
  children_ids: [],
  event_type: "tool",
  event_name: `event ${number}`,
  source: "test",
  start_time: 1000 + number,
  end_time: 1010 + number,
  duration: 10,
  error: null,
  inputs: {},
  outputs: {},
  config: {},
  metadata: {},
  metrics: {},
  feedback: {},
  user_properties: {},
  ...rest
})

export const session = (number: number, rest: Partial<Event> = {}): Event =>
  event(number, { event_type: "session", session_id: idOf(number), parent_id: null, event_name: "support", ...rest })
