/**
 * What a reader waits for, measured in the page itself: by the tests with room to spare, by `pnpm bench viewer` as it is.
 */
import type { Browser, Page } from "playwright-core"

export interface Frames {
  /** Milliseconds from one frame to the next, in order of size. */
  readonly frames: ReadonlyArray<number>
  /** Milliseconds of each task that took 50 or more. */
  readonly long: ReadonlyArray<number>
}

/** From the click on a session in the list to the frame that shows its first rows, in milliseconds. */
export const opening = (page: Page, sessionId: string): Promise<number> =>
  page.evaluate(
    (id) =>
      new Promise<number>((resolve) => {
        const link = document.querySelector<HTMLElement>(`[data-session="${id}"] a`)
        const start = performance.mark("click").startTime
        const look = () => {
          if (document.querySelectorAll("[role=treeitem][data-event]").length < 2) return requestAnimationFrame(look)
          // The frame after the one in which they came is the one that shows them
          return requestAnimationFrame(() => resolve(performance.mark("rows").startTime - start))
        }
        link?.click()
        look()
      }),
    sessionId
  )

/**
 * So many steps from the beginning of a list and back, one with each frame: of `pixels`, as a wheel does, or else as long as it
 * takes to come to the end, as somebody who drags the scroll bar does.
 */
export const scrolling = (page: Page, selector: string, steps = 100, pixels?: number): Promise<Frames> =>
  page.evaluate(
    async ({ pixels, selector, steps }) => {
      const element = document.querySelector(selector)
      if (element === null) throw new Error(`nothing to scroll: ${selector}`)
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const long: Array<number> = []
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) long.push(duration)
      })
      observer.observe({ type: "longtask" })
      const frames: Array<number> = []
      const end = pixels === undefined ? element.scrollHeight - element.clientHeight : (pixels * steps) / 2
      let before = await frame()
      for (let step = 1; step <= steps; step++) {
        element.scrollTop = (end * (steps / 2 - Math.abs(steps / 2 - step))) / (steps / 2)
        const now = await frame()
        frames.push(now - before)
        before = now
      }
      await frame()
      observer.disconnect()
      return { frames: frames.toSorted((a, b) => a - b), long }
    },
    { pixels, selector, steps }
  )

export interface Cost extends Frames {
  /** What the page's own thread computed for a frame, all in all, in milliseconds of processor time. */
  readonly all: number
  /** Of that: scripts, style and layout, which are the page's own doing; painting is the browser's. */
  readonly own: number
}

/** As `scrolling`, with what it costs: processor time, which does not grow when the machine does other things as well. */
export const scrollingCost = async (page: Page, selector: string, steps: number, pixels?: number): Promise<Cost> => {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" })
  const seconds = async (...names: ReadonlyArray<string>): Promise<number> => {
    const { metrics } = await devtools.send("Performance.getMetrics")
    return metrics.reduce((sum, { name, value }) => (names.includes(name) ? sum + value : sum), 0)
  }
  const all = () => seconds("TaskDuration")
  const own = () => seconds("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")
  const [allBefore, ownBefore] = [await all(), await own()]
  const frames = await scrolling(page, selector, steps, pixels)
  const perFrame = 1000 / steps
  const cost = { all: ((await all()) - allBefore) * perFrame, own: ((await own()) - ownBefore) * perFrame }
  await devtools.detach()
  return { ...frames, ...cost }
}

/**
 * A page with the least that a list of 100,000 rows can be (`#list`): as many elements as are seen, eight texts in each, changed
 * by hand where a row comes into view. What anything better costs is said in parts of this.
 */
export const plainList = async (browser: Browser): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.evaluate(() => {
    const [HEIGHT, SEEN, TEXTS] = [30, 48, 8]
    const div = (style: string) => {
      const element = document.createElement("div")
      element.style.cssText = style
      return element
    }
    const list = div("position: fixed; inset: 0; overflow: auto; contain: strict")
    list.id = "list"
    const canvas = div(`position: relative; height: ${100_000 * HEIGHT}px`)
    const rows = Array.from({ length: SEEN }, () => {
      const row = div(
        `position: absolute; inset: 0 0 auto; height: ${HEIGHT}px; display: flex; gap: 12px; contain: strict`
      )
      for (let at = 0; at < TEXTS; at++) row.append(document.createElement("span"))
      canvas.append(row)
      return { row, shows: -1 }
    })
    list.append(canvas)
    document.body.append(list)
    list.addEventListener("scroll", () => {
      const first = Math.floor(list.scrollTop / HEIGHT)
      for (let index = first; index < first + SEEN; index++) {
        const slot = rows[index % SEEN]
        if (slot === undefined || slot.shows === index) continue
        slot.shows = index
        slot.row.style.transform = `translateY(${index * HEIGHT}px)`
        for (const [at, text] of [...slot.row.children].entries()) text.textContent = `${at} of ${index}`
      }
    })
  })
  return page
}

/** From one frame of an empty page to the next, in milliseconds: what the machine has time for at this moment. */
export const emptyFrame = async (browser: Browser): Promise<number> => {
  const page = await browser.newPage()
  const frames = await page.evaluate(async () => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const lengths: Array<number> = []
    for (let before = await frame(); lengths.length < 60;) {
      const now = await frame()
      lengths.push(now - before)
      before = now
    }
    return lengths.toSorted((a, b) => a - b)
  })
  await page.close()
  return frames[frames.length >> 1] ?? 0
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })

export interface SentSpan {
  readonly sessionId: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly start: number
  /** Milliseconds; a span without is one that runs. */
  readonly duration?: number
  readonly id?: string
  readonly type?: "chain" | "model" | "tool"
  readonly error?: string
}

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)

/** Sends one span, as an SDK does when it begins and again when it ends; its id. */
export const sendSpan = async (url: string, span: SentSpan): Promise<string> => {
  const spanId = span.id ?? crypto.randomUUID().replaceAll("-", "").slice(0, 16)
  const response = await fetch(`${url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [attribute("service.instance.id", "measured")] },
          scopeSpans: [
            {
              scope: { name: "measured" },
              spans: [
                {
                  traceId: span.sessionId.replaceAll("-", ""),
                  spanId,
                  name: span.name,
                  kind: 1,
                  startTimeUnixNano: nanos(span.start),
                  ...(span.duration !== undefined && { endTimeUnixNano: nanos(span.start + span.duration) }),
                  ...(span.error !== undefined && { status: { code: 2, message: span.error } }),
                  attributes: [
                    attribute("honeyhive.session_id", span.sessionId),
                    attribute("honeyhive.session_name", "measured"),
                    attribute("honeyhive.session_auto_create", "true"),
                    attribute("honeyhive_event_type", span.type ?? "tool")
                  ]
                }
              ]
            }
          ]
        }
      ]
    })
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return spanId
}

/** From the moment at which a span that begins is sent to the one at which an open page shows it, in milliseconds. */
export const appearing = async (page: Page, url: string, sessionId: string, name: string): Promise<number> => {
  const shown = page.evaluate(
    (name) =>
      new Promise<number>((resolve) => {
        const is = () => [...document.querySelectorAll("[data-event]")].some((row) => row.textContent?.includes(name))
        const observer = new MutationObserver(() => {
          if (!is()) return
          observer.disconnect()
          resolve(performance.timeOrigin + performance.now())
        })
        observer.observe(document.body, { childList: true, subtree: true, characterData: true })
      }),
    name
  )
  // The page listens before the span is sent
  await page.evaluate(() => 0)
  const sent = performance.timeOrigin + performance.now()
  await sendSpan(url, { sessionId, name, start: Date.now() })
  return (await shown) - sent
}
