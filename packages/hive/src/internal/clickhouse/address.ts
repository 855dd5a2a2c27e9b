/**
 * Where a ClickHouse server is, out of a URL and what is given beside it.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { TraceStoreError } from "../../TraceStore.ts"
import type { Address } from "./database.ts"

const protocols: ReadonlyMap<string, string> = new Map([
  ["clickhouse:", "http:"],
  ["clickhouses:", "https:"],
  ["http:", "http:"],
  ["https:", "https:"]
])

const expected = "expected clickhouse://user:password@host:8123/database (clickhouses:// over TLS)"

const wrong = (message: string) => Effect.fail(new TraceStoreError({ message }))

/** Messages never show the URL: it may have a password in it. */
export const addressOf = (options: {
  readonly url: string
  readonly database?: string | undefined
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
}): Effect.Effect<Address, TraceStoreError> =>
  Effect.suspend(() => {
    if (!URL.canParse(options.url)) return wrong(`ClickHouse's URL cannot be read: ${expected}`)
    const url = new URL(options.url)
    const protocol = protocols.get(url.protocol)
    if (protocol === undefined || url.hostname === "") {
      return wrong(`ClickHouse's URL begins with ${url.protocol}//: ${expected}`)
    }
    const database = options.database ?? (decodeURIComponent(url.pathname.slice(1)) || "honeyhive")
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(database)) {
      return wrong(`ClickHouse's database ${JSON.stringify(database)}: use letters, digits and _`)
    }
    const usual = protocol === "http:" ? "8123" : "8443"
    const port = url.port === "" && url.protocol.startsWith("clickhouse") ? usual : url.port
    return Effect.succeed({
      url: `${protocol}//${url.hostname}${port === "" ? "" : `:${port}`}`,
      database,
      username: options.username ?? (decodeURIComponent(url.username) || "default"),
      password: options.password ?? Redacted.make(decodeURIComponent(url.password))
    })
  })
