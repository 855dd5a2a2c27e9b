import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gitAttributes, gitStatus, originUrl, publicUrl } from "./git.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-git-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const git = (cwd: string, ...args: ReadonlyArray<string>): string =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd, stdio: "pipe" })
    .toString()
    .trim()

const repository = Effect.map(folder, (path) => {
  git(path, "init", "--quiet", "--initial-branch", "feature/x")
  writeFileSync(join(path, "a"), "1")
  git(path, "add", "a")
  git(path, "commit", "--quiet", "--message", "first")
  return path
})

const said = (path: string) =>
  Effect.map(Effect.all([gitAttributes(path), gitStatus(path)]), ([files, status]) => ({ ...files, ...status }))

describe("gitAttributes and gitStatus", () => {
  it.live("says branch, commit, repository and whether something is uncommitted, from a folder below too", () =>
    Effect.gen(function* () {
      const path = yield* repository
      git(path, "remote", "add", "origin", "https://me:secret@git.example/team/agent.git")
      mkdirSync(join(path, "below"))
      const expected = {
        "vcs.ref.head.name": "feature/x",
        "vcs.ref.head.type": "branch",
        "vcs.ref.head.revision": git(path, "rev-parse", "HEAD"),
        "vcs.repository.url.full": "https://git.example/team/agent",
        "vcs.repository.name": "agent",
        "honeyhive.vcs.dirty": false
      }
      assert.deepStrictEqual(yield* said(join(path, "below")), expected)
      writeFileSync(join(path, "b"), "2")
      assert.deepStrictEqual(yield* said(path), { ...expected, "honeyhive.vcs.dirty": true })
    })
  )

  it.live("a commit without a branch has no name", () =>
    Effect.gen(function* () {
      const path = yield* repository
      const revision = git(path, "rev-parse", "HEAD")
      git(path, "checkout", "--quiet", "--detach")
      assert.deepStrictEqual(yield* said(path), {
        "vcs.ref.head.revision": revision,
        "honeyhive.vcs.dirty": false
      })
    })
  )

  it.live("a repository without a commit says only what it knows", () =>
    Effect.gen(function* () {
      const path = yield* folder
      git(path, "init", "--quiet")
      assert.deepStrictEqual(yield* said(path), { "honeyhive.vcs.dirty": false })
    })
  )

  it.live("outside of a repository there is nothing to say", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* said(yield* folder), {})
    })
  )

  it.live("a branch may be packed away, and a worktree has its own", () =>
    Effect.gen(function* () {
      const path = yield* repository
      const revision = git(path, "rev-parse", "HEAD")
      git(path, "remote", "add", "origin", "git@git.example:team/agent.git")
      git(path, "pack-refs", "--all")
      const origin = { "vcs.repository.url.full": "https://git.example/team/agent", "vcs.repository.name": "agent" }
      assert.deepStrictEqual(yield* gitAttributes(path), {
        "vcs.ref.head.revision": revision,
        "vcs.ref.head.name": "feature/x",
        "vcs.ref.head.type": "branch",
        ...origin
      })
      const other = join(path, "other")
      git(path, "worktree", "add", "--quiet", "-b", "fix", other)
      git(other, "commit", "--quiet", "--allow-empty", "--message", "second")
      assert.deepStrictEqual(yield* said(other), {
        "vcs.ref.head.revision": git(other, "rev-parse", "HEAD"),
        "vcs.ref.head.name": "fix",
        "vcs.ref.head.type": "branch",
        ...origin,
        "honeyhive.vcs.dirty": false
      })
    })
  )

  it.live("files that are none of git's are not taken for them", () =>
    Effect.gen(function* () {
      const path = yield* folder
      mkdirSync(join(path, ".git"))
      for (const head of ["", "ref: ../../secret", "ref: refs/heads/x", "no revision", "x".repeat(40)]) {
        writeFileSync(join(path, ".git", "HEAD"), head)
        assert.deepStrictEqual(yield* gitAttributes(path), {})
      }
    })
  )

  it.live("without git it is not known whether something is uncommitted", () =>
    Effect.gen(function* () {
      const path = yield* repository
      const { PATH } = process.env
      process.env["PATH"] = path
      const found = yield* said(path)
      process.env["PATH"] = PATH
      assert.strictEqual(found["vcs.ref.head.name"], "feature/x")
      assert.notProperty(found, "honeyhive.vcs.dirty")
    })
  )
})

describe("originUrl", () => {
  it.each([
    ['[core]\n\tbare = false\n[remote "origin"]\n\turl = https://a/b\n\tfetch = x\n', "https://a/b"],
    ['[remote "fork"]\n\turl = https://fork/b\n[remote "origin"]\n\tfetch = x\n\tURL="https://a/b"\n', "https://a/b"],
    ['[remote "origin"]\n[remote "fork"]\n\turl = https://fork/b\n', undefined],
    ["", undefined]
  ])("%j", (config, url) => assert.strictEqual(originUrl(config), url))
})

describe("publicUrl", () => {
  it.each([
    ["https://user:token@github.com/a/b.git", "https://github.com/a/b"],
    ["https://token@github.com:8443/a/b.git/?access_token=x#y", "https://github.com:8443/a/b"],
    ["http://localhost:3000/a/b", "http://localhost:3000/a/b"],
    ["git@github.com:a/b.git", "https://github.com/a/b"],
    ["github.com:a/b", "https://github.com/a/b"],
    ["ssh://git@github.com:22/a/b.git", "https://github.com/a/b"],
    ["git://github.com/a/b.git", "https://github.com/a/b"],
    ["/srv/git/b.git", undefined],
    ["../b", undefined],
    ["file:///srv/git/b.git", undefined],
    ["C:\\git\\b", undefined],
    ["", undefined]
  ])("%s is %s", (remote, url) => assert.strictEqual(publicUrl(remote), url))
})
