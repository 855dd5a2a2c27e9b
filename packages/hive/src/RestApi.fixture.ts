/**
 * REST requests to the hive at hand, and what must come back.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Hive } from "./Hive.ts"

export interface Answer {
  readonly status: number
  // What the hive answers is what these tests look at
  readonly body: ReturnType<typeof JSON.parse>
}

export const ask = (method: string, path: string, json?: unknown) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    return yield* Effect.promise(async (): Promise<Answer> => {
      const response = await fetch(url + path, {
        method,
        headers: { "content-type": "application/json", authorization: "Bearer hh_test" },
        ...(json === undefined ? {} : { body: JSON.stringify(json) })
      })
      const text = await response.text()
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) }
    })
  })

/** The body of an answer that must be 200. */
export const ok = (method: string, path: string, json?: unknown) =>
  Effect.map(ask(method, path, json), ({ body, status }) => {
    assert.strictEqual(status, 200, `${method} ${path}: ${JSON.stringify(body)}`)
    return body
  })

export const refused = (method: string, path: string, json: unknown, statusCode: number, errorCode: string) =>
  Effect.map(ask(method, path, json), ({ body, status }) => {
    assert.strictEqual(status, statusCode, JSON.stringify(body))
    assert.deepInclude(body, { statusCode, errorCode, success: false })
    assert.isString(body.message)
    return body.message as string // just seen
  })
