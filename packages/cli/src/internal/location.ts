/**
 * Where the hive is: the one that is named, the one that runs on this machine, or the store that it left.
 *
 * A running hive writes its address and process id into its data folder, and takes it away when it ends.
 */
import * as Fs from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as backend from "./backend.ts"
import type { Backend } from "./backend.ts"
import { Misuse, Problem } from "./problem.ts"

export interface Environment {
  readonly [name: string]: string | undefined
}

/** What the flags say, and the environment for what they do not. */
export interface Place {
  readonly url: string | undefined
  readonly data: string | undefined
  readonly env: Environment
}

const set = (text: string | undefined): string | undefined => (text === undefined || text === "" ? undefined : text)

/** The folder of the hive's files: XDG's for data that is no document. */
export const dataFolder = ({ data, env }: Place): string =>
  data ??
  set(env["HIVE_DATA"]) ??
  join(set(env["XDG_DATA_HOME"]) ?? join(homedir(), ".local", "share"), "honeyhive", "hive")

/** Where traces are kept when it is not the folder's file: `clickhouse://…`. It may hold a password. */
export const chosenStore = ({ env }: Place): Redacted.Redacted | undefined => {
  const store = set(env["HIVE_STORE"])
  return store === undefined ? undefined : Redacted.make(store)
}

/** A store as people may see it: without who may enter. */
export const shownStore = (store: Redacted.Redacted): string => {
  const text = Redacted.value(store)
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url === undefined || url.host === "" ? text : `${url.protocol}//${url.host}${url.pathname}`
}

export const storeFile = (folder: string): string => join(folder, "hive.sqlite")

const stateFile = (folder: string): string => join(folder, "hive.json")

/** The key that is not one: a hive on loopback takes any. */
const NO_KEY = "hh_local"

/** The key for a hive. HoneyHive's own key goes only where it is sent on purpose, by an address that is given. */
export const keyFor = ({ env }: Place, given: boolean): Redacted.Redacted =>
  Redacted.make(
    set(env["HIVE_KEY"]) ??
      (given
        ? (set(env["HH_INGESTION_API_KEY"]) ?? set(env["HH_PROJECT_API_KEY"]) ?? set(env["HH_API_KEY"]))
        : undefined) ??
      NO_KEY
  )

/** The keys that a hive asks for; none on loopback unless some are set. */
export const requiredKeys = ({ env }: Place): ReadonlyArray<Redacted.Redacted> | undefined => {
  const keys = set(env["HIVE_KEY"])
  return keys === undefined ? undefined : [Redacted.make(keys)]
}

const State = Schema.Struct({
  url: Schema.String,
  pid: Schema.Int.check(Schema.isGreaterThan(0)),
  /** It ends with the program that it was started for: nobody else's spans should go there. */
  temporary: Schema.optionalKey(Schema.Boolean)
})

export type State = typeof State.Type

const decodeState = Schema.decodeUnknownOption(Schema.fromJsonString(State))

/** Whether there is such a process. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** Any answer will do, and none within the time is that of a machine with much to do: only a closed port is no hive. */
const listens = (url: string) =>
  Effect.promise(() =>
    fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.arrayBuffer()
        return true
      },
      (error: unknown) => error instanceof Error && error.name === "TimeoutError"
    )
  )

/** The hive that runs over this folder, if one does. A file that a killed one left behind is no hive. */
export const running = (folder: string): Effect.Effect<Option.Option<State>> =>
  Effect.gen(function* () {
    const text = yield* Effect.option(Effect.try(() => Fs.readFileSync(stateFile(folder), "utf8")))
    const state = Option.flatMap(text, decodeState)
    if (Option.isNone(state) || !isRunning(state.value.pid)) return Option.none()
    return (yield* listens(state.value.url)) ? state : Option.none()
  })

