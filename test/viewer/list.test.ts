/**
 * The list of sessions in a real browser, over what the example agent did.
 */
import { gzipSync } from "node:zlib"
import type { Page } from "playwright-core"
import { Effect, Exit, ManagedRuntime, Redacted } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Hive } from "@honeyhive/hive"
import { askAgent, chromiumPath, type Stage, stage, violations } from "./stage.ts"

const names = (page: Page) =>
  page.locator("[data-session]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-session")))

/** Makes a session over REST. */
const post = async (url: string, path: string, body: unknown, method = "POST") => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": "application/json", authorization: "Bearer hh_local" },
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
}

const startSession = (url: string, id: string, name: string) =>
  post(url, "/v1/sessions", { session_id: id, session_name: name, source: "test" })

describe.skipIf(chromiumPath === undefined)("the list of sessions", () => {
  let scene: Stage
  let ids: ReadonlyArray<string> = []
  beforeAll(async () => {
    scene = await stage(chromiumPath ?? "")
    ids = await scene.run(askAgent)
  })
  afterAll(() => scene.close())

  it("says how to send a first session when there is none, and shows it when it comes", async () => {
    const runtime = ManagedRuntime.make(Hive.layer())
    const { url } = await runtime.runPromise(Hive)
    const page = await scene.browser.newPage()
    await page.goto(url)
    await page.getByRole("heading", { name: "Send a first session" }).waitFor()
    for (const kind of ["TypeScript", "Python", "OpenTelemetry", "Effect"]) {
      await page.getByRole("button", { name: kind, exact: true }).click()
      await expect.poll(() => page.locator("pre code").textContent()).toContain(url)
    }
    expect(await violations(page)).toEqual([])
    const id = crypto.randomUUID()
    await startSession(url, id, "first")
    await expect.poll(() => names(page)).toEqual([id])
    await page.close()
    await runtime.dispose()
  })

  it("shows what was asked, answered, spent and how it ended", async () => {
    const page = await scene.open("/")
    const row = page.locator(`[data-session="${ids[4]}"]`)
    await row.getByText("I want to return order KC-4711").waitFor()
    await row.getByText("donald").waitFor()
    await row.getByText("failed").waitFor({ state: "attached" })
    expect(await violations(page)).toEqual([])
    await page.emulateMedia({ colorScheme: "dark" })
    expect(await violations(page)).toEqual([])
    await page.context().close()
  })

  it("is narrowed by facets and by queries, which stand in the address", async () => {
    const page = await scene.open("/")
    await page
      .getByRole("complementary", { name: "Filters" })
      .getByRole("button", { name: /lookupOrder/ })
      .first()
      .click()
    await expect.poll(() => names(page)).toHaveLength(3)
    expect(new URL(page.url()).searchParams.get("q")).toContain("lookupOrder")
    await page.keyboard.press("/")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("error:tr")
    await page.getByRole("option", { name: /true/ }).waitFor()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect.poll(() => names(page)).toEqual([ids[4]])
    await page.reload()
    await expect.poll(() => names(page)).toEqual([ids[4]])
    await page.context().close()
  })

  it("says where a query is wrong, and what could stand there", async () => {
    const page = await scene.open("/?q=duration%3E%3E1")
    await page
      .getByRole("alert")
      .getByText(/at 10: .*expected a length of time/)
      .waitFor()
    expect(await violations(page)).toEqual([])
    await page.context().close()
  })

  it("is put in order by its columns, which can be chosen; views are saved", async () => {
    const page = await scene.open("/")
    await page.getByRole("button", { name: "Tokens" }).click()
    await expect.poll(() => names(page)).toMatchObject([ids[4], ids[3], ids[0], ids[1], ids[2]])
    await page.getByRole("columnheader", { name: "Models" }).waitFor({ state: "detached" })
    await page.getByRole("button", { name: "Columns" }).click()
    await page.getByRole("checkbox", { name: "Models" }).check()
    await page.keyboard.press("Escape")
    await page.getByRole("columnheader", { name: "Models" }).waitFor()
    await page.getByRole("button", { name: "Saved views" }).click()
    await page.getByRole("textbox", { name: "Name of the view" }).fill("Big ones")
    await page.getByRole("button", { name: "Save", exact: true }).click()
    await page.goto(scene.url)
    await page.getByRole("columnheader", { name: "Models" }).waitFor()
    await page.getByRole("button", { name: "Saved views" }).click()
    await page.getByRole("button", { name: /^Big ones/ }).click()
    await expect.poll(() => new URL(page.url()).searchParams.get("order")).toBe("tokens")
    await page.context().close()
  })

  it("works without a mouse", async () => {
    const page = await scene.open("/?q=name%3Asupport")
    await page.locator("[data-session]").first().waitFor()
    await page.keyboard.press("?")
    await page.getByRole("dialog", { name: "Keyboard" }).getByText("next session").first().waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.waitForURL(new RegExp(`/sessions/${ids[3]}`))
    await page.getByRole("treeitem", { name: /support-agent/ }).waitFor()
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await page.locator("[data-session]").first().waitFor()
    await page.keyboard.press("t")
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("light")
    await page.context().close()
  })

  it("shows what begins while it is open, and never moves what is being read", async () => {
    const page = await scene.open("/")
    await page.locator("[data-session]").first().waitFor()
    const first = crypto.randomUUID()
    await startSession(scene.url, first, "arrives")
    await expect.poll(async () => (await names(page))[0]).toBe(first)
    // Somebody points at a row
    const row = page.locator(`[data-session="${ids[2]}"]`)
    await row.hover()
    const before = await row.boundingBox()
    const second = crypto.randomUUID()
    await startSession(scene.url, second, "waits")
    await page.getByRole("button", { name: "1 new session" }).waitFor()
    expect(await row.boundingBox()).toEqual(before)
    await page.getByRole("button", { name: "1 new session" }).click()
    await expect.poll(async () => (await names(page))[0]).toBe(second)
    await page.context().close()
  })

  it("keeps what runs on top, with a pulse, and marks sessions that nobody started", async () => {
    const page = await scene.open("/")
    await page.locator("[data-session]").first().waitFor()
    const span = (session: string, ended: boolean) => ({
      traceId: session.replaceAll("-", ""),
      spanId: "00000000000000aa",
      name: "step",
      startTimeUnixNano: `${Date.now() - 5_000}000000`,
      endTimeUnixNano: ended ? `${Date.now()}000000` : "0",
      attributes: [{ key: "honeyhive.session_id", value: { stringValue: session } }]
    })
    const send = (session: string, ended: boolean) =>
      post(scene.url, "/v1/traces", {
        resourceSpans: [
          {
            resource: { attributes: [{ key: "service.instance.id", value: { stringValue: "here" } }] },
            scopeSpans: [{ spans: [span(session, ended)] }]
          }
        ]
      })
    const runs = crypto.randomUUID()
    await send(runs, false)
    const row = page.locator(`[data-session="${runs}"]`)
    await row.getByText("running", { exact: true }).waitFor({ state: "attached" })
    await row.getByText("orphan", { exact: true }).waitFor()
    // What began later and has ended stands below it
    await startSession(scene.url, crypto.randomUUID(), "later")
    await page.reload()
    await row.waitFor()
    expect((await names(page))[0]).toBe(runs)
    await send(runs, true)
    await row.getByText("ended", { exact: true }).waitFor({ state: "attached" })
    await page.context().close()
  })

  it("fits a narrow screen, and does not move for those who do not want it to", async () => {
    const page = await scene.open("/", { viewport: { width: 390, height: 780 }, reducedMotion: "reduce" })
    await page.locator(`[data-session="${ids[0]}"]`).waitFor()
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true)
    expect(await page.evaluate("document.getAnimations().length")).toBe(0)
    expect(await violations(page)).toEqual([])
    await page.context().close()
  })

  it("loads less than 250 KB", async () => {
    const page = await scene.open("/")
    await page.locator("[data-session]").first().waitFor()
    const loaded: ReadonlyArray<string> = await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name)"
    )
    // The editor comes after the page is there; what was asked of the hive is not the page
    const initial = loaded.filter((name) => !name.includes("QueryEditor") && !name.includes("/api/"))
    const sizes = await Promise.all(
      [scene.url, ...initial].map(async (name) => gzipSync(await (await fetch(name)).arrayBuffer()).length)
    )
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(initial.length).toBeGreaterThan(2)
    expect(total).toBeLessThan(250 * 1024)
    await page.context().close()
  })

  it("says that the hive is away, and goes on when it is back", async () => {
    // Below those that the system gives to whoever asks for one: nobody takes it while the hive is away
    const away = (port: number) => ManagedRuntime.make(Hive.layer({ port }))
    const listening = async (port: number): Promise<readonly [number, ReturnType<typeof away>]> => {
      const hive = away(port)
      const exit = await hive.runPromiseExit(Hive)
      if (Exit.isSuccess(exit)) return [port, hive]
      await hive.dispose()
      return listening(port + 1)
    }
    const [port, before] = await listening(20_000 + (process.pid % 10_000))
    const { url } = await before.runPromise(Hive)
    const page = await scene.browser.newPage()
    await page.goto(url)
    await page.getByRole("heading", { name: "Send a first session" }).waitFor()
    await before.dispose()
    await page.getByText("The hive does not answer").waitFor()
    const after = away(port)
    await after.runPromise(Hive)
    await page.getByText("The hive does not answer").waitFor({ state: "detached" })
    const id = crypto.randomUUID()
    await startSession(url, id, "after")
    await expect.poll(() => names(page)).toEqual([id])
    await page.close()
    await after.dispose()
  })

  it("asks for a key where one is needed", async () => {
    const runtime = ManagedRuntime.make(Hive.layer({ keys: [Redacted.make("secret")] }))
    const { url } = await runtime.runPromise(Hive)
    const page = await scene.browser.newPage()
    await page.goto(url)
    const dialog = page.getByRole("dialog", { name: "This hive needs a key" })
    await dialog.waitFor()
    expect(await violations(page)).toEqual([])
    await dialog.getByRole("textbox").fill("secret")
    await dialog.getByRole("button").click()
    await page.getByRole("heading", { name: "Send a first session" }).waitFor()
    await page.close()
    await Effect.runPromise(runtime.disposeEffect)
  })
})
