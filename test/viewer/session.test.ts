/**
 * One session in a real browser: each view over what the example agent did, and over a generated trace of 100,000 spans.
 */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { appearing, type Cost, emptyFrame, opening, plainList, scrollingCost, sendSpan } from "./measure.ts"
import { askAgent, chromiumPath, sendTrace, type Stage, stage, violations } from "./stage.ts"

const BIG = 100_000

/** Frames of each way to scroll, and how far a wheel goes in one: as fast as it can be turned. */
const STEPS = 60
const WHEEL = 300

/** How many frames did not come in time, on a screen with 60 a second. */
const late = (frames: ReadonlyArray<number>): number => frames.filter((frame) => frame > 25).length

/** The machine may be busy: the hive indexes what was sent. */
const eventually = <A>(read: () => A | Promise<A>) => expect.poll(read, { timeout: 15_000 })

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** Of the view; the details have a tree of their own. */
const row = "[role=treeitem][data-event]"

const selected = (page: Page) => new URL(page.url()).searchParams.get("event")

describe.skipIf(chromiumPath === undefined)("one session", () => {
  let scene: Stage
  let ids: ReadonlyArray<string> = []
  let big = ""
  beforeAll(async () => {
    scene = await stage(chromiumPath ?? "")
    ids = await scene.run(askAgent)
    big = await sendTrace(scene.url, BIG)
  })
  afterAll(() => scene.close())

  const open = (session: string | undefined, view: string, options?: Parameters<Stage["open"]>[1]) =>
    scene.open(`/sessions/${session}?view=${view}`, options)

  it("is a tree with sums, a waterfall, and keys to go through it", async () => {
    const page = await open(ids[3], "tree")
    const named = (name: string) => page.getByRole("treeitem", { name })
    await named("support-agent").waitFor()
    expect(await page.locator(row).count()).toBe(7)
    expect(await page.locator("[role=treeitem] [data-bar]").count()).toBe(7)
    await page.keyboard.press("j")
    await eventually(() => named("support").first().getAttribute("aria-selected")).toBe("true")
    await page.keyboard.press("j")
    await eventually(() => named("support-agent").getAttribute("aria-selected")).toBe("true")
    await page.keyboard.press("ArrowLeft")
    await eventually(() => page.locator(row).count()).toBe(2)
    await page.keyboard.press("F")
    await page.keyboard.press("/")
    await page.keyboard.type("SEARCH")
    await page.getByText("2", { exact: true }).waitFor()
    await page.keyboard.press("Enter")
    await page.getByText("1 of 2").waitFor()
    await page.keyboard.press("Enter")
    await page.getByText("2 of 2").waitFor()
    await eventually(() => named("Knowledge.search").getAttribute("aria-selected")).toBe("true")
    await page.close()
  })

  it("goes from error to error, and shows them alone", async () => {
    const page = await open(ids[4], "tree")
    await page
      .getByText(/^\d errors?$/)
      .first()
      .waitFor()
    await page.keyboard.press("e")
    await eventually(() => selected(page)).not.toBeNull()
    const before = await page.locator(row).count()
    await page.getByRole("button", { name: "Errors only" }).click()
    await eventually(() => page.locator(row).count()).toBeLessThan(before)
    for (const text of await page.locator(row).allTextContents()) expect(text).not.toContain("ended")
    await page.close()
  })

  it("is a timeline that zooms by keys, wheel and dragging, and comes back", async () => {
    const page = await open(ids[3], "timeline")
    const ticks = () => page.locator("[data-axis]").textContent()
    await page.getByRole("treeitem", { name: "lookupOrder" }).waitFor()
    const whole = await ticks()
    const window = page.locator("[data-window]")
    expect(await window.count()).toBe(0)
    await page.keyboard.press("+")
    await window.waitFor()
    expect(await ticks()).not.toBe(whole)
    await page.keyboard.press("0")
    await eventually(ticks).toBe(whole)

    const lane = await page.locator("[data-axis]").boundingBox()
    if (lane === null) throw new Error("no axis")
    const y = lane.y + 60
    await page.mouse.move(lane.x + lane.width * 0.25, y)
    await page.mouse.down()
    await page.mouse.move(lane.x + lane.width * 0.5, y, { steps: 4 })
    await page.mouse.up()
    await window.waitFor()
    // A drag is no click on the row under it
    expect(selected(page)).toBeNull()
    const widths = await window.evaluate((element) => element.getAttribute("style") ?? "")
    expect(Number(/width: ([\d.]+)%/.exec(widths)?.[1])).toBeCloseTo(25, 0)
    await page.keyboard.press("0")
    await eventually(ticks).toBe(whole)
    await page.keyboard.down("Control")
    await page.mouse.wheel(0, -200)
    await page.keyboard.up("Control")
    await window.waitFor()
    const path = page.getByRole("button", { name: "Critical path" })
    await page.keyboard.press("c")
    await eventually(() => path.getAttribute("aria-pressed")).toBe("true")
    await page.close()
  })

  /** Which part of a timeline is shown, in percent of all of it: from where, and how much. */
  const shown = async (page: Page): Promise<ReadonlyArray<number>> => {
    const window = page.locator("[data-window]")
    if ((await window.count()) === 0) return [0, 100]
    const style = (await window.getAttribute("style")) ?? ""
    return [/left: ([-\d.]+)%/, /width: ([\d.]+)%/].map((part) => Math.round(Number(part.exec(style)?.[1])))
  }

  it("zooms a timeline where the pointer is, by a wheel and by two fingers", async () => {
    const page = await open(ids[3], "timeline", { hasTouch: true })
    await page.getByRole("treeitem", { name: "lookupOrder" }).waitFor()
    const box = await page.locator("[data-axis]").boundingBox()
    if (box === null) throw new Error("no axis")
    const [x, y] = [(share: number) => box.x + box.width * share, box.y + 60]

    await page.mouse.move(x(0.25), y)
    await page.keyboard.down("Control")
    // A third of everything: what is under the pointer stays there
    await page.mouse.wheel(0, -Math.log(3) / 0.004)
    await eventually(() => shown(page)).toEqual([17, 33])
    await page.mouse.wheel(0, Math.log(3) / 0.004)
    await eventually(() => shown(page)).toEqual([0, 100])
    await page.keyboard.up("Control")
    // The page itself is as large as before
    expect(await page.evaluate("visualViewport.scale + devicePixelRatio")).toBe(2)

    const devtools = await page.context().newCDPSession(page)
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...shares: ReadonlyArray<number>) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: shares.map((share, id) => ({ x: x(share), y, id }))
      })
    await touch("touchStart", 0.4, 0.6)
    for (const by of [0.05, 0.1, 0.15, 0.2]) await touch("touchMove", 0.4 - by, 0.6 + by)
    await touch("touchEnd")
    const [from = 0, width = 0] = await shown(page)
    // A finger after the other: what lies between them stays within a few parts of a hundred
    expect(width).toBeCloseTo(33, -1)
    expect(from + width / 2).toBeCloseTo(50, -1)
    expect(await page.evaluate("visualViewport.scale")).toBe(1)
    expect(selected(page)).toBeNull()

    // One finger moves it
    await touch("touchStart", 0.8)
    for (const share of [0.7, 0.6, 0.5]) await touch("touchMove", share)
    await touch("touchEnd")
    expect((await shown(page))[1]).toBe(width)
    expect((await shown(page))[0]).toBeCloseTo(from + 0.3 * width, -1)
    await page.close()
  })

  it("chooses and moves the part that is shown in the minimap", async () => {
    const page = await open(ids[3], "timeline")
    await page.locator("[data-minimap] path").first().waitFor({ state: "attached" })
    const box = await page.locator("[data-minimap]").boundingBox()
    if (box === null) throw new Error("no minimap")
    const drag = async (from: number, to: number) => {
      const y = box.y + box.height / 2
      await page.mouse.move(box.x + box.width * from, y)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * to, y, { steps: 4 })
      await page.mouse.up()
    }
    await drag(0.2, 0.4)
    await eventually(() => shown(page)).toEqual([20, 20])
    await drag(0.3, 0.6)
    await eventually(() => shown(page)).toEqual([50, 20])
    // Not beyond the end
    await drag(0.6, 0.99)
    await eventually(() => shown(page)).toEqual([80, 20])
    // Beside what is shown: that part instead
    await page.mouse.click(box.x + box.width * 0.25, box.y + box.height / 2)
    await eventually(() => shown(page)).toEqual([15, 20])
    await page.mouse.dblclick(box.x + box.width * 0.9, box.y + box.height / 2)
    await page.locator("[data-window]").waitFor({ state: "detached" })
    expect(await shown(page)).toEqual([0, 100])
    await page.close()
  })

  it("holds still for those who ask for it, whatever runs", async () => {
    const sessionId = crypto.randomUUID()
    await sendSpan(scene.url, { sessionId, name: "goes on", start: Date.now(), type: "chain" })
    const moving = (page: Page) =>
      page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length)
    for (const [reducedMotion, moves] of [
      ["no-preference", true],
      ["reduce", false]
    ] as const) {
      const page = await open(sessionId, "tree", { reducedMotion })
      for (const [key, ready] of [
        ["1", "[role=treeitem] [data-status=running]"],
        ["2", "[role=treeitem] [data-bar][data-status=running]"],
        ["4", "[data-event][data-status=running]"]
      ] as const) {
        await page.keyboard.press(key)
        await page.locator(ready).first().waitFor()
        expect({ view: key, moves: (await moving(page)) > 0 }).toEqual({ view: key, moves })
      }
      await page.close()
    }
  })

  it("cuts idle time out of a timeline on request", async () => {
    const sessionId = crypto.randomUUID()
    const start = Date.now() - 7_200_000
    await sendSpan(scene.url, { sessionId, name: "morning", start, duration: 900 })
    await sendSpan(scene.url, { sessionId, name: "evening", start: start + 7_000_000, duration: 900 })
    const page = await open(sessionId, "timeline")
    const bar = page.getByRole("treeitem", { name: "evening" }).locator("[data-bar]")
    const width = async () => (await bar.boundingBox())?.width ?? 0
    await eventually(width).toBeLessThan(5)
    await page.keyboard.press("i")
    await page.getByText("1 h 57 m idle").waitFor()
    expect(await page.locator("[data-axis]").textContent()).toContain("1 h 56 m")
    await eventually(width).toBeGreaterThan(200)
    await page.close()
  })

  it("is a graph of who calls whom, whose nodes lead to their events", async () => {
    const page = await open(ids[3], "graph")
    const model = page.locator("[data-node=local-deterministic]")
    await model.getByText("2 times").waitFor()
    expect(await page.locator("[data-node]").count()).toBe(6)
    await model.click()
    await page.getByText("local-deterministic: 1 of 2").waitFor()
    const first = selected(page)
    await page.keyboard.press("j")
    await page.getByText("local-deterministic: 2 of 2").waitFor()
    expect(selected(page)).not.toBe(first)
    await page.close()
  })

  it("is a trajectory: what each step was asked and gave, and what failed", async () => {
    const page = await open(ids[3], "trajectory")
    const steps = (page: Page) => page.locator("[data-event]").allTextContents()
    await eventually(() => steps(page)).toContainEqual(
      expect.stringMatching(/lookupOrder.*with.*orderId: "KC-1042".*gave.*delivered/)
    )
    await eventually(() => steps(page)).toContainEqual(
      expect.stringMatching(/local-deterministic.*read.*The machine from order.*called.*lookupOrder\(orderId/)
    )
    await page.close()
    const failed = await open(ids[4], "trajectory")
    await eventually(() => steps(failed)).toContainEqual(expect.stringMatching(/failed.*KC-4711/))
    await failed.close()
  })

  it("is a thread: what was said, once, with the results of tools in what asked for them", async () => {
    const page = await open(ids[3], "thread")
    const said = page.locator("article")
    await eventually(() => said.count()).toBe(4)
    expect(await said.nth(1).textContent()).toContain("The machine from order KC-1042 leaks")
    await said
      .nth(2)
      .getByRole("button", { name: /lookupOrder/ })
      .click()
    await said.nth(2).getByText('"status": "delivered"').waitFor()
    expect(await said.nth(3).textContent()).toContain("We repair or replace, free of charge")
    await page.close()
  })

  it("has no barrier that axe finds, in light and dark", async () => {
    for (const [colorScheme, rules] of [
      ["light", "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']"],
      // What the colours change
      ["dark", "{ type: 'rule', values: ['color-contrast'] }"]
    ] as const) {
      const page = await open(ids[4], "tree", { colorScheme })
      for (const [key, ready] of [
        ["1", "[role=treeitem]"],
        ["2", "[data-minimap]"],
        ["3", "[data-node]"],
        ["4", "[data-event] [data-line]"],
        ["5", "article"]
      ] as const) {
        await page.keyboard.press(key)
        await page.locator(ready).first().waitFor()
        expect(await violations(page, rules), `${colorScheme}, view ${key}`).toEqual([])
      }
      await page.close()
    }
  })

  it("fits a telephone: one thing at a time, nothing wider than the screen", async () => {
    const page = await open(ids[3], "tree", { viewport: { width: 390, height: 780 } })
    for (const key of ["1", "2", "3", "4", "5"]) {
      await page.keyboard.press(key)
      await page.locator("[role=treeitem], [data-node], [data-event], article").first().waitFor()
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390)
    }
    await page.keyboard.press("1")
    await page.getByRole("treeitem").nth(2).click()
    await page.getByRole("tree", { name: "Events" }).waitFor({ state: "detached" })
    await page.keyboard.press("Escape")
    await page.getByRole("tree", { name: "Events" }).waitFor()
    await page.close()
  })

  it("stays where it is read while events come in above, and shows what runs", async () => {
    const sessionId = await sendTrace(scene.url, 400)
    const page = await open(sessionId, "tree")
    const tree = page.getByRole("tree", { name: "Events" })
    await page.getByRole("treeitem").first().waitFor()
    await tree.evaluate((element) => element.scrollTo({ top: 6_005 }))
    const top = () =>
      tree.evaluate((element) => {
        const { top } = element.getBoundingClientRect()
        const row = [...element.querySelectorAll("[role=treeitem]")]
          .map((row) => ({ id: row.getAttribute("data-event"), at: row.getBoundingClientRect().top - top }))
          .filter(({ at }) => at > -30)
          .toSorted((a, b) => a.at - b.at)[0]
        return `${row?.id} ${Math.round(row?.at ?? 0)}`
      })
    const rows = () => tree.evaluate((element) => element.scrollHeight)
    await eventually(top).not.toContain("undefined")
    const [before, height] = [await top(), await rows()]
    // Beside the session's own trace: at the top of the tree, before everything else
    for (let at = 0; at < 5; at++) {
      await sendSpan(scene.url, { sessionId, name: `early ${at}`, start: Date.now() - 7_200_000, duration: 1 })
    }
    await eventually(rows).toBe(height + 5 * 30)
    expect(await top()).toBe(before)

    const start = Date.now()
    const id = await sendSpan(scene.url, { sessionId, name: "going on", start })
    await page.keyboard.press("End")
    const running = page.getByRole("treeitem", { name: "going on" })
    await running.getByTitle("running").waitFor()
    await sendSpan(scene.url, { sessionId, name: "going on", start, id, duration: 1_500 })
    await running.getByText("1.50 s").waitFor()
    expect(await running.getByTitle("running").count()).toBe(0)
    await page.close()
  })

  it("opens 100,000 events at once, and scrolls through them", async () => {
    const page = await scene.open("/")
    await page.locator(`[data-session="${big}"]`).waitFor()
    const opened = await opening(page, big)
    await expect
      .poll(() => page.getByRole("tree", { name: "Events" }).evaluate((element) => element.scrollHeight), {
        timeout: 60_000
      })
      .toBeGreaterThan(BIG * 30)
    const plain = await plainList(scene.browser)
    // As a wheel does, and as somebody who drags the scroll bar through everything
    const least = [await scrollingCost(plain, "#list", STEPS, WHEEL), await scrollingCost(plain, "#list", STEPS)]
    await plain.close()
    const tree = [
      await scrollingCost(page, "[role=tree]", STEPS, WHEEL),
      await scrollingCost(page, "[role=tree]", STEPS)
    ]
    await page.keyboard.press("End")
    await page.keyboard.press("e")
    await page.locator(`${row}[aria-selected=true]`).waitFor()
    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await page.locator("[data-minimap] path").first().waitFor({ state: "attached" })
    const timeline = [
      await scrollingCost(page, "[role=tree]", STEPS, WHEEL),
      await scrollingCost(page, "[role=tree]", STEPS)
    ]
    const said = (costs: ReadonlyArray<Cost>) =>
      costs
        .map(
          ({ frames, long, own }, at) =>
            `${(own / (least[at]?.all ?? NaN)).toFixed(2)} of a plain list's work (${own.toFixed(1)} ms), ` +
            `${late(frames)} late, longest task ${Math.max(0, ...long)} ms`
        )
        .join("; ")
    console.log(
      `first rows after ${opened.toFixed(0)} ms; tree: ${said(tree)}; timeline: ${said(timeline)}; plain: ` +
        least.map(({ frames }) => `${late(frames)} late`).join("; ")
    )
    const busy = Math.max(1, (await emptyFrame(scene.browser)) / 16.7)
    expect(opened).toBeLessThan(2_000 * busy)
    // Processor time, so that it may be tight. Measured: 1.0 to 1.4 and 0.6 to 0.7, the wheel's also while two other programs take
    // both cores; 2.2 and 1.2 when every row was drawn in every frame
    const parts = (costs: ReadonlyArray<Cost>, at: number) => (costs[at]?.own ?? NaN) / (least[at]?.all ?? NaN)
    expect(Math.max(parts(tree, 0), parts(timeline, 0))).toBeLessThan(1.65)
    expect(Math.max(parts(tree, 1), parts(timeline, 1))).toBeLessThan(0.95)
    // What is promised (none, 50 ms) `pnpm bench viewer` measures. Here other tests have the cores, too: of 60 frames at most 18 were
    // late where a plain list had 9, and no task was as long as 50 ms
    const all = [...tree, ...timeline]
    const lateAnyway = Math.max(...least.map(({ frames }) => late(frames)))
    expect(Math.max(...all.map(({ frames }) => late(frames)))).toBeLessThan(STEPS / 4 + 2 * lateAnyway)
    expect(Math.max(0, ...all.flatMap(({ long }) => long))).toBeLessThan(150 * busy)
    await page.close()
  }, 120_000)

  it("shows a span as soon as it begins", async () => {
    const sessionId = crypto.randomUUID()
    await sendSpan(scene.url, { sessionId, name: "first", start: Date.now(), type: "chain" })
    const page = await open(sessionId, "tree")
    await page.getByRole("treeitem", { name: "first" }).waitFor()
    const times: Array<number> = []
    for (let at = 0; at < 5; at++) times.push(await appearing(page, scene.url, sessionId, `span ${at}`))
    console.log(`a span is shown ${median(times).toFixed(0)} ms after it begins`)
    expect(median(times)).toBeLessThan(600)
    await page.close()
  })
})
