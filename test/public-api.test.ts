/**
 * Every symbol that the public modules export says what it is for, and what a program can call or provide shows how.
 * That the examples are true is for `docs.test.ts`.
 */
import { glob, readFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")

interface Symbol {
  readonly name: string
  /** Of the comment in front of it. */
  readonly text: string
  /** What it is a member of, if it is one. */
  readonly owner: string | undefined
  readonly kind: string
}

const declaration = /^export (?:abstract )?(const|class|function|async function|type|interface) (\w+)/
const member = /^ {2}static (?:readonly )?(?:async )?(\w+)/

/** The exports of a module, and the static members of its classes, each with its comment. */
const symbolsOf = (source: string): ReadonlyArray<Symbol> => {
  const lines = source.split("\n")
  const found: Array<Symbol> = []
  let owner: string | undefined
  lines.forEach((line, index) => {
    const [, kind = "member", exported] = declaration.exec(line) ?? []
    if (exported !== undefined) owner = kind === "class" ? exported : undefined
    else if (/^\S/.test(line) && !/^[})>]/.test(line)) owner = undefined
    const own = owner === undefined ? undefined : member.exec(line)?.[1]
    const name = exported ?? own
    if (name === undefined) return
    let start = index
    if (lines[index - 1]?.trimEnd().endsWith("*/") === true) {
      do start--
      while (!lines[start]!.trimStart().startsWith("/**"))
    }
    const text = lines
      .slice(start, index)
      .map((line) => line.replace(/^\s*\/?\*+\/? ?/, "").replace(/\*\/\s*$/, ""))
      .join("\n")
    found.push({ name: own === undefined ? name : `${owner}.${own}`, text, owner: own && owner, kind })
  })
  // The implementation behind overloads has their comment
  return found.filter(({ name }, index) => found.findIndex((other) => other.name === name) === index)
}

const isCalledOrProvided = (value: unknown): boolean =>
  typeof value === "function" || Layer.isLayer(value) || Effect.isEffect(value)

const example = /^@example\n```ts[^]*?^```/m

/** What is wrong with the comments of a module. */
const faultsOf = (symbols: ReadonlyArray<Symbol>, valueOf: (name: string) => unknown): ReadonlyArray<string> =>
  symbols
    .filter(({ text }) => !/^@internal$/m.test(text))
    .flatMap(({ kind, name, owner, text }) => {
      const value = valueOf(name)
      // A member may also be shown where its class or another member is
      const shown = owner !== undefined && symbols.some(({ text }) => example.exec(text)?.[0].includes(name))
      const wantsExample = isCalledOrProvided(value) && (kind === "class" || !Schema.isSchema(value))
      const purpose = text.split(/^@|```/m)[0]?.trim() ?? ""
      return [
        ...(purpose === "" ? [`${name} does not say what it is for`] : []),
        ...(owner === undefined && !/^@category \w[^]*^@since \d/m.test(text)
          ? [`${name} has no category or version`]
          : []),
        ...(wantsExample && !shown && !example.test(text) && !/\{@inheritDoc /.test(text)
          ? [`${name} has no example`]
          : [])
      ]
    })

const modules: Array<string> = []
for await (const path of glob("packages/{tracing,instruments}/src/*.ts", { cwd: root })) {
  if (!/\.(?:test|fixture)\.ts$|\/index\.ts$/.test(path)) modules.push(path)
}

describe("public modules", () => {
  it("are all looked at", () => expect(modules.length).toBeGreaterThan(30))

  it.each(modules.toSorted())("%s", async (path) => {
    const source = await readFile(join(root, path), "utf8")
    const exports: Record<string, unknown> = await import(pathToFileURL(join(root, path)).href)
    const symbols = symbolsOf(source)
    const valueOf = (name: string): unknown => {
      const [owner = "", own] = name.split(".")
      const value = exports[owner]
      return own === undefined ? value : typeof value === "function" ? Reflect.get(value, own) : undefined
    }
    const unseen = Object.keys(exports).filter((name) => !symbols.some((symbol) => symbol.name === name))
    expect(unseen).toEqual([])
    expect(faultsOf(symbols, valueOf)).toEqual([])
  })
})
