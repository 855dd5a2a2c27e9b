/**
 * What a reader of the page waits for: a trace of 100,000 spans opened and scrolled through, and a span that begins. Measured
 * in Chromium, in the page itself.
 */
import type { Page } from "playwright-core"
import { sendTrace, chromiumPath, type Stage, stage } from "../../test/viewer/stage.ts"
import { appearing, type Frames, opening, plainList, scrolling, sendSpan } from "../../test/viewer/measure.ts"
import { median, type Row } from "./table.ts"

const SPANS = 100_000
const RUNS = 5

/** A frame that took more than this did not come in time, on a screen with 60 a second. */
const LATE = 25

const ms = (value: number): string => `${value.toFixed(0)} ms`

const promise = (what: string, value: number, most: number): Row => ({
  what,
  value: ms(value),
  ratio: value / most,
  against: `the promise (${ms(most)})`
})

const framesOf = (what: string, { frames, long }: Frames): ReadonlyArray<Row> => {
  const late = frames.filter((frame) => frame > LATE).length
  return [
    {
      what: `scrolling ${what}, a frame`,
      value: `${median(frames).toFixed(1)} ms (worst ${ms(frames.at(-1) ?? 0)}, ${late} of ${frames.length} late)`
    },
    promise(`scrolling ${what}, the longest task`, Math.max(0, ...long), 50)
  ]
}

/** Pixels of a frame: faster than a wheel that is turned as fast as a finger can. */
const WHEEL = 300

/** The first contentful paint, milliseconds after the address was entered. */
const firstPaint = (page: Page): Promise<number> =>
  page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN)

const measure = async (scene: Stage, progress: (text: string) => void): Promise<ReadonlyArray<Row>> => {
  progress(`sending ${SPANS} spans`)
  const big = await sendTrace(scene.url, SPANS)
  const opened: Array<number> = []
  const painted: Array<number> = []
  const rows: Array<Row> = []
  for (let run = 0; run < RUNS; run++) {
    progress(`opening, ${run + 1} of ${RUNS}`)
    // A browser that was never here
    const page = await scene.open("/")
    await page.locator(`[data-session="${big}"]`).waitFor()
    painted.push(await firstPaint(page))
    opened.push(await opening(page, big))
    if (run === RUNS - 1) {
      progress("scrolling")
      await page.waitForFunction(
        (height) => (document.querySelector("[role=tree]")?.scrollHeight ?? 0) > height,
        SPANS * 30
      )
      rows.push(
        ...framesOf("the tree as a wheel does", await scrolling(page, "[role=tree]", 300, WHEEL)),
        ...framesOf("through all of the tree", await scrolling(page, "[role=tree]", 300))
      )
      await page.keyboard.press("2")
      await page.locator("[data-minimap] path").first().waitFor({ state: "attached" })
      rows.push(
        ...framesOf("the timeline as a wheel does", await scrolling(page, "[role=tree]", 300, WHEEL)),
        ...framesOf("through all of the timeline", await scrolling(page, "[role=tree]", 300))
      )
    }
    await page.context().close()
  }

  progress("scrolling the least that a list can be")
  const plain = await plainList(scene.browser)
  const least = [
    ...framesOf("a plain list as a wheel does", await scrolling(plain, "#list", 300, WHEEL)),
    ...framesOf("through all of a plain list", await scrolling(plain, "#list", 300))
  ]
  await plain.close()

  progress("spans that begin")
  const sessionId = crypto.randomUUID()
  await sendSpan(scene.url, { sessionId, name: "first", start: Date.now(), type: "chain" })
  const page = await scene.open(`/sessions/${sessionId}`)
  await page.locator("[data-event]").first().waitFor()
  const shown: Array<number> = []
  for (let run = 0; run < 21; run++) shown.push(await appearing(page, scene.url, sessionId, `span ${run}`))
  return [
    promise("first paint of the list, by a browser that was never here", median(painted), 400),
    promise(`first rows of ${SPANS} spans after the click`, median(opened), 500),
    ...rows,
    ...least,
    promise("a span is shown after it began", median(shown), 150)
  ]
}

export const viewer = async (progress: (text: string) => void): Promise<ReadonlyArray<Row>> => {
  if (chromiumPath === undefined) return [{ what: "the page", value: "needs Chromium" }]
  const scene = await stage(chromiumPath)
  try {
    return await measure(scene, progress)
  } finally {
    await scene.close()
  }
}
