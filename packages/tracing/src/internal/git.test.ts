import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gitAttributes, publicUrl } from "./git.ts"

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

describe("gitAttributes", () => {
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
      assert.deepStrictEqual(yield* gitAttributes(join(path, "below")), expected)
      writeFileSync(join(path, "b"), "2")
      assert.deepStrictEqual(yield* gitAttributes(path), { ...expected, "honeyhive.vcs.dirty": true })
    })
  )

  it.live("a commit without a branch has no name", () =>
    Effect.gen(function* () {
      const path = yield* repository
      const revision = git(path, "rev-parse", "HEAD")
      git(path, "checkout", "--quiet", "--detach")
      assert.deepStrictEqual(yield* gitAttributes(path), {
        "vcs.ref.head.revision": revision,
        "honeyhive.vcs.dirty": false
      })
    })
  )

  it.live("a repository without a commit says only what it knows", () =>
    Effect.gen(function* () {
      const path = yield* folder
      git(path, "init", "--quiet")
      assert.deepStrictEqual(yield* gitAttributes(path), { "honeyhive.vcs.dirty": false })
    })
  )

  it.live("outside of a repository there is nothing to say", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* gitAttributes(yield* folder), {})
    })
  )

  it.live("without git there is nothing to say", () =>
    Effect.gen(function* () {
      const path = yield* repository
      const { PATH } = process.env
      process.env["PATH"] = path
      const found = yield* gitAttributes(path)
      process.env["PATH"] = PATH
      assert.deepStrictEqual(found, {})
    })
  )
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
