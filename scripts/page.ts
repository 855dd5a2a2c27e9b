/**
 * `pnpm page`: builds the page into the hive's package, unless what is there is newer than everything that it is made of.
 */
import { execFile } from "node:child_process"
import { globSync, statSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)
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
  // A process of its own: React's build depends on NODE_ENV, which is "test" in tests
  await run(
    process.execPath,
    [join(viewer, "node_modules", "vite", "bin", "vite.js"), "build", "--logLevel", "error"],
    {
      cwd: viewer,
      env: { ...process.env, NODE_ENV: "production" }
    }
  )
  return true
}

if (import.meta.main) {
  process.stderr.write((await buildPage()) ? "the page is built\n" : "")
}
