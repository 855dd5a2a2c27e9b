/**
 * `pnpm page`: builds the page into the hive's package, unless what is there is newer than everything that it is made of.
 */
import { globSync, statSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const viewer = join(root, "packages", "viewer")
const page = join(root, "packages", "hive", "page", "index.html")

const changed = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const sources = [
  join(root, "pnpm-lock.yaml"),
  ...["index.html", "package.json", "vite.config.ts", "src/**/*"].flatMap((pattern) =>
    globSync(pattern, { cwd: viewer }).map((path) => join(viewer, path))
  )
]

/** Whether there was anything to do. */
export const buildPage = async (): Promise<boolean> => {
  const built = changed(page)
  if (sources.every((path) => changed(path) < built)) return false
  // Its packages are loaded only when there is something to build
  const { build } = await import("vite")
  // Vite takes this name's word for it: in a test it would build React for development
  const before = process.env["NODE_ENV"]
  process.env["NODE_ENV"] = "production"
  try {
    await build({ configFile: join(viewer, "vite.config.ts"), logLevel: "warn" })
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"]
    else process.env["NODE_ENV"] = before
  }
  return true
}

if (import.meta.main) {
  process.stderr.write((await buildPage()) ? "the page is built\n" : "")
}
