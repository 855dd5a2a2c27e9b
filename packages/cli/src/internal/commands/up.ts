import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import {
  announce,
  chosenStore,
  dataFolder,
  type Environment,
  makeFolder,
  requiredKeys,
  runningToStay,
  serve,
  shownStore,
  storeFile
} from "../location.ts"
import { Output } from "../output.ts"
import { Misuse, Problem } from "../problem.ts"
import { ended } from "../signals.ts"
import { isJson, place } from "./root.ts"

const opener = (platform: NodeJS.Platform): readonly [string, ...ReadonlyArray<string>] =>
  platform === "darwin" ? ["open"] : platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"]

/** Opens a page in the browser, BROWSER's if that is set; a machine without one is told the address anyway. */
const openPage = (url: string): Effect.Effect<void, never, Output> =>
  Effect.gen(function* () {
    const { note } = yield* Output
    const browser = process.env["BROWSER"]
    const [command, ...args] = browser === undefined || browser === "" ? opener(process.platform) : [browser]
    const failed = yield* Effect.callback<string | undefined>((resume) => {
      const child = spawn(command, [...args, url], { detached: true, stdio: "ignore" })
      child.once("error", (error) => resume(Effect.succeed(error.message)))
      child.once("spawn", () => {
        child.unref()
        resume(Effect.succeed(undefined))
      })
    })
    if (failed !== undefined) yield* note(`cannot open a browser (${failed}): open ${url} yourself`)
  })

/** Whether a browser would be seen: somebody sits at a terminal of a machine with a screen. */
export const hasDisplay = (platform: NodeJS.Platform, env: Environment): boolean => {
  const isSet = (name: string): boolean => (env[name] ?? "") !== ""
  if (isSet("CI")) return false
  if (isSet("DISPLAY") || isSet("WAYLAND_DISPLAY") || isSet("BROWSER")) return true
  return (platform === "darwin" || platform === "win32") && !isSet("SSH_CONNECTION")
}

/** Whether there is a page at the address. */
const hasPage = (url: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    fetch(url, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.body?.cancel()
        return response.ok && response.headers.get("content-type")?.startsWith("text/html") === true
      },
      () => false
    )
  )

export const up = Command.make(
  "up",
  {
    port: Flag.Int("port").pipe(
      Flag.withAlias("p"),
      Flag.withDescription("Port to listen on; any free one otherwise"),
      Flag.filter(
        (port) => port >= 0 && port <= 65_535,
        () => "0 to 65535"
      ),
      Flag.withDefault(0)
    ),
    host: Flag.String("host").pipe(
      Flag.withDescription("Address to listen on; anything but loopback needs HIVE_KEY"),
      Flag.withDefault("127.0.0.1")
    ),
    store: Flag.Redacted("store").pipe(
      Flag.withDescription(
        "Where traces are kept (or HIVE_STORE, which no list of processes shows): clickhouse://user:password@host:8123/database; else the folder's file"
      ),
      Flag.withMetavar("url"),
      Flag.optional
    ),
    memory: Flag.Boolean("memory").pipe(Flag.withDescription("Keep nothing on disk"), Flag.withDefault(false)),
    open: Flag.Boolean("open").pipe(
      Flag.withDescription("Open the page in a browser; as a rule, on a terminal of a machine with a screen"),
      Flag.optional
    )
  },
  ({ host, memory, open, port, store: said }) =>
    Effect.gen(function* () {
      const here = yield* place
      const { json, line, moves, paint } = yield* Output
      if (memory && Option.isSome(said)) {
        return yield* new Misuse({ message: "--memory keeps nothing, --store says where: use one of them" })
      }
      const chosen = memory ? undefined : Option.getOrElse(said, () => chosenStore(here))
      const folder = dataFolder(here)
      yield* makeFolder(folder)
      const other = yield* runningToStay(folder)
      if (Option.isSome(other)) {
        return yield* new Problem({
          message: `a hive runs over ${folder} already, at ${other.value.url} (process ${other.value.pid}): use that, or choose another folder with --data`
        })
      }
      const keys = requiredKeys(here)
      const { url } = yield* serve(folder, { host, port, keys, store: chosen, ...(memory ? { path: ":memory:" } : {}) })
      yield* announce(folder, url)
      const store = memory ? undefined : chosen === undefined ? storeFile(folder) : shownStore(chosen)
      if (yield* isJson) yield* json({ url, pid: process.pid, store: store ?? null })
      else {
        yield* line(`${paint("bold", "hive")} at ${paint("cyan", url)}`)
        yield* line(paint("dim", `store   ${store ?? "in memory"}`))
        yield* line(
          paint(
            "dim",
            `try     HH_API_URL=${url} HH_API_KEY=${keys === undefined ? "hh_local" : "…"} HH_RUNNING_SPANS=on node agent.js`
          )
        )
        yield* line(paint("dim", "Ctrl-C ends it"))
      }
      const byRule = moves && !(yield* isJson) && hasDisplay(process.platform, process.env)
      if (Option.isSome(open) ? open.value : byRule && (yield* hasPage(url))) yield* openPage(url)
      yield* ended
    })
).pipe(
  Command.withDescription("Serve a hive until Ctrl-C: OTLP and HoneyHive's REST API over a store on this machine."),
  Command.withExamples([
    { command: "hive up" },
    { command: "hive up --no-open", description: "Without a browser" },
    { command: "hive up --port 4318", description: "Where OpenTelemetry's exporters send by default" },
    { command: "HIVE_KEY=secret hive up --host 0.0.0.0 --port 8080", description: "For other machines" },
    {
      command: "HIVE_STORE=clickhouse://user:password@host:8123/database hive up",
      description: "Over ClickHouse, which several hives may share"
    }
  ])
)
