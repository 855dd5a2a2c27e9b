/**
 * The details of one event in a real browser: what is shown of it, and what a reader adds to it.
 */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { text } from "node:stream/consumers"
import type { Page } from "playwright-core"
import { Effect, Fiber, Schema } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { HoneyHive } from "@honeyhive/tracing"
import { chromiumPath, type Stage, stage, violations } from "./stage.ts"

class OutOfStock extends Schema.TaggedError<OutOfStock>()("OutOfStock", {
  item: Schema.Number,
  message: Schema.String,
  cause: Schema.Defect()
}) {}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const look = (rules: string) =>
  `axe.run("section[aria-label^=Event]", { runOnly: ${rules} }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`

const headers = { "content-type": "application/json", authorization: "Bearer hh_local" }

const session = crypto.randomUUID()
const chat = crypto.randomUUID()
const large = crypto.randomUUID()
const lost = crypto.randomUUID()
const running = crypto.randomUUID()

const svg =
  "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='40'><rect width='90' height='40' fill='teal'/></svg>"

const conversation = [
  { role: "system", content: "You are **Kookaburra**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] open" },
  {
    role: "user",
    content: [
      { type: "text", text: "Where is it? See [the page](https://shop.example/orders)." },
      { type: "image_url", image_url: { url: `data:image/svg+xml;utf8,${svg}` } },
      { type: "image_url", image_url: { url: "https://pictures.example/1.png" } }
    ]
  },
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "call_1", function: { name: "lookupOrder", arguments: '{"order":"KC-4711"}' } }]
  },
  { role: "tool", tool_call_id: "call_1", content: '{"state":"shipped"}' }
]

const answer = {
  role: "assistant",
  content: "It is on its way.\n\n```ts\nconst a = 1\n```\n\nMore…[cut: 1200 more characters]",
  finish_reason: "stop"
}

