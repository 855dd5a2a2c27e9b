/**
 * What may stand in the page's addresses.
 */

/** The ways to look at one session. */
export const VIEWS = ["tree", "timeline", "graph", "trajectory", "thread"] as const
export type View = (typeof VIEWS)[number]

/** The orders of the list. */
export const ORDERS = ["newest", "duration", "tokens", "cost", "errors"] as const
export type Order = (typeof ORDERS)[number]

/** What is shown of one event. */
export const TABS = ["payload", "details", "span", "otlp", "annotate"] as const
export type Tab = (typeof TABS)[number]
