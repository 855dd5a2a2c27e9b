/**
 * The command above all others, and the flags that they share.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { connect, type Place } from "../location.ts"

export const root = Command.make("hive").pipe(
  Command.withSharedFlags({
    url: Flag.String("url").pipe(
      Flag.withDescription("Address of a hive, or of HoneyHive (or HIVE_URL); else the hive that runs on this machine"),
      Flag.optional
    ),
    data: Flag.String("data").pipe(
      Flag.withDescription("Folder of the hive's store (or HIVE_DATA)"),
      Flag.withMetavar("folder"),
      Flag.optional
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print one JSON object per line"), Flag.withDefault(false))
  }),
  Command.withDescription("Traces of AI applications: a backend on this machine, and its sessions in the terminal."),
  Command.withExamples([
    { command: "hive run -- node agent.js", description: "Run a program and see what it did" },
    { command: "hive up", description: "Serve a hive until Ctrl-C" },
    { command: "hive tail", description: "Watch events as they arrive" },
    { command: "hive show last", description: "The newest session as a tree" },
    { command: "hive doctor", description: "Why does nothing arrive?" }
  ])
)

export const place: Effect.Effect<Place, never, Command.CommandContext<"hive">> = Effect.map(root, ({ data, url }) => ({
  url: Option.getOrUndefined(url),
  data: Option.getOrUndefined(data),
  env: process.env
}))

export const isJson = Effect.map(root, ({ json }) => json)

/** The hive that the flags mean, for as long as the command. */
export const connected = Layer.unwrap(Effect.map(place, (here) => connect(here)))

/** The same, where a store without a hive over it is of no use. */
export const connectedRunning = Layer.unwrap(Effect.map(place, (here) => connect(here, { opens: false })))
