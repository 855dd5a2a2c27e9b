/**
 * A PostgreSQL of a test's own: made in a temporary folder, reached by a socket there, ended with the scope.
 */
import { execFileSync, spawn } from "node:child_process"
import { chownSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect } from "effect"

/** PostgreSQL refuses to run as root: Debian's package brings a user for it. */
const user = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const id = (option: string): number => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

/** The path of its socket; user and database are `postgres`. */
export const postgresql = (program: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const as = user()
      const folder = mkdtempSync(join(tmpdir(), "pg-"))
      if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
      const data = join(folder, "data")
      const initdb = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
      execFileSync(join(dirname(program), "initdb"), initdb, {
        ...as,
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"]
      })
      const server = spawn(program, ["-D", data, "-k", folder, "-h", "", "-F"], {
        ...as,
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"]
      })
      const ended = new Promise<void>((resolve) => server.once("close", () => resolve()))
      let said = ""
      await new Promise<void>((resolve, reject) => {
        server.stderr.on("data", (chunk: Buffer) => {
          said += chunk.toString()
          if (said.includes("ready to accept connections")) resolve()
        })
        void ended.then(() => reject(new Error(said)))
      })
      return { folder, socket: join(folder, ".s.PGSQL.5432"), server, ended }
    }),
    ({ ended, folder, server }) =>
      Effect.promise(async () => {
        server.kill("SIGINT")
        await ended
        rmSync(folder, { recursive: true })
      })
  ).pipe(Effect.map(({ socket }) => socket))
