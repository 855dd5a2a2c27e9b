/**
 * What a trace carries is hostile input: whatever it says, wherever it says it, the page stays what it is.
 */
import type { Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { shapes, words } from "./hostile.corpus.ts"
import { chromiumPath, type Stage, stage } from "./stage.ts"

const headers = { "content-type": "application/json", authorization: "Bearer hh_local" }

const post = async (url: string, body: unknown) => {
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 500)}`)
}

const VIEWS = ["tree", "timeline", "graph", "trajectory", "thread"]
const TABS = ["Input & output", "Details", "Span", "OTLP", "Annotate"]

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })

const message = (text: string) => [
  { role: text.slice(0, 200), content: text },
  {
    role: "user",
    content: [
      { type: "text", text },
      { type: "image_url", image_url: { url: text } },
      { type: text, [text]: text }
    ]
  },
  { role: "assistant", tool_calls: [{ id: text, function: { name: text, arguments: text } }] },
  { role: "tool", tool_call_id: text, content: text }
]

/** Things that must not be, noted as they happen. */
interface Watch {
  readonly wrong: Array<string>
}

const watched = async (scene: Stage): Promise<readonly [Page, Watch]> => {
  const wrong: Array<string> = []
  const page = await scene.open("about:blank")
  await page.context().addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`VIOLATION ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  await page.context().route(
    (url) => url.origin !== scene.url && !/^(data|blob|about):$/.test(url.protocol),
    (route) => {
      wrong.push(`asked for ${route.request().url().slice(0, 200)}`)
      return route.abort()
    }
  )
  page.on("dialog", (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("popup", () => wrong.push("a window was opened"))
  page.on("pageerror", (error) => wrong.push(`an error: ${error.message.slice(0, 300)}`))
  page.on("console", (said) => {
    if (said.type() === "error") wrong.push(`said: ${said.text().slice(0, 300)}`)
  })
  page.on("framenavigated", (frame) => {
    if (frame !== page.mainFrame()) wrong.push(`a frame: ${frame.url()}`)
    else if (!frame.url().startsWith(scene.url) && frame.url() !== "about:blank") wrong.push(`went to ${frame.url()}`)
  })
  return [page, { wrong }]
}

/** What is wrong with the page as it stands. */
const inspect = (page: Page) =>
  page.evaluate(() => {
    const wrong: Array<string> = []
    if ("harmed" in window) wrong.push("a script of the trace ran")
    if ("polluted" in {}) wrong.push("a prototype was changed")
    const own = new Set(["A", "BUTTON", "INPUT", "SELECT", "OPTION", "TEXTAREA", "LABEL", "FORM"])
    for (const element of document.body.querySelectorAll("*")) {
      const tag = element.tagName
      if (/^(SCRIPT|IFRAME|OBJECT|EMBED|STYLE|LINK|META|BASE|VIDEO|AUDIO|MATH|FOREIGNOBJECT|ANIMATE|USE)$/i.test(tag)) {
        wrong.push(`an element ${tag}`)
      }
      for (const { name } of element.attributes) {
        if (name === "srcset" || name.startsWith("on") || name === "srcdoc" || name === "formaction")
          wrong.push(`${tag} with ${name}`)
      }
      if (
        tag === "IMG" &&
        element.hasAttribute("src") &&
        !/^(data:image\/|\/|http:\/\/127\.0\.0\.1)/.test(element.getAttribute("src") ?? "")
      ) {
        wrong.push(`a picture ${element.outerHTML.slice(0, 300)}`)
      }
      if (!own.has(tag) && element.getAttribute("style")?.includes("url(") === true) wrong.push(`a style of ${tag}`)
      if (element instanceof HTMLAnchorElement && element.href !== "") {
        const { origin, protocol } = new URL(element.href)
        const isOwn = origin === location.origin
        if (!isOwn && !/^(https?|mailto):$/.test(protocol)) wrong.push(`a link to ${element.href.slice(0, 100)}`)
        if (!isOwn && (element.target !== "_blank" || !/noopener.*noreferrer|noreferrer.*noopener/.test(element.rel))) {
          wrong.push(`a link that tells: ${element.href.slice(0, 100)}`)
        }
        if (isOwn && element.closest("[data-role]") !== null)
          wrong.push(`a message links into the hive: ${element.href}`)
      }
    }
    return wrong
  })

/** How long the page does not answer, in milliseconds. */
const answersWithin = async (page: Page, ms: number) => {
  const start = performance.now()
  await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")
  expect(performance.now() - start).toBeLessThan(ms)
}

describe.skipIf(chromiumPath === undefined)("hostile payloads", () => {
  let scene: Stage
  let page: Page
  let watch: Watch
  const session = crypto.randomUUID()
  const all = crypto.randomUUID()
  const huge = crypto.randomUUID()
  const keys = crypto.randomUUID()

  /** What went wrong since it was last asked. */
  const harm = async () => [...watch.wrong.splice(0), ...(await inspect(page))]

  /** Once the page has read what it shows. */
  const harmShown = async () => {
    await expect.poll(() => page.locator("main").textContent()).not.toBe("")
    await expect.poll(() => page.getByText(/^Reading /).count()).toBe(0)
    return harm()
  }

  beforeAll(async () => {
    scene = await stage(chromiumPath ?? "")
    const [bad = ""] = words
    await post(`${scene.url}/v1/sessions`, {
      session_id: session,
      session_name: words.join(" ").slice(0, 20_000),
      source: bad,
      inputs: { question: words.join("\n") },
      outputs: { answer: words.join("\n") },
      user_properties: { user_id: words[4] },
      metadata: Object.fromEntries(words.map((word) => [word, word]))
    })
    const start_time = Date.now() - 5_000
    const common = { session_id: session, event_type: "model", start_time, duration: 10 }
    const everywhere = Object.fromEntries(words.map((word) => [word.slice(0, 500), word]))
    await post(`${scene.url}/v1/events/batch`, {
      events: [
        {
          ...common,
          event_id: all,
          event_name: words.join(" ").slice(0, 20_000),
          inputs: {
            chat_history: [...words.flatMap(message), ...shapes.map((content) => ({ role: "user", content }))],
            ...everywhere
          },
          outputs: { role: "assistant", content: words.join("\n\n"), ...everywhere },
          error: words.join("\n"),
          config: { model: words.slice(0, 10).join(" "), provider: words[3], ...everywhere },
          metadata: { error: { kind: "failure", fields: everywhere }, prompt_tokens: 1, ...everywhere },
          metrics: everywhere,
          feedback: { comment: words.join("\n"), ...everywhere },
          user_properties: everywhere
        },
        // One of each, for every view of the session
        ...words.map((word, at) => ({
          ...common,
          event_type: ["model", "tool", "chain"][at % 3],
          start_time: start_time + at,
          event_name: word,
          error: at % 2 === 0 ? word : null,
          config: { model: word },
          inputs: { chat_history: message(word) },
          outputs: { content: word }
        })),
        {
          ...common,
          event_id: huge,
          event_name: "huge",
          inputs: { prompt: `${"long ".repeat(2_000_000)}` },
          outputs: {
            content: `# ${"z".repeat(1_000_000)}`,
            deep: JSON.parse(`${'{"a":'.repeat(400)}1${"}".repeat(400)}`)
          }
        }
      ]
    })
    // Written as text: an object literal would change its own prototype
    await post(
      `${scene.url}/v1/events`,
      `{"session_id":"${session}","event_id":"${keys}","event_type":"tool","event_name":"keys","start_time":${start_time},
        "inputs":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":"b","toString":1}},
        "metadata":{"__proto__":{"polluted":1},"error":{"__proto__":{"kind":"defect"}}}}`
    )
    await post(`${scene.url}/v1/traces`, {
      resourceSpans: [
        {
          resource: {
            attributes: [
              ...words.map((word) => attribute(word, word)),
              attribute("vcs.ref.head.revision", words[4] ?? ""),
              attribute("vcs.ref.head.name", words[5] ?? ""),
              attribute("vcs.repository.url.full", "javascript:window.harmed=1")
            ]
          },
          scopeSpans: [
            {
              scope: { name: words[22], version: words[4] },
              spans: [
                {
                  traceId: session.replaceAll("-", ""),
                  spanId: "00000000000000aa",
                  name: words[0],
                  kind: 1,
                  startTimeUnixNano: `${start_time}000000`,
                  endTimeUnixNano: `${start_time + 5}000000`,
                  attributes: [
                    attribute("honeyhive.session_id", session),
                    ...words.map((word) => attribute(word, word))
                  ],
                  status: { code: 2, message: words[1] },
                  events: [
                    ...words.slice(0, 10).map((word) => ({
                      name: word,
                      timeUnixNano: `${start_time}000000`,
                      attributes: [attribute(word, word)]
                    })),
                    {
                      name: "exception",
                      timeUnixNano: `${start_time}000000`,
                      attributes: [
                        attribute("exception.type", words[4] ?? ""),
                        attribute("exception.message", words[5] ?? ""),
                        attribute("exception.stacktrace", `${words.join("\n")}\n    at <img src=x onerror=1>`)
                      ]
                    }
                  ],
                  links: words.slice(0, 5).map((word) => ({
                    traceId: "0af7651916cd43dd8448eb211c80319c",
                    spanId: "b7ad6b7169203331",
                    attributes: [attribute(word, word)]
                  }))
                }
              ]
            }
          ]
        }
      ]
    })
    await Promise.all(words.map((name) => post(`${scene.url}/v1/datasets`, { name })))
    ;[page, watch] = await watched(scene)
  })
  afterAll(() => scene.close())

  it("is answered with a policy that lets nothing else in", async () => {
    const response = await fetch(scene.url)
    const policy = response.headers.get("content-security-policy") ?? ""
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'"
    ]) {
      expect(policy.split("; ")).toContain(part)
    }
    expect(policy).not.toContain("unsafe-eval")
    // And the browser holds to it
    await page.goto(scene.url)
    await page.locator("[data-session]").first().waitFor()
    const refused = await page.evaluate(() => {
      try {
        document.createElement("div").innerHTML = "<b>x</b>"
        return "taken"
      } catch (error) {
        return error instanceof TypeError ? "refused" : String(error)
      }
    })
    expect(refused).toBe("refused")
    await expect.poll(() => watch.wrong.join()).toContain("require-trusted-types-for")
    watch.wrong.splice(0)
  })

  it.each([
    ["/"],
    ["/?q=%3Cscript%3Ewindow.harmed%3D1%3C%2Fscript%3E"],
    ["/aggregates"],
    ["/compare"],
    ["/experiments"],
    ["/setup"]
  ])("harms nobody at %s", async (address) => {
    await page.goto(`${scene.url}${address}`)
    await page.locator("main").waitFor()
    expect(await harmShown()).toEqual([])
  })

  it.each(VIEWS)("harms nobody in the view %s", async (view) => {
    await page.goto(`${scene.url}/sessions/${session}?view=${view}`)
    await page.getByRole("navigation", { name: "Views" }).waitFor()
    expect(await harmShown()).toEqual([])
    await answersWithin(page, 2_000)
  })

  it("lets no name read as another one", async () => {
    await page.goto(`${scene.url}/sessions/${session}`)
    await page.locator("h1").getByText("U+202E").waitFor()
    await page.goto(scene.url)
    await page.locator("[data-session]").getByText("U+202E").first().waitFor()
    expect(await harmShown()).toEqual([])
  })

  it.each(["model", "span", "keys"])("harms nobody in the tabs of an event: %s", async (which) => {
    const rows = (await (await fetch(`${scene.url}/api/sessions/${session}/spans`)).text())
      .trim()
      .split("\n")
      .flatMap((line) => (JSON.parse(line) as { rows?: ReadonlyArray<ReadonlyArray<string | null>> }).rows ?? [])
    const event = which === "model" ? all : which === "keys" ? keys : rows.find((row) => row[11] !== null)?.[0]
    await page.goto(`${scene.url}/sessions/${session}?event=${event}`)
    for (const tab of TABS) {
      await page.getByRole("tab", { name: tab }).click()
      await page.getByRole("tabpanel", { name: tab }).locator("h3, [class*=notice]").first().waitFor()
      await answersWithin(page, 3_000)
      expect(await harm()).toEqual([])
    }
  })

  it("harms nobody in a conversation, opened to its end", async () => {
    await page.goto(`${scene.url}/sessions/${session}?event=${all}`)
    const more = page.getByRole("button", { name: /earlier messages?$/ })
    await more.waitFor()
    while ((await more.count()) > 0) await more.first().click()
    // Nothing that can be followed is a script
    for (const summary of await page.locator("summary").all()) await summary.click()
    expect(await harm()).toEqual([])
    await page.getByText("U+202E", { exact: true }).first().waitFor()
    await page.getByText("␛", { exact: true }).first().waitFor()
    await page.getByText("U+D83D", { exact: true }).first().waitFor()
    await page
      .getByText(/^show image from/)
      .first()
      .waitFor()
    await answersWithin(page, 3_000)
  })

  it("harms nobody when it is searched", async () => {
    await page.keyboard.press("f")
    await page.keyboard.type("<script>")
    await page.getByText(/^1 of \d/).waitFor()
    expect(await harm()).toEqual([])
  })

  it("stays quick with ten megabytes of text", async () => {
    const start = performance.now()
    await page.goto(`${scene.url}/sessions/${session}?event=${huge}`)
    await page.getByRole("button", { name: /more of 9,9\d\d,\d\d\d more characters/ }).waitFor()
    expect(performance.now() - start).toBeLessThan(10_000)
    await answersWithin(page, 1_500)
    await page.keyboard.press("r")
    await page.getByRole("button", { name: /show 100,000 of 9,999,200 more characters/ }).click()
    await answersWithin(page, 1_500)
    expect(await harm()).toEqual([])
  })
})
