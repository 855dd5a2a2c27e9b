/**
 * Calls to HoneyHive's REST API; a module of its own so that it is loaded only when a session is announced.
 */
import * as Effect from "effect/Effect"
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import * as connections from "./otlp/connections.ts"
import { poolOf } from "./otlp/pool.ts"
import type { Settings } from "../TracerConfig.ts"

/** A call that was not accepted. */
class CallError extends Schema.TaggedError<CallError>()("CallError", {
  message: Schema.String,
  /** Absent where nobody answered. */
  status: Schema.optionalKey(Schema.Int),
  /** Milliseconds that the backend asks to be left alone. */
  retryAfter: Schema.optionalKey(Schema.Number)
}) {
  /** There is nobody, or somebody who cannot answer yet: the same call will be accepted later. */
  get isAway(): boolean {
    return this.status === undefined || [429, 502, 503, 504].includes(this.status)
  }
  /** It may have been an accident. */
  get isTransient(): boolean {
    return this.status === 408 || this.status === 500
  }
}

const retries = Schedule.exponential("200 millis").pipe(Schedule.jittered)

/** What an instance says of its sessions, over connections of its own, which never keep the process alive. */
export const connect = Effect.fnUntraced(function* (
  settings: Pick<Settings, "url" | "httpTimeout" | "http" | "httpProxy" | "httpsProxy" | "noProxy">,
  key: Redacted.Redacted
) {
  const { url } = settings
  const { close, request } = yield* connections.connect({
    url,
    headers: { authorization: `Bearer ${Redacted.value(key)}`, "content-type": "application/json" },
    timeout: settings.httpTimeout,
    pool: poolOf(settings)
  })
  const call = (method: "POST" | "PUT", path: string, said: StartSession | UpdateEvent) =>
    request(method, url + path, [Buffer.from(JSON.stringify(said))], {}).pipe(
      Effect.mapError(({ message }) => new CallError({ message: `nobody answered at ${url}: ${message}` })),
      Effect.flatMap(({ retryAfter, status }) =>
        status >= 200 && status < 300
          ? Effect.void
          : Effect.fail(
              new CallError({
                message: `${method} ${url}${path}: answer ${status}`,
                status,
                ...(retryAfter === undefined ? {} : { retryAfter: Duration.toMillis(retryAfter) })
              })
            )
      ),
      Effect.retry({
        // An event that was delivered a moment ago may still be on its way through the backend
        while: ({ isTransient, status }) => isTransient || (method === "PUT" && status === 404),
        schedule: retries,
        times: 3
      })
    )
  return {
    start: (session: StartSession) => call("POST", "/v1/sessions", session),
    update: (id: string, change: UpdateEvent) => call("PUT", `/v1/events/${encodeURIComponent(id)}`, change),
    close
  }
})
