/**
 * Two services, two processes, one hive: what one does for the other is one trace in one session.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Hive, TraceStore } from "@honeyhive/hive"
import { Http } from "@honeyhive/instruments"
import { HoneyHive, traced, withBaggage } from "@honeyhive/tracing"

const key = "hh_key"

/** A plain program: a server that continues its callers, and ends when its input does. */
const callee = (url: string) => `
import { createServer } from "node:http"
import { continueFrom, start, traced } from "@honeyhive/tracing"
const hive = await start({ apiKey: "${key}", url: "${url}", sessionName: "callee", source: "callee" })
const search = traced({ name: "search" }, async (query) => [query + ".md"])
const server = createServer((request, response) => {
  void continueFrom(request.headers, () => search(request.url.slice(1))).then((found) => response.end(JSON.stringify(found)))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
process.stdin.resume().on("end", async () => {
  server.closeAllConnections()
  server.close()
  await hive.close()
})
`

/** Runs until its scope closes, and has sent everything then. */
const service = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", callee(url)], {
        cwd: import.meta.dirname,
        stdio: ["pipe", "pipe", "inherit"]
      })
      const [port] = (await once(child.stdout, "data")) as [Buffer] // the one line that it prints
      return { child, url: `http://127.0.0.1:${String(port).trim()}` }
    }),
    ({ child }) =>
      Effect.promise(async () => {
        const exit = once(child, "exit")
        child.stdin.end()
        await exit
      })
  )

const ask = traced({ name: "ask" }, async (url: string, query: string): Promise<unknown> =>
  (await fetch(`${url}/${query}`)).json()
)

describe("two services", () => {
  it.live("share the trace and the session of the one that was asked first", () =>
    Effect.gen(function* () {
      const hive = yield* Layer.build(Hive.layer({ keys: [Redacted.make(key)] }))
      const { url } = Context.get(hive, Hive)
      const store = Context.get(hive, TraceStore)
      yield* Effect.gen(function* () {
        const there = yield* service(url)
        const instance = Http.layer({ propagateTo: (target) => target.origin === there.url }).pipe(
          Layer.provideMerge(HoneyHive.layer({ apiKey: key, url, source: "caller" }))
        )
        const request = (id: string) =>
          Effect.promise(() => ask(there.url, id)).pipe(
            Effect.withSpan("agent"),
            withBaggage({ run_id: `run-${id}` }),
            HoneyHive.withSession({ name: id })
          )
        const answers = yield* Effect.forEach(["a", "b", "c"], request, { concurrency: "unbounded" }).pipe(
          Effect.provide(instance)
        )
        assert.deepStrictEqual(answers, [["a.md"], ["b.md"], ["c.md"]])
      }).pipe(Effect.scoped)

      const sessions = yield* store.sessions({ limit: 100, offset: 0 })
      assert.deepStrictEqual(sessions.map((session) => session.name).toSorted(), ["a", "b", "c"])
      for (const session of sessions) {
        const [, ...events] = yield* store.sessionEvents(session.session_id)
        assert.deepStrictEqual(
          events.map((event) => event.event_name),
          ["agent", "ask", "GET", "search"]
        )
        const [agent, asked, get, search] = events
        assert.deepStrictEqual(
          [asked?.parent_id, get?.parent_id, search?.parent_id],
          [agent?.event_id, asked?.event_id, get?.event_id]
        )
        assert.deepStrictEqual(search?.outputs, { result: [`${session.name}.md`] })
        assert.strictEqual(search?.source, "caller")
        assert.strictEqual(search?.metadata["run_id"], `run-${session.name}`)
      }
    })
  )
})
