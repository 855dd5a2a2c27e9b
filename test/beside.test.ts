/**
 * Beside NodeSDK, `@vercel/otel` and Sentry, registered before or after: their spans, sampling and context stay theirs, ours
 * stay ours; attached to them, one tree holds everything.
 */
import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { json } from "node:stream/consumers"
import { describe, expect, it } from "vitest"
import type { How, Owner, Report, Seen } from "./beside.fixture.ts"

interface Otlp {
  readonly resourceSpans: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{
      readonly spans: ReadonlyArray<
        Pick<Seen, "name" | "traceId" | "spanId"> & {
          readonly parentSpanId?: string
          readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: object }>
        }
      >
    }>
  }>
}

const decode = (body: unknown): ReadonlyArray<Seen> =>
  (body as Otlp).resourceSpans // what the exporter sends
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ attributes, name, parentSpanId, spanId, traceId }) => ({
      name,
      traceId,
      spanId,
      parentId: parentSpanId,
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
    }))

interface Ran extends Report {
  /** What HoneyHive got. */
  readonly ours: ReadonlyArray<Seen>
  readonly sessions: number
  readonly stderr: string
}

/** HoneyHive's backend, which is also the server that the program's own code calls. */
const run = async (owner: Owner, how: How): Promise<Ran> => {
  const ours: Array<Seen> = []
  let sessions = 0
  const server = createServer(async (request, response) => {
    if (request.url === "/opentelemetry/v1/traces") ours.push(...decode(await json(request)))
    if (request.url === "/v1/sessions") sessions++
    response.writeHead(200, { "content-type": "application/json" }).end("{}")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address
  const program = join(import.meta.dirname, "beside.fixture.ts")
  try {
    return await new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [program, owner, how, `http://127.0.0.1:${port}`],
        { timeout: 50_000, env: { ...process.env, OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" } },
        (error, stdout, stderr) =>
          error === null ? resolve({ ...JSON.parse(stdout), ours, sessions, stderr }) : reject(error)
      )
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** `name < parent`, in alphabetical order; a parent that is not among the spans has no name. */
const tree = (spans: ReadonlyArray<Seen>): ReadonlyArray<string> =>
  spans
    .map(({ name, parentId }) => {
      const parent = spans.find((other) => other.spanId === parentId)?.name ?? (parentId === undefined ? "" : "?")
      return `${shortened(name)} < ${shortened(parent)}`
    })
    .toSorted()

// Each owner has its own name for the request that its instrumentation of `fetch` sees
const shortened = (name: string): string => (/\bGET\b/.test(name) ? "GET" : name)

const isOurAttribute = (name: string): boolean => /honeyhive|traceloop/.test(name)

const owners: ReadonlyArray<Owner> = ["NodeSDK", "@vercel/otel", "Sentry", "Sentry by itself"]

const theirOwn = ["GET < library", "afterwards < ", "library < request", "request < "]

describe.concurrent.each(owners)("beside %s", (owner) => {
  it.each<How>(["before", "after"])("registered %s: theirs stay theirs, ours stay ours", async (how) => {
    const { contextStays, globalStays, mode, ours, sessions, stderr, theirs } = await run(owner, how)
    expect(mode).toBe("independent")
    // Their sampler skips one of the two requests; ours have no say in that, and it has none in ours
    expect(tree(theirs)).toEqual(theirOwn)
    expect(tree(ours)).toEqual(["agent < ", "agent < ", "step < agent", "step < agent"])
    expect(sessions).toBe(2)
    expect(theirs.flatMap(({ attributes }) => Object.keys(attributes).filter(isOurAttribute))).toEqual([])
    expect(new Set([...theirs, ...ours].map(({ traceId }) => traceId)).size).toBe(4)
    expect(globalStays).toEqual([true, true])
    expect(new Set(contextStays)).toEqual(new Set([true]))
    expect(stderr).toBe("")
  })
})

describe.concurrent.each<Owner>(["NodeSDK", "@vercel/otel", "Sentry"])("attached to %s", (owner) => {
  it.each<How>(["attach given", "attach running"])("%s: one tree, two copies", async (how) => {
    const { contextStays, globalStays, mode, ours, stderr, theirs } = await run(owner, how)
    expect(mode).toBe("attached")
    const one = ["GET < library", "agent < request", "library < step", "request < ", "step < agent"]
    expect(tree(ours)).toEqual(one)
    expect(tree(theirs)).toEqual([...one, "afterwards < "].toSorted())
    for (const span of ours) {
      const copy = theirs.find(({ spanId }) => spanId === span.spanId)
      expect(copy?.traceId).toBe(span.traceId)
      expect(span.attributes["honeyhive.session_id"]).toBeTypeOf("string")
      expect(span.attributes["honeyhive_event_type"]).toBe("tool")
    }
    const [agent] = ours.filter(({ name }) => name === "agent")
    expect(agent?.attributes).toMatchObject({ "honeyhive_metadata.tier": "gold", "honeyhive.session_name": "mine" })
    expect(theirs.flatMap(({ attributes }) => Object.keys(attributes).filter(isOurAttribute))).toEqual([])
    expect(globalStays).toEqual([true, true])
    expect(new Set(contextStays)).toEqual(new Set([true]))
    expect(stderr).toBe("")
  })
})

describe("attached to Sentry by itself, which takes no span processor", () => {
  it("falls back to an independent instance, and says so", async () => {
    const { mode, ours, stderr, theirs } = await run("Sentry by itself", "attach running")
    expect(mode).toBe("independent")
    expect(tree(theirs)).toEqual(theirOwn)
    expect(tree(ours)).toEqual(["agent < ", "agent < ", "step < agent", "step < agent"])
    expect(stderr).toContain("independent, not attached")
  })
})
