/**
 * `pnpm screenshots`: takes a picture of every view of the page, light and dark, over what the example agent does, and puts
 * them where the viewer's README shows them.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { buildPage } from "./page.ts"
import { askAgent, chromiumPath, evaluateAgent, sendTrace, stage } from "../test/viewer/stage.ts"

const folder = join(import.meta.dirname, "..", "packages", "viewer", "screenshots")

if (chromiumPath === undefined) process.exit(1)
await buildPage()
mkdirSync(folder, { recursive: true })
const scene = await stage(chromiumPath)

const HOUR = 3_600_000
for (const hours of [2, 5, 9, 26, 30, 51, 55, 74, 99, 123, 150]) {
  await sendTrace(scene.url, 200 + ((hours * 37) % 700), Date.now() - hours * HOUR)
}
await scene.run(evaluateAgent)
const ids = await scene.run(askAgent)

/** The agent that used two tools, and the one whose tool failed. */
const [, , , both = "", failed = ""] = ids

interface Answer {
  readonly evaluations: ReadonlyArray<{ readonly run_id: string }>
}
const answer = await fetch(`${scene.url}/v1/runs`, { headers: { authorization: "Bearer hh_local" } })
const { evaluations }: Answer = JSON.parse(await answer.text())

const select = (text: string) => (page: Page) => page.getByRole("treeitem").filter({ hasText: text }).last().click()

const views: ReadonlyArray<readonly [name: string, address: string, act?: (page: Page) => Promise<void>]> = [
  ["sessions", "/"],
  ["tree", `/sessions/${both}`],
  ["event", `/sessions/${both}`, select("LanguageModel.generateText")],
  ["error", `/sessions/${failed}`, (page) => page.keyboard.press("e")],
  ["timeline", `/sessions/${both}?view=timeline`],
  ["graph", `/sessions/${both}?view=graph`],
  ["trajectory", `/sessions/${failed}?view=trajectory`],
  ["thread", `/sessions/${both}?view=thread`],
  ["metrics", "/aggregates"],
  ["compare", `/compare?a=${ids[0]}&b=${both}`],
  ["experiments", `/experiments/${evaluations[0]?.run_id}?baseline=${evaluations[1]?.run_id}`]
]

for (const colorScheme of ["light", "dark"] as const) {
  for (const [name, address, act] of views) {
    const page = await scene.open(address, {
      colorScheme,
      reducedMotion: "reduce",
      viewport: { width: 1280, height: 760 }
    })
    await page.locator("main :is(table, figure, svg, [role=tree], [role=table], ol, li)").first().waitFor()
    await act?.(page)
    await page.evaluate("document.fonts.ready")
    // Lazily loaded parts draw themselves
    await page.waitForTimeout(1_500)
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    await page.context().close()
    process.stderr.write(`${name}, ${colorScheme}\n`)
  }
}

await scene.close()
