/**
 * ClickHouse's HTTP interface over chDB, which is ClickHouse's own engine in a library: for tests where no server can be had.
 *
 * `node bridge.ts <folder with chdb>` prints its URL and runs until standard input ends. One request at a time; settings and
 * parameters are those of the request, as the server has them.
 */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { createRequire } from "node:module"
import { join } from "node:path"
import * as Schema from "effect/Schema"

interface Session {
  query(sql: string, format: string): string
}

const [folder = ""] = process.argv.slice(2)
// The library is outside of the repository: it is found at run time
const { Session } = createRequire(join(folder, "package.json"))("chdb") as { readonly Session: new () => Session }
const session = new Session()

const USER = "tester"
const PASSWORD = "s3cret/#?"

const read = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // a stream of bytes
  return Buffer.concat(chunks)
}

const literal = (text: string): string => `'${text.replace(/[\\']/g, "\\$&").replaceAll("\0", "\\0")}'`

const Named = Schema.String.check(Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_]*$/))
const named = Schema.decodeUnknownSync(Named)

/** Of the request alone: the server does not take them for settings either. */
const reserved = new Set(["query", "query_id", "session_id", "wait_end_of_query"])

/** What goes before the statement, so that it runs as the request wants it. */
const preamble = (fields: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  [...fields].flatMap(([name, value]) => {
    if (reserved.has(name)) return []
    if (name === "database") return [`USE ${named(value)}`]
    return [`SET ${named(name)} = ${literal(value)}`]
  })

const parts = (body: Buffer, contentType: string): ReadonlyMap<string, string> => {
  const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? ""
  const fields = new Map<string, string>()
  for (const part of body.toString("utf8").split(`--${boundary}`)) {
    const found = /name="([^"]+)"[^\r]*\r\n(?:[^\r]+\r\n)*\r\n([\s\S]*)\r\n$/.exec(part)
    if (found?.[1] !== undefined) fields.set(found[1], found[2] ?? "")
  }
  return fields
}

const answer = async (request: IncomingMessage): Promise<string> => {
  const url = new URL(request.url ?? "/", "http://bridge")
  const fields = new Map(url.searchParams)
  const body = await read(request)
  const contentType = request.headers["content-type"] ?? ""
  const multipart = contentType.startsWith("multipart/form-data")
  if (multipart) for (const [name, value] of parts(body, contentType)) fields.set(name, value)
  for (const sql of preamble(fields)) session.query(sql, "JSONEachRow")
  const query = fields.get("query")
  const sql = query === undefined ? body.toString("utf8") : multipart ? query : `${query}\n${body.toString("utf8")}`
  return session.query(sql, "TabSeparated")
}

const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`

const server = createServer({ maxHeaderSize: 1024 * 1024 }, (request, response) => {
  if (request.url === "/ping") return void response.end("Ok.\n")
  if (request.headers.authorization !== expected) {
    const message = "Code: 516. DB::Exception: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)\n"
    return void response.writeHead(403, { "x-clickhouse-exception-code": "516" }).end(message)
  }
  answer(request).then(
    (text) => response.writeHead(200, { "content-type": "text/plain; charset=UTF-8" }).end(text),
    (error: unknown) => {
      const message = (error instanceof Error ? error.message : String(error)).replace(/^Query failed: /, "")
      const code = /Code: (\d+)/.exec(message)?.[1] ?? "1001"
      response
        .writeHead(code === "60" || code === "81" ? 404 : 500, { "x-clickhouse-exception-code": code })
        .end(message)
    }
  )
})

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo // it listens on TCP
  process.stdout.write(`clickhouse://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}\n`)
})
process.stdin.resume()
process.stdin.on("end", () => process.exit(0))
