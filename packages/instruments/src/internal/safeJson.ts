/**
 * JSON text of whatever a program passes around.
 *
 * Total: cycles, BigInts, throwing getters and revoked proxies become text that says so; bytes become their size and
 * redacted values stay redacted.
 */
import * as Redactable from "effect/Redactable"

const MAX_DEPTH = 32

/** What an unusual value becomes first: dates, maps, errors and the like as plain data. */
const plain = (value: object): unknown => {
  if (Redactable.isRedactable(value)) return Redactable.getRedacted(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString()
  if (value instanceof Error) return { ...value, name: value.name, message: value.message }
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, entry]) => [String(key), entry]))
  if (value instanceof Set) return Array.from(value)
  if (value instanceof RegExp || value instanceof URL) return String(value)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return `${value.constructor.name}(${value.byteLength} bytes)`
  }
  return "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value
}

const visitObject = (value: object, ancestors: ReadonlyArray<object>): unknown => {
  if (ancestors.includes(value)) return "[circular]"
  if (ancestors.length >= MAX_DEPTH) return "[nested too deep]"
  const inside = [...ancestors, value]
  const data = plain(value)
  if (data !== value) return visit(() => data, inside)
  if (Array.isArray(value)) return Array.from(value.keys(), (index) => visit(() => value[index], inside))
  return Object.fromEntries(Object.keys(value).map((key) => [key, visit(() => Reflect.get(value, key), inside)]))
}

const visit = (read: () => unknown, ancestors: ReadonlyArray<object>): unknown => {
  try {
    const value = read()
    switch (typeof value) {
      case "object":
        return value === null ? null : visitObject(value, ancestors)
      case "number":
        return Number.isFinite(value) ? value : String(value)
      case "function":
        return `[function ${value.name}]`
      case "bigint":
      case "symbol":
        return String(value)
      default:
        return value
    }
  } catch {
    return "[unreadable]"
  }
}

export const safeJson = (value: unknown): string => JSON.stringify(visit(() => value, [])) ?? "null"