const post = async (url: string, body: object) => {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

const eventOf = async (url: string, id: string) => {
  const response = await fetch(`${url}/v1/events/${id}`, { headers })
  const { event } = (await response.json()) as { event: { [key: string]: unknown } }
  return event
}

/** What a command says that is pasted into a shell; the hive is in this process, which must go on. */
const bash = (command: string): Promise<string> => {
  const shell = spawn("bash", ["--norc", "-s"], { stdio: ["pipe", "pipe", "inherit"] })
  shell.stdin.end(command)
  return text(shell.stdout)
}

/** The ids of a session's events by their names. */
const idsOf = async (url: string, id: string): Promise<ReadonlyMap<string, string>> => {
  const text = await (await fetch(`${url}/api/sessions/${id}/spans`)).text()
  const rows = text
    .trim()
    .split("\n")
    .flatMap((line) => (JSON.parse(line) as { rows?: ReadonlyArray<ReadonlyArray<string>> }).rows ?? [])
  return new Map(rows.map((row) => [row[3] ?? "", row[0] ?? ""]))
}

describe.skipIf(chromiumPath === undefined)("one event", () => {
  let scene: Stage
  let page: Page
  const errors: Array<string> = []
  const show = (event: string, tab = "", of = session) =>
    page.goto(`${scene.url}/sessions/${of}?event=${event}${tab === "" ? "" : `&tab=${tab}`}`)
  const panel = () => page.locator("section[aria-label^=Event]")
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  /** What axe finds wrong with the panel, in light and in dark; what does not depend on colours is looked at once. */
  const inBoth = async () => {
    if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe)
    const found = await page.evaluate(look("['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']"))
    await page.emulateMedia({ colorScheme: "dark" })
    const dark = await page.evaluate(look("['color-contrast']"))
    await page.emulateMedia({ colorScheme: "light" })
    expect([found, dark]).toEqual([[], []])
  }

  beforeAll(async () => {
    scene = await stage(chromiumPath ?? "")
    await post(`${scene.url}/v1/sessions`, { session_id: session, session_name: "shown" })
    const start_time = Date.now() - 10_000
    const common = { session_id: session, event_type: "model", start_time }
    await post(`${scene.url}/v1/events/batch`, {
      events: [
        {
          ...common,
          event_id: chat,
          event_name: "answer",
          duration: 2310,
          inputs: { chat_history: conversation, temperature: 0.2 },
          outputs: answer,
          config: { model: "gpt-4.1", provider: "openai" },
          metadata: {
            prompt_tokens: 1200,
            completion_tokens: 300,
            cache_read_input_tokens: 800,
            reasoning_tokens: 100,
            time_to_first_token_ms: 420
          },
          metrics: { faithfulness: 0.92 },
          user_properties: { user_id: "donald" }
        },
        {
          ...common,
          event_id: large,
          event_type: "tool",
          event_name: "large",
          duration: 1,
          inputs: { rows: Array.from({ length: 40_000 }, (_, at) => ({ at, text: `row ${at} ${"x".repeat(90)}` })) },
          outputs: { text: `${"y".repeat(300_000)} the end` }
        },
        {
          ...common,
          event_id: lost,
          event_type: "chain",
          event_name: "went away",
          inputs: {},
          metadata: { span_state: "lost" }
        },
        {
          ...common,
          event_id: running,
          event_type: "chain",
          event_name: "goes on",
          inputs: {},
          metadata: { span_state: "running" }
        }
      ]
    })
    page = await scene.open("about:blank")
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: scene.url })
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text())
    })
    page.on("pageerror", (error) => errors.push(error.message))
  })
  afterAll(() => scene.close())

  it("is a conversation where it is one", async () => {
    await show(chat)
    const system = page.getByRole("listitem").filter({ hasText: "Kookaburra" })
    await system.locator("strong").getByText("Kookaburra").waitFor()
    await system.getByRole("cell", { name: "2" }).waitFor()
    const link = page.getByRole("link", { name: "the page" })
    expect(await link.getAttribute("href")).toBe("https://shop.example/orders")
    expect(await link.getAttribute("rel")).toContain("noopener noreferrer")
    expect(await link.getAttribute("target")).toBe("_blank")
    // A picture that is in the trace is shown, another one is offered
    await expect
      .poll(() => page.locator("img[src^=data]").evaluate((image) => (image as HTMLImageElement).naturalWidth))
      .toBe(90)
    await page.getByRole("link", { name: "show image from pictures.example" }).waitFor()
    expect(await page.locator("img[src*='pictures.example']").count()).toBe(0)
    // The call has its answer beside it, and the answer is not said again
    const call = page.getByRole("listitem").filter({ hasText: "lookupOrder" })
    await call.getByText("KC-4711").waitFor()
    await call.getByText("shipped").waitFor()
    expect(await page.getByText("shipped").count()).toBe(1)
    await page.getByText("cut by the tracer: 1,200 more characters").waitFor()
    // Beside the conversation
    await page.getByRole("tree", { name: "Output" }).getByText("finish_reason").waitFor()
    await page.getByRole("button", { name: "Copy code" }).click()
    await expect.poll(clipboard).toBe("const a = 1")
    expect(await violations(page)).toEqual([])
    await inBoth()
    await page.keyboard.press("r")
    const raw = page.getByRole("tree", { name: "Input and output" })
    await raw.getByText("chat_history").waitFor()
    await inBoth()
    await page.getByRole("button", { name: "As raw JSON (r)" }).click()
    await raw.waitFor({ state: "detached" })
  })

  it("is searched and copied", async () => {
    await show(chat)
    await page.getByText("Kookaburra").waitFor()
    await page.keyboard.press("f")
    await page.keyboard.type("ORDER")
    await page.getByText("1 of 3").waitFor()
    const current = page.locator("[role=treeitem][aria-selected=true][data-match]")
    await current.getByText("shop.example/orders").waitFor()
    await page.keyboard.press("Enter")
    await current.getByText("lookupOrder").waitFor()
    await page.keyboard.press("Shift+Enter")
    await current.getByText("shop.example/orders").waitFor()
    await page.getByRole("button", { name: "Next match (Enter)" }).click()
    await page.getByText("2 of 3").waitFor()
    await page.getByRole("button", { name: "Copy path" }).click()
    await expect.poll(clipboard).toBe("inputs.chat_history[2].tool_calls[0].function.name")
    await page.getByRole("button", { name: "Copy value" }).click()
    await expect.poll(clipboard).toBe("lookupOrder")
    await inBoth()
    await page.getByRole("searchbox", { name: "Search in input and output" }).press("Escape")
    await page.getByText("Kookaburra").waitFor()
    await page.keyboard.press("c")
    await expect.poll(async () => JSON.parse(await clipboard())).toMatchObject({ outputs: answer })
  })

  it("opens, searches and scrolls five megabytes", async () => {
    await show(chat)
    await page.getByText("Kookaburra").waitFor()
    await page.getByRole("treeitem", { name: /large/ }).click()
    const tree = page.getByRole("tree", { name: "Input", exact: true })
    await tree.getByText("40000 items").waitFor()
    await tree.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    await tree.getByText("{ 2 fields }").first().waitFor()
    // Of the thousand that are open only those in sight are in the page
    expect(await tree.getByRole("treeitem").count()).toBeLessThan(120)
    await page.keyboard.press("End")
    await tree.getByText("show 1000 of 39000 more").click()
    await page.keyboard.press("f")
    await page.keyboard.type("row 39999")
    await page.getByText("1 of 1").waitFor()
    await page.getByRole("treeitem", { selected: true }).getByText("row 39999").waitFor()
    await page.getByRole("searchbox", { name: "Search in input and output" }).press("Escape")
    const output = page.getByRole("tree", { name: "Output" })
    await output.getByRole("button", { name: /show 100,000 of 299,2\d\d more characters/ }).click()
    await output.getByRole("button", { name: /show 100,000 of 199,2\d\d more characters/ }).click()
    await output.getByRole("button", { name: /show all/ }).click()
    await output.getByText("the end").waitFor()
    await inBoth()
  })

  it("tells failures, defects and interruptions apart", async () => {
    const id = crypto.randomUUID()
    const cause = new TypeError("the shelf is empty", { cause: new Error("a mouse") })
    await scene.run(
      Effect.gen(function* () {
        const fails = Effect.fail(new OutOfStock({ item: 7, message: "none left", cause })).pipe(
          Effect.withSpan("fails")
        )
        yield* Effect.exit(fails)
        yield* Effect.exit(Effect.die(new RangeError("impossible")).pipe(Effect.withSpan("breaks")))
        const fiber = yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("stops")), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* HoneyHive.flush
      }).pipe(HoneyHive.withSession({ id, name: "errors" }))
    )
    const ids = await idsOf(scene.url, id)
    const view = (name: string) => show(ids.get(name) ?? "", "", id)

    await view("fails")
    const failed = panel().getByRole("region", { name: "Failed" })
    await failed.getByText("an error that the program expects").waitFor()
    await failed.getByText("OutOfStock: none left").waitFor()
    await failed.getByRole("tree", { name: "Fields of the error" }).getByText("7").waitFor()
    await failed.getByText("TypeError: the shelf is empty").waitFor()
    await failed.getByText("Error: a mouse").waitFor()
    expect(await failed.getByText("caused by").count()).toBe(2)
    await failed.getByText("Stack").click()
    await failed.getByText("event.test.ts").first().waitFor()
    await inBoth()

    await view("breaks")
    const broken = panel().getByRole("region", { name: "Defect" })
    await broken.getByText("RangeError: impossible").first().waitFor()
    await inBoth()

    await view("stops")
    await panel().getByRole("region", { name: "Interrupted" }).getByText("that is no failure").waitFor()
    expect(await panel().getByRole("region", { name: "Failed" }).count()).toBe(0)
    await panel().getByRole("banner").or(panel().locator("header")).getByText("interrupted").waitFor()
    await inBoth()

    await show(running)
    await panel().getByText("It runs: what is shown is what has arrived so far.").waitFor()
    await panel().getByText("Nothing was said of it yet.").waitFor()
    await inBoth()
    const ended = { end_time: Date.now(), duration: 1_000, outputs: { answer: "42" } }
    await fetch(`${scene.url}/v1/events/${running}`, { method: "PUT", headers, body: JSON.stringify(ended) })
    // Without being asked for again
    await panel().getByRole("tree", { name: "Output" }).getByText("42").waitFor()

    await show(lost)
    await panel().getByText("Its process went away before it ended: what").waitFor()
    await inBoth()
  })

  it("says what it cost, who sent it, and what it is linked to", async () => {
    const [traceId, other] = [crypto.randomUUID().replaceAll("-", ""), crypto.randomUUID()]
    const said = (key: string, stringValue: string) => ({ key, value: { stringValue } })
    await post(`${scene.url}/v1/traces`, {
      resourceSpans: [
        {
          resource: {
            attributes: [
              said("vcs.ref.head.revision", "0123456789abcdef0123456789abcdef01234567"),
              said("vcs.ref.head.name", "trunk"),
              said("vcs.repository.url.full", "https://git.example/shop")
            ]
          },
          scopeSpans: [
            {
              scope: { name: "scope-of-it", version: "1.2.3" },
              spans: [0, 1].map((at) => ({
                traceId,
                spanId: `000000000000000${at + 1}`,
                name: at === 0 ? "cause" : "effect",
                kind: 3,
                startTimeUnixNano: `${Date.now() - 1000}000000`,
                endTimeUnixNano: `${Date.now()}000000`,
                attributes: [
                  said("honeyhive.session_id", at === 0 ? session : other),
                  said("honeyhive_event_type", "tool")
                ],
                ...(at === 1 && {
                  links: [{ traceId, spanId: "0000000000000001", attributes: [] }],
                  events: [{ name: "cache miss", timeUnixNano: `${Date.now() - 500}000000`, attributes: [] }]
                })
              }))
            }
          ]
        }
      ]
    })
    await show(chat)
    await page.getByText("Kookaburra").waitFor()
    await page.keyboard.press("]")
    const details = panel().getByRole("tabpanel", { name: "Details" })
    for (const [bucket, count] of [
      ["Fresh input", "400"],
      ["Cache read", "800"],
      ["Output", "200"],
      ["Reasoning", "100"],
      ["Total", "1,500"]
    ] as const) {
      expect(await details.locator("dl > div").filter({ hasText: bucket }).locator("dd").first().textContent()).toBe(
        count
      )
    }
    await panel().getByText("420 ms").waitFor()
    await inBoth()
    const effect = (await idsOf(scene.url, other)).get("effect") ?? ""
    await show(effect, "span", other)
    await panel().getByText("0123456789ab", { exact: true }).waitFor()
    await panel().getByText("on trunk").waitFor()
    await panel().getByRole("link", { name: "https://git.example/shop" }).waitFor()
    await panel().getByText("scope-of-it 1.2.3").waitFor()
    await panel().getByText("cache miss").waitFor()
    await inBoth()
    await panel().getByRole("link", { name: "open the event it links to" }).click()
    await page.waitForURL(new RegExp(`/sessions/${session}`))
    await panel().getByRole("heading", { name: "cause" }).waitFor()
  })

  it("is judged: shown at once, kept by the hive, taken back when that refuses", async () => {
    await show(chat)
    await page.getByText("Kookaburra").waitFor()
    await page.keyboard.press("a")
    const good = page.getByRole("button", { name: "Good" })
    await good.click()
    await page.getByRole("button", { name: "4 of 5" }).click()
    await page.getByRole("textbox", { name: "Comment" }).fill("kind and right")
    await page.getByRole("button", { name: "Save the comment" }).click()
    await page.getByRole("textbox", { name: "Name of the metric" }).fill("helpful")
    await page.getByRole("textbox", { name: "Value of the metric" }).fill("0.75")
    await page.getByRole("button", { name: "Add the metric" }).click()
    await expect
      .poll(() => eventOf(scene.url, chat))
      .toMatchObject({
        feedback: { liked: true, rating: 4, comment: "kind and right" },
        metrics: { faithfulness: 0.92, helpful: 0.75 }
      })
    await page.reload()
    await page.getByRole("definition").getByText("0.75").waitFor()
    expect(await good.getAttribute("aria-pressed")).toBe("true")
    await inBoth()
    // While the hive has not answered, it is shown; when it refuses, it is not
    const { promise, resolve } = Promise.withResolvers<void>()
    await page.route("**/v1/events/*", async (route) => {
      await promise
      await route.fulfill({ status: 500, contentType: "application/json", body: '{"message":"the disk is full"}' })
    })
    const bad = page.getByRole("button", { name: "Bad" })
    await bad.click()
    await expect.poll(() => bad.getAttribute("aria-pressed")).toBe("true")
    resolve()
    await page.getByRole("alert").getByText("It was not saved: the disk is full").waitFor()
    await expect.poll(() => bad.getAttribute("aria-pressed")).toBe("false")
    expect(await good.getAttribute("aria-pressed")).toBe("true")
    await inBoth()
    await page.unroute("**/v1/events/*")
    await good.click()
    await expect.poll(() => eventOf(scene.url, chat)).toMatchObject({ feedback: { liked: null } })
    errors.splice(0)
  })

  it("becomes a datapoint of a new dataset and of an old one", async () => {
    await show(chat, "annotate")
    await page.getByRole("textbox", { name: "Name of the new dataset" }).fill("hard ones")
    const truth = page.getByRole("textbox", { name: "Ground truth" })
    await truth.fill("{ no")
    await page.getByRole("alert").waitFor()
    const save = page.getByRole("button", { name: "Add to the dataset" })
    expect(await save.isDisabled()).toBe(true)
    await truth.fill('{"answer": "Monday"}')
    await save.click()
    await page.getByText("It is in the dataset.").waitFor()
    const points = async (name: string) => {
      const response = await fetch(`${scene.url}/v1/datapoints?dataset_name=${encodeURIComponent(name)}`, { headers })
      return ((await response.json()) as { datapoints: ReadonlyArray<object> }).datapoints
    }
    expect(await points("hard ones")).toMatchObject([
      { linked_event: chat, inputs: { temperature: 0.2 }, ground_truth: { answer: "Monday" }, history: conversation }
    ])
    await show(large, "annotate")
    await page.getByText("too large to edit here").first().waitFor()
    await show(lost, "annotate")
    await page.getByRole("combobox", { name: "Dataset" }).selectOption({ label: "hard ones (1)" })
    await inBoth()
    await save.click()
    await page.getByText("It is in the dataset.").waitFor()
    expect((await points("hard ones")).length).toBe(2)
    await page.getByRole("option", { name: "hard ones (2)" }).waitFor({ state: "attached" })
  })

  it("is taken elsewhere: as OTLP, as a command that works, as a link", async () => {
    await show(chat, "annotate")
    await page.getByRole("button", { name: "Copy OTLP JSON" }).click()
    const otlp = await (await fetch(`${scene.url}/api/events/${chat}/otlp`)).json()
    await expect.poll(async () => JSON.parse(await clipboard())).toEqual(otlp)
    const span = (await idsOf(scene.url, session)).get("cause") ?? ""
    await show(span, "annotate")
    const before = await eventOf(scene.url, span)
    await page.getByRole("button", { name: "Copy as curl" }).click()
    await expect.poll(clipboard).toContain("curl")
    const said = await bash(await clipboard())
    expect(JSON.parse(said)).toMatchObject({})
    expect(await eventOf(scene.url, span)).toEqual(before)
    await page.getByRole("button", { name: "Copy link to this event" }).click()
    await expect.poll(clipboard).toBe(page.url())
    await page.keyboard.press("[")
    await panel().getByRole("tabpanel", { name: "OTLP" }).getByText("resourceSpans").waitFor()
    await inBoth()
    await page.goto(await clipboard())
    await panel().getByRole("heading", { name: "cause" }).waitFor()
    await page.getByRole("button", { name: "Copy as curl" }).waitFor()
  })

  it("is read without a mouse, and on a narrow screen", async () => {
    await show(chat)
    await page.getByText("Kookaburra").waitFor()
    await page.keyboard.press("?")
    const keys = page.getByRole("dialog", { name: "Keyboard" })
    for (const does of ["next tab of the details", "search in input and output", "copy input and output", "annotate"]) {
      await keys.getByText(does, { exact: true }).waitFor()
    }
    await page.keyboard.press("Escape")
    await page.getByRole("tab", { name: "Input & output" }).focus()
    await page.keyboard.press("ArrowRight")
    await panel().getByRole("tabpanel", { name: "Details" }).waitFor()
    expect(new URL(page.url()).searchParams.get("tab")).toBe("details")
    await page.setViewportSize({ width: 390, height: 780 })
    await page.keyboard.press("[")
    await page.getByText("Kookaburra").waitFor()
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true)
    await inBoth()
    expect(errors).toEqual([])
  })
})
