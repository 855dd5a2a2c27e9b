/**
 * The packages that are published, and how they become tarballs.
 */
import { execFile } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

const root = join(import.meta.dirname, "..")
const run = promisify(execFile)

// Scripts run under pnpm, which says where it is
const pnpm = process.env["npm_execpath"] ?? "pnpm"

interface Package {
  readonly name: string
  readonly folder: string
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
}

/** Those of the workspace that are not private, in alphabetical order. */
const packages = async (): Promise<ReadonlyArray<Package>> => {
  const folders = (await readdir(join(root, "packages"))).toSorted()
  const found = await Promise.all(
    folders.map(async (folder) => {
      const path = join(root, "packages", folder)
      const manifest: Manifest = JSON.parse(await readFile(join(path, "package.json"), "utf8"))
      return manifest.private === true ? [] : [{ name: manifest.name, folder: path }]
    })
  )
  return found.flat()
}

/** Builds what changed and packs every package into a folder; the result is each package's tarball. */
export const pack = async (into: string): Promise<ReadonlyMap<string, string>> => {
  await run(pnpm, ["run", "build"], { cwd: root })
  const tarballs = new Map<string, string>()
  for (const { folder, name } of await packages()) {
    const { stdout } = await run(pnpm, ["pack", "--json", "--pack-destination", into], { cwd: folder })
    const { filename }: { readonly filename: string } = JSON.parse(stdout)
    tarballs.set(name, filename)
  }
  return tarballs
}