/** The same, but none that ends with somebody else's program. */
export const runningToStay = (folder: string): Effect.Effect<Option.Option<State>> =>
  Effect.map(
    running(folder),
    Option.filter(({ temporary = false }) => !temporary)
  )

/** Makes the folder, for its owner only: traces hold what people said. */
export const makeFolder = (folder: string): Effect.Effect<void, Problem> =>
  Effect.try({
    try: () => void Fs.mkdirSync(folder, { recursive: true, mode: 0o700 }),
    catch: (error) =>
      new Problem({
        message: `cannot make the folder ${folder}: ${error instanceof Error ? error.message : String(error)}. Choose another with --data`
      })
  })

/** Makes the store's file, where none is. */
export const makeStore = (folder: string): Effect.Effect<void, Problem> =>
  Fs.existsSync(storeFile(folder))
    ? Effect.void
    : Effect.andThen(makeFolder(folder), Effect.asVoid(Effect.scoped(serve(folder))))

/** Says where this process's hive is, for as long as the scope. */
export const announce = (folder: string, url: string, temporary = false): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.ignore(
        Effect.try(() =>
          Fs.writeFileSync(stateFile(folder), JSON.stringify({ url, pid: process.pid, temporary } satisfies State), {
            mode: 0o600
          })
        )
      ),
      () =>
        Effect.ignore(
          Effect.try(() => {
            const state = decodeState(Fs.readFileSync(stateFile(folder), "utf8"))
            if (Option.isSome(state) && state.value.pid === process.pid) Fs.unlinkSync(stateFile(folder))
          })
        )
    )
  )

/** A given address without what is too much at its end. */
export const cleanUrl = (text: string): Effect.Effect<string, Misuse> => {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`)
  return url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== ""
    ? Effect.fail(new Misuse({ message: `--url ${text}: expected http://host:port, without credentials in it` }))
    : Effect.succeed(`${url.origin}${url.pathname}`.replace(/\/+$/, ""))
}

/** Serves the folder's store from this process, for as long as the scope. */
export const serve = Effect.fnUntraced(function* (
  folder: string,
  options: {
    readonly path?: string | undefined
    readonly store?: Redacted.Redacted | undefined
    readonly host?: string | undefined
    readonly port?: number | undefined
    readonly keys?: ReadonlyArray<Redacted.Redacted> | undefined
  } = {}
) {
  // Commands that talk to a hive that runs do not load one
  const { Hive } = yield* Effect.promise(() => import("@honeyhive/hive/Hive"))
  const { path = storeFile(folder), ...rest } = options
  const services = yield* Layer.build(Hive.layer({ ...rest, path })).pipe(
    Effect.mapError(({ message }) => new Problem({ message }))
  )
  return yield* Effect.provideContext(Hive, services)
})

/** The address that was given with the command or by the environment. */
export const givenUrl = ({ env, url }: Place): string | undefined => url ?? set(env["HIVE_URL"])

export interface ConnectOptions {
  /** Whether a store that no hive serves is opened, which is the default. */
  readonly opens?: boolean
}

/** Connects to the hive that is meant. */
export const connect = (place: Place, { opens = true }: ConnectOptions = {}): Layer.Layer<Backend, Problem | Misuse> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const given = givenUrl(place)
      if (given !== undefined) return backend.layer(yield* cleanUrl(given), keyFor(place, true))
      const folder = dataFolder(place)
      const state = yield* running(folder)
      if (Option.isSome(state)) return backend.layer(state.value.url, keyFor(place, false))
      const store = chosenStore(place)
      const hasStore = store !== undefined || Fs.existsSync(storeFile(folder))
      if (!hasStore || !opens) {
        return yield* new Problem({
          message: `no hive runs${hasStore ? "" : `, and there is no store in ${folder}`}: start one with \`hive up\`, or name one with --url`
        })
      }
      if (store !== undefined) yield* makeFolder(folder)
      const { url } = yield* serve(folder, { store })
      return backend.layer(url, Redacted.make(NO_KEY), folder)
    })
  )
