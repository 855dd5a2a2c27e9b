/**
 * What git knows of the working directory: branch, commit, repository, whether something is uncommitted.
 *
 * All but the last stand in git's files. They are read from there, because starting a process stops the program for
 * milliseconds, the more of them the more memory it has. Only what is uncommitted is asked of git itself, without a shell.
 * Outside of a repository there is nothing to say.
 */
import type { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

export const gitNames = [
  "vcs.ref.head.name",
  "vcs.ref.head.type",
  "vcs.ref.head.revision",
  "vcs.repository.url.full",
  "vcs.repository.name"
] as const

export const gitStatusNames = ["honeyhive.vcs.dirty"] as const

type GitAttributes = { readonly [K in (typeof gitNames)[number]]?: string }

/** Where git keeps its files: a worktree has a few of its own, and shares the others. */
interface GitFolders {
  readonly own: string
  readonly shared: string
}

const read = (...path: ReadonlyArray<string>): Promise<string | undefined> =>
  readFile(join(...path), "utf8").then(
    (text) => text.trim(),
    () => undefined
  )

const withShared = async (own: string): Promise<GitFolders | undefined> => {
  if ((await read(own, "HEAD")) === undefined) return undefined
  const shared = await read(own, "commondir")
  return { own, shared: shared === undefined ? own : resolve(own, shared) }
}

const find = async (folder: string): Promise<GitFolders | undefined> => {
  const said = process.env["GIT_DIR"]
  if (said !== undefined) return withShared(resolve(folder, said))
  // A worktree or submodule has a file there that says where
  const link = /^gitdir: (.+)$/.exec((await read(folder, ".git")) ?? "")?.[1]
  const found = await withShared(link === undefined ? join(folder, ".git") : resolve(folder, link))
  const parent = dirname(folder)
  return found ?? (parent === folder ? undefined : find(parent))
}

const isRevision = (text: string | undefined): text is string =>
  text !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

const head = async ({ own, shared }: GitFolders): Promise<GitAttributes> => {
  const text = await read(own, "HEAD")
  const ref = /^ref: (.+)$/.exec(text ?? "")?.[1]
  if (ref === undefined) return isRevision(text) ? { "vcs.ref.head.revision": text } : {}
  const packed = async () => (await read(shared, "packed-refs"))?.split("\n").find((line) => line.endsWith(` ${ref}`))
  const revision = (await read(shared, ref)) ?? (await packed())?.split(" ")[0]
  if (!isRevision(revision)) return {}
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1]
  return {
    "vcs.ref.head.revision": revision,
    ...(branch === undefined ? {} : { "vcs.ref.head.name": branch, "vcs.ref.head.type": "branch" })
  }
}

/** The address of `origin` in git's configuration. */
export const originUrl = (config: string): string | undefined => {
  let isOrigin = false
  for (const line of config.split("\n")) {
    if (/^\s*\[/.test(line)) isOrigin = /^\s*\[remote "origin"\]/.test(line)
    const url = isOrigin ? /^\s*url\s*=\s*"?([^"]*?)"?\s*$/i.exec(line)?.[1] : undefined
    if (url !== undefined) return url
  }
  return undefined
}

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

const repository = async ({ shared }: GitFolders): Promise<GitAttributes> => {
  const url = publicUrl(originUrl((await read(shared, "config")) ?? "") ?? "")
  const name = url?.slice(url.lastIndexOf("/") + 1)
  return url === undefined || name === undefined || name === ""
    ? {}
    : { "vcs.repository.url.full": url, "vcs.repository.name": name }
}

/** What stands in the files of the repository around a folder. */
export const gitAttributes = (folder: string): Effect.Effect<GitAttributes> =>
  Effect.promise(async () => {
    const folders = await find(folder)
    return folders === undefined ? {} : { ...(await head(folders)), ...(await repository(folders)) }
  })

/** What git printed, as far as it fits; `undefined` when there is no git or it does not want to. */
const git = (run: typeof execFile, cwd: string, ...args: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const child = run(
      "git",
      // A look at a repository neither locks it nor runs its file system monitor
      ["--no-optional-locks", "-c", "core.fsmonitor=false", ...args],
      { cwd, windowsHide: true, maxBuffer: 64 * 1024, env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } },
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

/** Whether anything in the repository around a folder is uncommitted; untracked files count. */
export const gitStatus = Effect.fnUntraced(function* (folder: string) {
  // In production there is mostly no repository, and so no process
  if ((yield* Effect.promise(() => find(folder))) === undefined) return {}
  const { execFile } = yield* Effect.promise(() => import("node:child_process"))
  const status = yield* git(execFile, folder, "status", "--porcelain")
  return status === undefined ? {} : { "honeyhive.vcs.dirty": status !== "" }
})
