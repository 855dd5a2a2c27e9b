/**
 * Metrics, the comparison of two sessions, and experiments in a real browser, over what the example agent did.
 */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { askAgent, chromiumPath, evaluateAgent, sendTrace, type Stage, stage, violations } from "./stage.ts"

const query = (page: Page) => new URL(page.url()).searchParams.get("q") ?? ""

describe.skipIf(chromiumPath === undefined)("the page", () => {
  let scene: Stage
  let ids: ReadonlyArray<string> = []
  beforeAll(async () => {
    scene = await stage(chromiumPath ?? "")
    ids = await scene.run(askAgent)
    await sendTrace(scene.url, 1_001, Date.now() - 3_600_000 * 30)
    await scene.run(evaluateAgent)
  })
  afterAll(() => scene.close())

  /** Looked at in both schemes. */
  const isFine = async (page: Page) => {
    expect(await violations(page)).toEqual([])
    await page.emulateMedia({ colorScheme: "dark" })
    expect(await violations(page)).toEqual([])
    await page.emulateMedia({ colorScheme: "light" })
  }

  it("adds up what happened, and leads from each figure to its sessions", async () => {
    const page = await scene.open("/aggregates?q=-session%3Anone")
    const tile = (name: string) => page.locator("dl > div").filter({ hasText: name })
    await expect.poll(() => tile("Error rate").textContent()).toMatch(/[1-9]\d* errors/)
    await page.locator("svg.recharts-surface").first().waitFor()
    await isFine(page)

    // By model: the generated trace's calls have a price
    await page.getByRole("button", { name: "By model" }).click()
    const row = page.getByRole("row", { name: /^gpt-4.1-mini/ })
    await expect.poll(() => row.textContent()).toMatch(/\$/)
    await page.getByRole("button", { name: "Cost", exact: true }).click()
    await page.getByRole("heading", { name: "Cost by model" }).waitFor()

    // A click on a bar of the histogram leads to sessions with calls that took so long
    const histogram = page.locator("figure").filter({ hasText: "How long calls take" })
    await histogram.locator(".recharts-bar-rectangle path").first().click()
    await page.locator("[data-session]").first().waitFor()
    expect(query(page)).toMatch(/duration>=.* duration</)
    await page.goBack()

    // The same without a mouse: every picture is a table, too
    const events = page.locator("figure").filter({ hasText: "Events and errors" })
    await events.getByText("As a table").click()
    await events.getByRole("table").getByRole("button").last().click()
    await page.locator("[data-session]").first().waitFor()
    expect(query(page)).toMatch(/error:true .*since:.* until:/)
    await page.goBack()
    await page.getByRole("button", { name: "gpt-4.1-mini" }).click()
    await expect.poll(() => page.locator("[data-session]").count()).toBe(1)
    await page.context().close()
  })

  it("puts two sessions beside each other: trees, figures and payloads", async () => {
    const page = await scene.open("/?q=name%3Asupport")
    await page.locator(`[data-session="${ids[0]}"]`).getByRole("checkbox").check()
    await page.locator(`[data-session="${ids[3]}"]`).getByRole("checkbox").click()
    await page.waitForURL(/\/compare/)
    const pairs = page.getByRole("listbox", { name: "Events of both" })
    await pairs.getByRole("option", { name: /lookupOrder/ }).waitFor()
    await page.getByText(/^[1-9]\d* events? of \d+ differ/).waitFor()
    const payloads = page.getByRole("region", { name: "Payloads" })
    await payloads.getByText(/^- .*"I opened a bag of beans/m).waitFor()
    await payloads.getByText(/^\+ .*"The machine from order KC-1042/m).waitFor()
    // The next difference: a tool that only one of them called
    await page.keyboard.press("n")
    await expect.poll(() => pairs.getByRole("option", { selected: true }).textContent()).toContain("lookupOrder")
    await isFine(page)
    await page.context().close()
  })

  it("shows runs of experiments, and which items became worse", async () => {
    const page = await scene.open("/experiments")
    const run = (name: string) => page.locator("[data-run]").filter({ hasText: name })
    await run("four passages").getByText("completed").waitFor()
    await isFine(page)
    await run("four passages").getByRole("checkbox").check()
    await run("one passage").getByRole("checkbox").click()
    await page.getByRole("heading", { name: "one passage" }).waitFor()
    const facts = page.locator('[data-metric="facts"]').first()
    await expect.poll(() => facts.locator("td").nth(4).textContent()).toMatch(/^[1-9]/)
    await expect.poll(() => facts.locator("td").nth(6).textContent()).toMatch(/^[01]\.\d{3}$/)
    await facts.getByRole("button").click()
    const first = page.locator("[data-item]").first()
    await first.getByRole("link", { name: /\?$/ }).waitFor()
    // What fell most comes first
    await expect.poll(() => first.locator("td").nth(3).textContent()).toMatch(/^−/)
    await page.locator("figure .recharts-bar-rectangle").first().waitFor()
    await isFine(page)
    await first.getByRole("link", { name: "side by side" }).click()
    await page.getByRole("listbox", { name: "Events of both" }).getByRole("option").first().waitFor()
    await page.context().close()
  })
})
