/**
 * What a failed exit says on a span: one line for people, the error's type, its fields.
 */
import * as Cause from "effect/Cause"
import * as Predicate from "effect/Predicate"
import { safely } from "./safely.ts"

export interface Failure {
  /** `failure` was expected, `defect` was not, `interruption` was asked for. */
  readonly kind: "failure" | "defect" | "interruption"
  /** The error's tag, else its class. */
  readonly type: string
  readonly message: string
  /** The error's own fields, without those that every error has. */
  readonly fields: { readonly [key: string]: unknown } | undefined
}

const common = new Set(["_tag", "name", "message", "stack", "cause"])

const typeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "_tag") && typeof error._tag === "string"
    ? error._tag
    : error instanceof Error
      ? error.name
      : error === null
        ? "null"
        : typeof error

const textOf = (error: unknown): string => {
  if (error instanceof Error) return error.message
  if (typeof error === "string") return error
  if (Predicate.hasProperty(error, "message") && typeof error.message === "string") return error.message
  const json: string | undefined = Predicate.isObject(error) ? JSON.stringify(error) : undefined
  return json ?? String(error)
}

const fieldsOf = (error: unknown): Failure["fields"] => {
  if (!Predicate.isObject(error)) return undefined
  const entries = Object.keys(error)
    .filter((key) => !common.has(key))
    .map((key) => [key, safely(() => Reflect.get(error, key), "[unreadable]")] as const)
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/**
 * Total: an error with throwing getters is described as far as it lets itself be read.
 */
const describeError = (kind: Failure["kind"], error: unknown): Failure => {
  const type = safely(() => typeOf(error), "unknown")
  const text = safely(() => textOf(error), "[unreadable]")
  return {
    kind,
    type,
    message: text === "" || text === type ? type : type === "string" ? text : `${type}: ${text}`,
    fields: safely(() => fieldsOf(error), undefined)
  }
}

const interruption: Failure = { kind: "interruption", type: "Interrupted", message: "Interrupted", fields: undefined }

/** The first failure of a cause, else its first defect, else its interruption. */
export const describeCause = (cause: Cause.Cause<unknown>): Failure => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure !== undefined) return describeError("failure", failure.error)
  const defect = cause.reasons.find(Cause.isDieReason)
  return defect === undefined ? interruption : describeError("defect", defect.defect)
}
