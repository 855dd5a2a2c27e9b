/**
 * Requests to the hive that served this page.
 */
import { connection } from "./connection.ts"

/** What the hive answered instead of what was asked for; `message` is for the reader. */
export class HiveProblem extends Error {
  override readonly name = "HiveProblem"
  /** HTTP's; 0 when nothing answered. */
  readonly status: number
  /** The body, where it was JSON. */
  readonly details: unknown

  constructor(status: number, message: string, details?: unknown) {
    super(message)
    this.status = status
    this.details = details
  }
}

const KEY = "honeyhive.key"

/** The key of a hive that asks for one; kept until the tab closes. */
export const key = {
  /** Workers have no storage; they are told. */
  get: (): string | null => (typeof sessionStorage === "undefined" ? null : sessionStorage.getItem(KEY)),
  set: (value: string): void => sessionStorage.setItem(KEY, value)
}

/** The key that is not one: HoneyHive's API asks for some key, and a hive without a list of keys takes any. */
const NO_KEY = "hh_local"

/** Headers of every request. */
export const headers = (): Record<string, string> => ({ authorization: `Bearer ${key.get() ?? NO_KEY}` })

type Params = Record<string, string | number | boolean | undefined>

/** A path with its query; what is undefined or empty is left out. */
export const address = (path: string, params: Params = {}): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") search.set(name, String(value))
  }
  return search.size === 0 ? path : `${path}?${search}`
}

const messageOf = (details: unknown): string | undefined =>
  typeof details === "object" && details !== null && "message" in details && typeof details.message === "string"
    ? details.message
    : undefined

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Sends a request; fails with a `HiveProblem` unless it was answered with success. */
export const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
  let response: Response
  try {
    response = await fetch(path, { ...init, headers: { ...headers(), ...init.headers } })
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    connection.become("away")
    throw new HiveProblem(0, "The hive does not answer.")
  }
  connection.become("open")
  if (response.ok) return response
  const details = json(await response.text())
  throw new HiveProblem(response.status, messageOf(details) ?? `The hive answered ${response.status}.`, details)
}

/** Reads JSON. The hive and this page are built together, so its shape is the hive's own type. */
export const read = async <A>(path: string, params?: Params, signal?: AbortSignal): Promise<A> => {
  const response = await request(address(path, params), signal === undefined ? {} : { signal })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return (await response.json()) as A
}

/** Sends JSON, and reads JSON where there is some. */
export const send = async <A = unknown>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown
): Promise<A> => {
  const response = await request(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } })
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return json(await response.text()) as A
}
