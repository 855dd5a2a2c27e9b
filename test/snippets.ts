/**
 * The `ts` blocks of the documentation: JSDoc of every module, and the pages in Markdown.
 */
import { glob, readFile } from "node:fs/promises"
import { join, relative } from "node:path"

const root = join(import.meta.dirname, "..")

export interface Snippet {
  /** Where it stands, as `path:line`. */
  readonly at: string
  readonly code: string
  /** Fenced as `ts no-run`: compiled only. */
  readonly runs: boolean
}

const sources = ["README.md", "packages/*/*.md", "packages/*/docs/*.md", "packages/*/src/**/*.ts"]

/** Takes the blocks out of a text; in a JSDoc comment every line begins with an asterisk. */
const blocks = (path: string, text: string): ReadonlyArray<Snippet> => {
  const found: Array<Snippet> = []
  const margin = path.endsWith(".md") ? /^/ : /^\s*\* ?/
  let open: { readonly line: number; readonly runs: boolean; readonly code: Array<string> } | undefined
  text.split("\n").forEach((raw, index) => {
    const line = raw.replace(margin, "")
    if (open === undefined) {
      const fence = /^```ts( no-run)?$/.exec(line)
      if (fence !== null && margin.test(raw)) open = { line: index + 1, runs: fence[1] === undefined, code: [] }
    } else if (line.trimEnd() === "```") {
      found.push({ at: `${path}:${open.line}`, code: open.code.join("\n"), runs: open.runs })
      open = undefined
    } else {
      open.code.push(line)
    }
  })
  return found
}

/** Every snippet of the repository. */
export const snippets = async (): Promise<ReadonlyArray<Snippet>> => {
  const all: Array<Snippet> = []
  for await (const path of glob(sources, { cwd: root, exclude: (name) => /node_modules|\.test\.ts$/.test(name) })) {
    all.push(...blocks(relative(root, join(root, path)), await readFile(join(root, path), "utf8")))
  }
  return all.toSorted((a, b) => (a.at < b.at ? -1 : 1))
}

const depth = (code: string): number => {
  const text = code.replaceAll(/"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g, "")
  return (text.match(/[([{]/g)?.length ?? 0) - (text.match(/[)\]}]/g)?.length ?? 0)
}

/**
 * Turns `expression // => value` into a comparison. The comment may also stand on the line after the expression, and the
 * expression may take several lines.
 */
export const withAssertions = (code: string): string => {
  const lines = code.split("\n")
  for (let index = 0; index < lines.length; index++) {
    const found = /^(.*?)\s*\/\/ => (.*)$/.exec(lines[index] ?? "")
    if (found === null) continue
    const [, before = "", expected = ""] = found
    let start = index
    let expression = before
    while (start > 0 && (expression.trim() === "" || depth(expression) !== 0))
      expression = `${lines[--start]}\n${expression}`
    lines[start] = `__check((${expression.trim()}), (${expected}))`
    for (let line = start + 1; line <= index; line++) lines[line] = ""
  }
  return lines.join("\n")
}
