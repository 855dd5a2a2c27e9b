/**
 * What the tests of the page stand on: a hive over a real file, what the example agent did in it, generated traces, and
 * Debian's Chromium.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { Effect, Layer, ManagedRuntime } from "effect"
import { NodeServices } from "@effect/platform-node"
import { answer } from "@honeyhive/examples/support-agent/Agent"
import { Knowledge } from "@honeyhive/examples/support-agent/Knowledge"
import * as LocalModel from "@honeyhive/examples/support-agent/LocalModel"
import { Orders } from "@honeyhive/examples/support-agent/Orders"
import { questions } from "@honeyhive/examples/support-agent/questions"
import { SupportToolsLive } from "@honeyhive/examples/support-agent/Tools"
import { evaluation } from "@honeyhive/examples/support-evaluation/Evaluation"
import { Hive, layerLocal } from "@honeyhive/hive"
import { EffectAi } from "@honeyhive/instruments"
import { HoneyHive } from "@honeyhive/tracing"
import * as Debian from "../../scripts/debian.ts"

const examples = fileURLToPath(new URL("../../packages/examples/src/support-agent/", import.meta.url))

const AgentLive = Layer.mergeAll(
  LocalModel.layer,
  EffectAi.layer,
  SupportToolsLive.pipe(
    Layer.provide([Knowledge.layer(join(examples, "docs")), Orders.layer(join(examples, "orders.json"))]),
    Layer.provide(NodeServices.layer)
  )
)

const layer = (path: string) => layerLocal({ hive: { path } })

type Services = Layer.Success<ReturnType<typeof layer>>

export interface Stage {
  readonly url: string
  readonly browser: Browser
  /** Runs with the hive and a tracer that sends to it. */
  readonly run: <A, E>(effect: Effect.Effect<A, E, Services>) => Promise<A>
  /** A page in a context of its own, at an address of the hive. */
  readonly open: (address: string, options?: BrowserContextOptions) => Promise<Page>
  readonly close: () => Promise<void>
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const everyRule = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']"

/** What axe finds wrong with a page, in words; `rules` is its `runOnly`. */
export const violations = async (page: Page, rules: string = everyRule): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe)
  const found: {
    readonly violations: ReadonlyArray<{
      readonly id: string
      readonly nodes: ReadonlyArray<{ readonly html: string }>
    }>
  } = await page.evaluate(`axe.run(document, { runOnly: ${rules} })`)
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

/** The path of Chromium; undefined where it can neither be found nor installed. */
export const chromiumPath = Debian.needed("test/viewer", Debian.chromium)

/** Sets it up. Closed with `close`. */
export const stage = async (executablePath: string): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), "honeyhive-page-"))
  const runtime = ManagedRuntime.make(layer(join(folder, "hive.db")))
  const { url } = await runtime.runPromise(Hive)
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync"
    ]
  })
  return {
    url,
    browser,
    run: (effect) => runtime.runPromise(effect),
    open: async (address, options) => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
      context.setDefaultTimeout(15_000)
      const page = await context.newPage()
      await page.goto(new URL(address, url).href)
      return page
    },
    close: async () => {
      await browser.close()
      await runtime.dispose()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** What the example agent does with its questions; the sessions' ids, in the order of the questions. */
export const askAgent = Effect.gen(function* () {
  const ids = yield* Effect.forEach(questions, ({ text, user }) => {
    const id = crypto.randomUUID()
    return answer(text).pipe(
      Effect.tap((answer) => HoneyHive.enrichSession({ outputs: { answer } })),
      HoneyHive.withSession({ id, name: "support", userId: user, inputs: { question: text } }),
      Effect.exit,
      Effect.as(id)
    )
  })
  yield* HoneyHive.flush
  return ids
}).pipe(Effect.provide(AgentLive))

/** Evaluates the example agent with two settings, as `pnpm evaluate` does; the runs' names are theirs. */
export const evaluateAgent = Effect.andThen(
  evaluation("four passages", { passages: 4 }),
  evaluation("one passage", { passages: 1 })
)

const hex = (value: number, width: number): string => value.toString(16).padStart(width, "0")

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === "string" ? { stringValue: value } : { intValue: value }
})

/**
 * Sends a trace of `count` spans, a tree of agents with models and tools in it, every 500th failed; the session's id.
 */
export const sendTrace = async (url: string, count: number, start = Date.now() - 3_600_000): Promise<string> => {
  const sessionId = crypto.randomUUID()
  const traceId = sessionId.replaceAll("-", "")
  const span = (at: number) => {
    const kind = at % 10 === 0 ? "chain" : at % 10 < 6 ? "model" : "tool"
    const from = BigInt(start) * 1_000_000n + BigInt(at) * 300_000n
    const length = at === 0 ? BigInt(count) * 300_000n : kind === "chain" ? 2_900_000n : 250_000n
    return {
      traceId,
      spanId: hex(at + 1, 16),
      ...(at > 0 && {
        parentSpanId: hex(
          kind === "chain" ? 1 + Math.floor(at / 100) * 10 * (at % 100 === 0 ? 0 : 10) : at - (at % 10) + 1,
          16
        )
      }),
      name: `${kind} ${at % 7}`,
      kind: 1,
      startTimeUnixNano: String(from),
      endTimeUnixNano: String(from + length),
      status: at > 0 && at % 500 === 0 ? { code: 2, message: `step ${at} failed` } : {},
      attributes: [
        attribute("honeyhive.session_id", sessionId),
        attribute("honeyhive_event_type", kind),
        ...(at === 0
          ? [attribute("honeyhive.session_name", "generated"), attribute("honeyhive.session_auto_create", "true")]
          : []),
        ...(kind === "model"
          ? [
              attribute("gen_ai.request.model", "gpt-4.1-mini"),
              attribute("gen_ai.usage.input_tokens", 100 + (at % 50)),
              attribute("gen_ai.usage.output_tokens", 20 + (at % 9))
            ]
          : [])
      ]
    }
  }
  for (let from = 0; from < count; from += 5_000) {
    const spans = Array.from({ length: Math.min(5_000, count - from) }, (_, at) => span(from + at))
    const response = await fetch(`${url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: "generated" }, spans }] }]
      })
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }
  return sessionId
}
