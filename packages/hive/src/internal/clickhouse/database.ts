/**
 * The way to a ClickHouse server: its official client, loaded with the first store that needs it.
 */
import type { ClickHouseClient } from "@clickhouse/client"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { TraceStoreError } from "../../TraceStore.ts"

export interface Address {
  /** `http://host:8123` */
  readonly url: string
  readonly database: string
  readonly username: string
  readonly password: Redacted.Redacted
}

/** Values of a statement by name, each with its type in the statement: `{p0:String}`. */
export type Params = { readonly [name: string]: unknown }

interface Statement {
  readonly sql: string
  readonly params?: Params
}

export interface Database {
  /** The rows of a statement, as a Schema has them. */
  readonly rows: <A>(
    what: string,
    schema: Schema.Codec<A, unknown>,
    statement: Statement
  ) => Effect.Effect<ReadonlyArray<A>, TraceStoreError>
  /** Adds rows to a table in one insert, which is acknowledged when the server has written them. */
  readonly insert: (what: string, table: string, rows: ReadonlyArray<object>) => Effect.Effect<void, TraceStoreError>
  readonly run: (what: string, statement: Statement) => Effect.Effect<void, TraceStoreError>
}

const missing = "the ClickHouse store needs the package @clickhouse/client: npm install @clickhouse/client"

const load = Effect.tryPromise({
  try: () => import("@clickhouse/client"),
  catch: (cause) =>
    new TraceStoreError({
      message:
        cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND" ? missing : String(cause),
      cause
    })
})

const settings = {
  // The versions of a row are always in one partition: the month is part of their key
  do_not_merge_across_partitions_select_final: 1,
  // Skip indexes find granules whose rows other versions may have replaced: those are read too
  use_skip_indexes_if_final: 1,
  use_skip_indexes_if_final_exact_mode: 1,
  output_format_json_quote_64bit_integers: 0,
  // An import may reach over many years
  max_partitions_per_insert_block: "0",
  // An error comes as the answer's status, not in the middle of the rows
  wait_end_of_query: 1
} as const

const describe = (cause: unknown): string => {
  const text = cause instanceof AggregateError ? cause.errors.map(String).join(", ") : ""
  return text !== "" ? text : cause instanceof Error ? cause.message : String(cause)
}

/**
 * Codes with which a server says that it cannot now: too many or too long queries, too little memory, parts that are not merged
 * yet, a table that may not be written at the moment, a network or a keeper that is away.
 */
const passing = new Set([
  "159",
  "160",
  "202",
  "209",
  "210",
  "225",
  "241",
  "242",
  "252",
  "279",
  "319",
  "394",
  "425",
  "999"
])

/** Whether the same may work in a moment: the server did not answer, or said so. */
const isPassing = (cause: unknown): boolean => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  // A server's own refusals have a number
  return typeof code === "string" && /^\d+$/.test(code) ? passing.has(code) : !(cause instanceof TypeError)
}

/** A server's refusals go to whoever asked; they never quote what was sent. */
const failed = (what: string, cause: unknown): TraceStoreError => {
  const message = describe(cause)
    .replace(/\(while reading[\s\S]*/, "")
    .slice(0, 500)
  return new TraceStoreError({ message: `${what}: ${message}`, cause, ...(isPassing(cause) ? { busy: true } : {}) })
}

const over = (client: ClickHouseClient): Database => {
  const attempt = <A>(what: string, work: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, TraceStoreError> =>
    Effect.tryPromise({ try: work, catch: (cause) => failed(what, cause) })
  return {
    rows: (what, schema, { params = {}, sql }) => {
      const decode = Schema.decodeUnknownEffect(Schema.Array(schema))
      return attempt(what, async (signal) => {
        const result = await client.query({
          query: sql,
          query_params: params,
          format: "JSONEachRow",
          abort_signal: signal
        })
        return await result.json<unknown>()
      }).pipe(
        Effect.flatMap((rows) =>
          Effect.mapError(
            decode(rows),
            (cause) =>
              new TraceStoreError({ message: `${what}: rows that are not this store's: ${cause.message}`, cause })
          )
        )
      )
    },
    // Half an insert would be worse than a late interruption
    insert: (what, table, rows) =>
      rows.length === 0
        ? Effect.void
        : Effect.uninterruptible(
            Effect.asVoid(attempt(what, () => client.insert({ table, values: rows, format: "JSONEachRow" })))
          ),
    run: (what, { params = {}, sql }) =>
      Effect.uninterruptible(Effect.asVoid(attempt(what, () => client.command({ query: sql, query_params: params }))))
  }
}

/** A server's database for as long as the scope; it is made when it is missing. */
export const connect = (address: Address): Effect.Effect<Database, TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const { createClient, ClickHouseLogLevel } = yield* load
    const open = (database: string | undefined) =>
      Effect.acquireRelease(
        Effect.try({
          try: () =>
            createClient({
              url: address.url,
              username: address.username,
              password: Redacted.value(address.password),
              ...(database === undefined ? {} : { database }),
              application: "honeyhive",
              request_timeout: 60_000,
              compression: { request: false, response: false },
              clickhouse_settings: settings,
              // Lists of ids outgrow what servers and proxies take as a URL
              use_multipart_params_auto: true,
              log: { level: ClickHouseLogLevel.OFF }
            }),
          catch: (cause) => failed("connecting to ClickHouse", cause)
        }),
        (client) => Effect.promise(() => client.close())
      )
    yield* Effect.scoped(
      Effect.flatMap(open(undefined), (client) =>
        over(client).run(`opening ClickHouse at ${address.url}`, {
          sql: `CREATE DATABASE IF NOT EXISTS ${address.database}`
        })
      )
    )
    return over(yield* open(address.database))
  })
