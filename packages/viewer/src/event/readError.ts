/**
 * What went wrong during an event, as far as its span says: the tracer's own fields (`metadata.error`), OpenTelemetry's
 * `exception` events, and the causes that stacks of JavaScript, Python and Java hold.
 */
import type { EventDetail } from "../hive/types.ts"

/** `interruption` was asked for and is no failure; `unknown` is of a tracer that does not tell. */
export type ErrorKind = "failure" | "defect" | "interruption" | "unknown"

/** One error of a chain. */
export interface Thrown {
  /** Its type and message. */
  readonly head: string
  /** The lines of its stack; empty where it has none. */
  readonly stack: string
}

export interface EventError {
  readonly kind: ErrorKind
  readonly message: string
  /** The type that the span names. */
  readonly type: string | null
  /** The error's own fields. */
  readonly fields: unknown
  /** Every exception that was recorded, each the beginning of a chain that goes on with its cause. */
  readonly exceptions: ReadonlyArray<ReadonlyArray<Thrown>>
  /** Exceptions were recorded, but the event did not fail. */
  readonly isHandled: boolean
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const string = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null)

/** Stacks are cut here: what is longer is no stack. */
const MOST = 200_000

const frame = /^\s+at |^\s+File "/

const thrown = (text: string): Thrown => {
  const lines = text.replace(/[\s{}]+$/, "").split("\n")
  const first = lines.findIndex((line) => frame.test(line))
  return first === -1
    ? { head: lines.join("\n").trim(), stack: "" }
    : { head: lines.slice(0, first).join("\n").trim(), stack: lines.slice(first).join("\n") }
}

/** Python says the message last, and the cause first. */
const pythons = (stack: string): ReadonlyArray<Thrown> =>
  stack
    .split(
      /\n\n(?:The above exception was the direct cause of the following exception|During handling of the above exception, another exception occurred):\n\n/
    )
    .toReversed()
    .map((part) => {
      const lines = part.trimEnd().split("\n")
      const last = lines.findLastIndex((line) => /^\s/.test(line))
      return { head: lines.slice(last + 1).join("\n"), stack: lines.slice(1, last + 1).join("\n") }
    })

/** A stack as the errors in it, the outermost first. */
export const chainOf = (text: string): ReadonlyArray<Thrown> => {
  const stack = text.slice(0, MOST)
  if (stack.includes("Traceback (most recent call last)")) return pythons(stack)
  return stack.split(/\s*\{?\s*\n\s*\[cause\]: |\n\s*Caused by: /).map(thrown)
}

const exceptionOf = ({ attributes }: EventDetail["events"][number]): ReadonlyArray<Thrown> => {
  const message = string(attributes["exception.message"])
  const type = string(attributes["exception.type"])
  const said = [type, message].filter((part) => part !== null).join(": ") || "exception"
  const stack = string(attributes["exception.stacktrace"])
  if (stack === null) return [{ head: said, stack: "" }]
  const [first, ...causes] = chainOf(stack)
  return [{ head: first?.head === "" || first === undefined ? said : first.head, stack: first?.stack ?? "" }, ...causes]
}

const kinds = new Set<unknown>(["failure", "defect", "interruption"])

/** Undefined where nothing went wrong. */
export const readError = (detail: EventDetail): EventError | undefined => {
  const { error, metadata } = detail.event
  const said = isRecord(metadata["error"]) ? metadata["error"] : {}
  const exceptions = detail.events.filter(({ name }) => name === "exception")
  const interrupted =
    said["kind"] === "interruption" || metadata["effect.fiber.interrupted"] === true || error === "Interrupted"
  if (error === null && exceptions.length === 0 && !interrupted) return undefined
  const last = exceptions.at(-1)?.attributes ?? {}
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of the three
    kind: interrupted ? "interruption" : kinds.has(said["kind"]) ? (said["kind"] as ErrorKind) : "unknown",
    message: error ?? string(last["exception.message"]) ?? string(last["exception.type"]) ?? "Interrupted",
    type: string(metadata["honeyhive_error_type"]) ?? string(last["exception.type"]) ?? string(metadata["error_type"]),
    fields: said["fields"],
    exceptions: exceptions.map(exceptionOf),
    isHandled: error === null && !interrupted
  }
}
