/**
 * `POST /:tenant/questions` answers a question, traced for the tenant who asks.
 */
import { Effect, Schema } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HoneyHive, HoneyHiveTenants } from "@honeyhive/tracing"
import { Directory } from "./Tenants.ts"

const search = Effect.fn("search")(function* (query: string) {
  yield* HoneyHive.enrichSpan({ type: "tool", inputs: { query } })
  return [`${query.split(" ").at(-1)}.md`]
})

const answer = Effect.fn("answer")(function* (question: string) {
  yield* HoneyHive.enrichSpan({ type: "chain", inputs: { question } })
  return `see ${(yield* search(question)).join(", ")}`
})

const Path = Schema.Struct({ tenant: Schema.NonEmptyString })

/** The routes; they need the tenants' tracers, and no tracer of their own. */
export const routes = HttpRouter.use((router) =>
  Effect.gen(function* () {
    const { find } = yield* Directory
    const tracing = yield* HoneyHiveTenants
    yield* router.add("POST", "/:tenant/questions", (request: HttpServerRequest.HttpServerRequest) =>
      Effect.gen(function* () {
        const { tenant } = yield* HttpRouter.schemaPathParams(Path)
        if (find(tenant) === undefined) return HttpServerResponse.text(`no tenant ${tenant}`, { status: 404 })
        const reply = yield* answer(yield* request.text).pipe(
          HoneyHive.withSession({ name: "question" }),
          Effect.provide(tracing.get(tenant))
        )
        return HttpServerResponse.text(reply)
      })
    )
  })
)
