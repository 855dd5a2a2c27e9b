/**
 * Answers a few customers' questions with a hive in this process, and shows what happened: here, and on the hive's page
 * until Ctrl-C. `--once` ends without waiting.
 */
import { fileURLToPath } from "node:url"
import { Cause, Config, Console, Effect, Exit, Layer, Option, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Hive, HoneyHiveLocal, TraceStore } from "@honeyhive/hive"
import { EffectAi } from "@honeyhive/instruments"
import { HoneyHive } from "@honeyhive/tracing"
import { answer } from "./Agent.ts"
import { Knowledge } from "./Knowledge.ts"
import * as LocalModel from "./LocalModel.ts"
import * as OpenAiModel from "./OpenAiModel.ts"
import { Orders } from "./Orders.ts"
import { questions } from "./questions.ts"
import { SupportToolsLive } from "./Tools.ts"
import * as Tree from "@honeyhive/cli/Tree"

/** OpenAI's, or one that speaks its protocol, when there is a key; the local one otherwise. */
const ModelLive = Layer.unwrap(
  Effect.gen(function* () {
    const options = yield* Config.option(OpenAiModel.config)
    return Option.isSome(options) && Redacted.value(options.value.apiKey) !== ""
      ? OpenAiModel.layer(options.value).pipe(Layer.provide(FetchHttpClient.layer))
      : LocalModel.layer
  })
)

const fixture = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const AgentLive = Layer.mergeAll(
  ModelLive,
  EffectAi.layer,
  SupportToolsLive.pipe(
    Layer.provide([Knowledge.layer(fixture("docs")), Orders.layer(fixture("orders.json"))]),
    Layer.provide(NodeServices.layer)
  )
)

const whyNot = (cause: Cause.Cause<unknown>): string =>
  `No answer: ${Cause.prettyErrors(cause)[0]?.message.split("\n", 1)[0] ?? "interrupted"}`

const ask = Effect.fnUntraced(function* ({ text, user }: (typeof questions)[number]) {
  const id = crypto.randomUUID()
  const exit = yield* answer(text).pipe(
    Effect.tap((answer) => HoneyHive.enrichSession({ outputs: { answer } })),
    HoneyHive.withSession({ id, name: "support", userId: user, inputs: { question: text } }),
    Effect.exit
  )
  return { id, text, said: Exit.match(exit, { onSuccess: (answer) => answer, onFailure: whyNot }) }
})

const program = Effect.gen(function* () {
  const { url } = yield* Hive
  const store = yield* TraceStore
  const runs = yield* Effect.forEach(questions, ask, { concurrency: 3 })
  yield* HoneyHive.flush
  for (const { id, said, text } of runs) {
    const events = yield* store.sessionEvents(id)
    yield* Console.log(`\n> ${text}\n${said}\n\n${Tree.render(events, { colours: process.stdout.isTTY })}`)
  }
  yield* Console.log(`\nThe hive: ${url}`)
  // A test, or a run in CI, has seen enough
  if (process.env["CI"] === "true" || process.argv.includes("--once")) return
  yield* Console.log("Open it in a browser to see these sessions. Ctrl-C ends it.")
  yield* Effect.never
})

program.pipe(Effect.provide(AgentLive), Effect.provide(HoneyHiveLocal), NodeRuntime.runMain)
