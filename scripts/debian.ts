/**
 * Programs that tests need and npm does not have: found on this machine, or installed from Debian's packages where that is
 * possible (root and apt).
 */
import { execFileSync } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

interface Program {
  /** Where it may be: names are looked up in PATH, paths are taken as they are. */
  readonly candidates: ReadonlyArray<string>
  /** Debian's packages that bring it. */
  readonly packages: ReadonlyArray<string>
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const find = ({ candidates }: Program): string | undefined =>
  candidates
    .flatMap((candidate) =>
      candidate.includes("/")
        ? [candidate]
        : (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, candidate))
    )
    .find(isExecutable)

const install = (packages: ReadonlyArray<string>): void => {
  process.stderr.write(`installing ${packages.join(", ")} from Debian's packages\n`)
  // Another suite may be installing at the same moment
  const apt = (...args: ReadonlyArray<string>) =>
    execFileSync("apt-get", ["-o", "DPkg::Lock::Timeout=600", "-qq", ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      stdio: ["ignore", "ignore", "pipe"]
    })
  apt("update")
  apt("install", "--yes", "--no-install-recommends", ...packages)
}

/** The path of a program, installed first where it is missing and can be; undefined where it cannot. */
const obtain = (program: Program): string | undefined => {
  const found = find(program)
  if (found !== undefined) return found
  if (process.getuid?.() !== 0 || find({ candidates: ["apt-get"], packages: [] }) === undefined) return undefined
  install(program.packages)
  return find(program)
}

/**
 * The path of a program that a suite needs. Where it cannot be had, `undefined`, and standard error says which suite does
 * not run and how to get it; with `CI=true` that is a failure.
 */
export const needed = (suite: string, program: Program): string | undefined => {
  const path = obtain(program)
  if (path !== undefined) return path
  const message = `${suite} did not run: it needs ${program.candidates[0]} (apt-get install ${program.packages.join(" ")})`
  if (process.env["CI"] === "true") throw new Error(message)
  process.stderr.write(`${message}\n`)
  return undefined
}

/**
 * A browser.
 *
 * @public
 */
export const chromium: Program = {
  candidates: ["chromium", "/usr/bin/chromium", "google-chrome", "chromium-browser"],
  packages: ["chromium", "fonts-dejavu-core"]
}

/** PostgreSQL's server programs (`initdb` and `postgres` are in the same folder). */
export const postgres: Program = {
  candidates: ["/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/17/bin/postgres", "postgres"],
  packages: ["postgresql"]
}
