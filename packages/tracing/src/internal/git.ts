/**
 * What git says of the working directory: branch, commit, repository, whether something is uncommitted.
 *
 * Everything is read by git itself, without a shell, and killed when its time is over. Without git, or outside of a
 * repository, there is nothing to say.
 */
import type { execFile } from "node:child_process"
import { access } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

export const gitNames = [
  "vcs.ref.head.name",
  "vcs.ref.head.type",
  "vcs.ref.head.revision",
  "vcs.repository.url.full",
  "vcs.repository.name",
  "honeyhive.vcs.dirty"
] as const

type GitAttributes = { readonly [K in (typeof gitNames)[number]]?: string | boolean }

/** Looking for the repository costs no process: a program in production mostly has none. */
const isRepository = async (folder: string): Promise<boolean> => {
  if (process.env["GIT_DIR"] !== undefined) return true
  const found = await access(join(folder, ".git")).then(
    () => true,
    () => false
  )
  const parent = dirname(folder)
  return found || (parent !== folder && isRepository(parent))
}

const MAX_OUTPUT = 64 * 1024

/** What git printed, as far as it fits; `undefined` when there is no git or it does not want to. */
const git = (run: typeof execFile, cwd: string, ...args: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const child = run(
      "git",
      // A look at a repository neither locks it nor runs its file system monitor
      ["--no-optional-locks", "-c", "core.fsmonitor=false", ...args],
      { cwd, windowsHide: true, maxBuffer: MAX_OUTPUT, env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } },
      (error, stdout) => {
        const tooLong = Predicate.hasProperty(error, "code") && error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER"
        resume(Effect.succeed(error === null || tooLong ? stdout.trim() : undefined))
      }
    )
    child.unref()
    for (const pipe of [child.stdin, child.stdout, child.stderr]) {
      if (Predicate.hasProperty(pipe, "unref") && typeof pipe.unref === "function") pipe.unref()
    }
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

/**
 * The address of a repository as OpenTelemetry wants it: the one for a browser, without credentials, query and `.git`.
 * A folder on this machine has none.
 */
export const publicUrl = (remote: string): string | undefined => {
  const scp = /^(?:[^@/]+@)?([^:/@]{2,}):(?!\/\/)\/?(.+)$/.exec(remote)
  const url = URL.parse(scp === null ? remote : `ssh://${scp[1]}/${scp[2]}`)
  if (url === null || !/^(?:https?|ssh|git):$/.test(url.protocol) || url.hostname === "") return undefined
  const isWeb = url.protocol === "https:" || url.protocol === "http:"
  const path = url.pathname.replace(/\/+$/, "").replace(/\.git$/, "")
  return `${isWeb ? url.protocol : "https:"}//${isWeb ? url.host : url.hostname}${path}`
}

/** Commit and full name of what is checked out: `refs/heads/…`, or `HEAD` where no branch is. */
const head = (printed: string | undefined): GitAttributes => {
  const [revision, ref = ""] = printed?.split("\n") ?? []
  if (revision === undefined || !/^[0-9a-f]{40,64}$/.test(revision)) return {}
  const branch = ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : undefined
  return {
    "vcs.ref.head.revision": revision,
    ...(branch === undefined ? {} : { "vcs.ref.head.name": branch, "vcs.ref.head.type": "branch" })
  }
}

const repository = (remote: string | undefined): GitAttributes => {
  const url = remote === undefined ? undefined : publicUrl(remote)
  const name = url?.slice(url.lastIndexOf("/") + 1)
  return url === undefined || name === undefined || name === ""
    ? {}
    : { "vcs.repository.url.full": url, "vcs.repository.name": name }
}

/** The attributes of the repository around a folder. */
export const gitAttributes = Effect.fnUntraced(function* (folder: string) {
  if (!(yield* Effect.promise(() => isRepository(folder)))) return {}
  // Loaded where there is something to run
  const { execFile } = yield* Effect.promise(() => import("node:child_process"))
  const [headed, remote, status] = yield* Effect.all(
    [
      git(execFile, folder, "rev-parse", "HEAD", "--symbolic-full-name", "HEAD"),
      git(execFile, folder, "config", "--get", "remote.origin.url"),
      git(execFile, folder, "status", "--porcelain")
    ],
    { concurrency: "unbounded" }
  )
  return {
    ...head(headed),
    ...repository(remote),
    ...(status === undefined ? {} : { "honeyhive.vcs.dirty": status !== "" })
  } satisfies GitAttributes
})
