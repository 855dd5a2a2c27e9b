/**
 * The tables of the documentation: they leave nothing out, and what they point at is there.
 */
import { access, glob, readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"
import * as compat from "@honeyhive/tracing/compat"

const tracing = join(import.meta.dirname, "../packages/tracing")

/** The rows of every table in a text, as cells. */
const rowsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  text
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s|:-]*$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim())
    )

// What `honeyhive` 1.0.42 exports, and the public members of its tracer
const npm = {
  exports:
    "HoneyHiveTracer enrichSession enrichSpan traceFunction traceModel traceTool traceChain getGitInfo evaluate evaluator " +
    "HoneyHive HoneyHiveLangChainTracer EnrichSpanParams EnrichSessionParams TraceFunctionOptions " +
    "HoneyHiveTracerProperties TraceloopAssociationProperties TraceloopParams SessionStartParams GitInfo files ServerList",
  members:
    "init trace traceFunction traceModel traceTool traceChain logModel enrichSpan enrichSession getTracer flush " +
    "startSession apiKey project sessionId serverUrl sessionName source inputs metadata disableBatch isEvaluation " +
    "runId datasetId datapointId verbose disableHttpTracing evalAssociationProps sdkInstance flushPromise",
  /** Not part of the tracer, or state that all tracers shared. */
  left:
    "getGitInfo evaluate evaluator HoneyHive HoneyHiveLangChainTracer files ServerList evalAssociationProps sdkInstance " +
    "flushPromise"
}

// What `honeyhive.tracer` 1.5.1 exports, and the public methods of its tracer
const python =
  "HoneyHiveTracer trace atrace trace_class enrich_session enrich_span set_default_tracer get_default_tracer " +
  "clear_registry shutdown_tracer graceful_shutdown_all flush set_global_provider get_global_provider " +
  "HoneyHiveSpanProcessor init start_span create_event create_session acreate_session with_session session_start " +
  "get_baggage set_baggage inject_context extract_context link unlink inject force_flush shutdown flush_all reset"

const words = (text: string): ReadonlyArray<string> => text.split(" ")

describe("MIGRATION.md", async () => {
  const [forNpm = "", forPython = ""] = (await readFile(join(tracing, "MIGRATION.md"), "utf8")).split(
    "## From the Python SDK"
  )
  const names = (text: string): ReadonlySet<string> =>
    new Set(rowsOf(text).flatMap((row) => [row[0] ?? "", row.at(-1) ?? ""].flatMap((cell) => cell.match(/\w+/g) ?? [])))

  it("has every name of the npm package", () => {
    const found = names(forNpm)
    assert.deepStrictEqual(
      words(`${npm.exports} ${npm.members}`).filter((name) => !found.has(name)),
      []
    )
  })

  it("has every name of the Python SDK's tracer", () => {
    const found = names(forPython)
    assert.deepStrictEqual(
      words(python).filter((name) => !found.has(name)),
      []
    )
  })

  it("says truly what `compat` has", async () => {
    const tracer = await compat.HoneyHiveTracer.init({ testMode: true })
    await compat.HoneyHiveTracer.close()
    const left = new Set(words(npm.left))
    const values = words(npm.exports).filter((name) => !left.has(name) && /^[a-z]|^HoneyHiveTracer$/.test(name))
    assert.deepStrictEqual(
      values.filter((name) => !(name in compat)),
      []
    )
    const members = words(npm.members).filter((name) => !left.has(name))
    assert.deepStrictEqual(
      members.filter((name) => !(name in tracer) && !(name in compat.HoneyHiveTracer)),
      []
    )
  })
})

/** Relative links in a text that lead nowhere: no file, or no heading of that name. */
const broken = async (text: string, page: string): Promise<ReadonlyArray<string>> => {
  const links = text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)
  const checked = Array.from(links, async ([, link = "", heading]) => {
    const target = link === "" ? page : join(dirname(page), link)
    const exists = await access(target).then(
      () => true,
      () => false
    )
    if (!exists) return [link]
    if (heading === undefined) return []
    const headings = Array.from((await readFile(target, "utf8")).matchAll(/^#+ (.*)$/gm), ([, words = ""]) =>
      words
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-")
    )
    return headings.includes(heading) ? [] : [`${link}#${heading}`]
  })
  return (await Promise.all(checked)).flat()
}

describe("the reference's features", async () => {
  const page = await readFile(join(tracing, "README.md"), "utf8")
  const rows = rowsOf(page).filter(([number = ""]) => /^\d+$/.test(number))

  it("are all there, in order", () => {
    assert.deepStrictEqual(
      rows.map(([number]) => Number(number)),
      Array.from({ length: 41 }, (_, index) => index + 1)
    )
  })

  it("each have a name here and a test that exists", () => {
    // Evaluations have a package of their own
    const rest = rows.filter(([, , here = ""]) => here !== "`@honeyhive/experiments`")
    assert.strictEqual(rest.length, 40)
    assert.deepStrictEqual(
      rest.filter(([, , here = "", test = ""]) => here === "" || !test.includes(".test.ts)")),
      []
    )
  })

  it("that the reference does not have have a test, too", () => {
    const [, more = ""] = page.split("And what it does not have:")
    const without = rowsOf(more).filter(([, , test = ""]) => test !== "test" && !test.includes(".test.ts)"))
    assert.deepStrictEqual(without, [])
  })
})

describe("docs/PROMISES.md", async () => {
  const page = join(tracing, "docs/PROMISES.md")
  const text = await readFile(page, "utf8")

  it("has the five kinds of promises", () => {
    assert.deepStrictEqual(
      Array.from(text.matchAll(/^## (\w)\./gm), ([, letter]) => letter),
      ["A", "B", "C", "D", "E"]
    )
  })

  const rows = rowsOf(text).filter(([promise]) => promise !== "promise")
  it.each(rows.map(([promise = "", tests = ""]) => [promise, tests] as const))("%s", async (_promise, tests) => {
    const files = tests.split("<br>").map((file) => /\]\((\S+?)\): (.*)$/.exec(file))
    const titles = files.map(async (file) => {
      assert.isNotNull(file, tests)
      const source = await readFile(join(dirname(page), file[1] ?? ""), "utf8")
      const named = Array.from((file[2] ?? "").matchAll(/“(.*?)”/g), ([, title = ""]) => title)
      assert.isNotEmpty(named, tests)
      return named.filter((title) => !source.includes(title))
    })
    assert.deepStrictEqual((await Promise.all(titles)).flat(), [])
  })
})

describe("pages", async () => {
  const root = join(tracing, "../..")
  const pages: Array<string> = []
  for await (const page of glob(["*.md", "packages/*/*.md", "packages/*/docs/*.md"], { cwd: root })) pages.push(page)

  it.each(pages.toSorted())("%s: links lead somewhere, and nothing is left to do", async (name) => {
    const text = await readFile(join(root, name), "utf8")
    assert.deepStrictEqual(await broken(text, join(root, name)), [])
    assert.notMatch(text, /\bTODO\b/)
  })
})
