/**
 * Part of `pnpm check`: what would be published is what its manifest says, for every way to import it.
 */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { pack } from "./packages.ts"

const run = promisify(execFile)

const complaints = async (command: string, args: ReadonlyArray<string>): Promise<string> => {
  try {
    await run(command, [...args])
    return ""
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { readonly stdout?: string; readonly stderr?: string } // execFile's error
    return `${command}:\n${stdout}${stderr}`
  }
}

const folder = await mkdtemp(join(tmpdir(), "honeyhive-pack-"))
try {
  for (const [name, tarball] of await pack(folder)) {
    const found = [
      await complaints("publint", [tarball, "--strict"]),
      // ESM only: CommonJS programs use require(esm), which every supported Node has
      await complaints("attw", [tarball, "--profile", "esm-only"])
    ].join("")
    if (found !== "") {
      console.error(`${name}\n${found}`)
      process.exitCode = 1
    }
  }
} finally {
  await rm(folder, { recursive: true })
}
