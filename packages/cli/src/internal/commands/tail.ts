import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Command from "effect/cli/Command"
import type { Event } from "@honeyhive/contract/Event"
import { Backend, inSession } from "../backend.ts"
import * as feeds from "../feed.ts"
import { Output } from "../output.ts"
import { cut, redraw } from "../screen.ts"
import { ended } from "../signals.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, firstLine, milliseconds, type Paint } from "../text.ts"
import { connectedRunning, isJson } from "./root.ts"
import * as show from "./show.ts"

const INTERVAL = 400
/** Milliseconds without news after which a session's tree stays where it is. */
const QUIET = 3_000

const styles = { session: "magenta", chain: "blue", model: "green", tool: "cyan" } as const

/** An event on one line, for pipes and logs. */
export const lineOf = (event: Event, session: string | undefined, paint: Paint): string => {
  const { config, duration, error, event_name, event_type, start_time } = event
  return [
    paint("dim", new Date(start_time).toISOString().slice(11, 23)),
    paint(styles[event_type], event_type.padEnd(7)),
    clean(event_name),
    ...(event_type === "model" && typeof config["model"] === "string" ? [paint("dim", clean(config["model"]))] : []),
    ...(duration === null ? [] : [paint("dim", milliseconds(duration))]),
    ...(session === undefined || event_type === "session" ? [] : [paint("dim", `in ${clean(session)}`)]),
    ...(error === null ? [] : [paint("red", `! ${firstLine(error)}`)])
  ].join("  ")
}

interface Live {
  readonly events: Map<string, Event>
  changedAt: number
}

/** The sessions on the screen: those with news are drawn again, those without stay. */
export class Sessions {
  private readonly live = new Map<string, Live>()
  private readonly done = new Map<string, Map<string, Event>>()

  add(events: ReadonlyArray<Event>, now: number): void {
    for (const event of events) {
      const { session_id } = event
      let session = this.live.get(session_id)
      if (session === undefined) {
        this.live.set(session_id, (session = { events: this.done.get(session_id) ?? new Map(), changedAt: now }))
      }
      session.events.set(event.event_id, event)
      session.changedAt = now
    }
  }

  nameOf(id: string): string | undefined {
    const events = this.live.get(id)?.events ?? this.done.get(id)
    return events?.get(id)?.event_name
  }

  /** Takes out those that have been quiet since `before`. */
  settle(before: number): ReadonlyArray<ReadonlyArray<Event>> {
    const settled: Array<ReadonlyArray<Event>> = []
    for (const [id, { changedAt, events }] of this.live) {
      if (changedAt > before) continue
      this.live.delete(id)
      this.done.set(id, events)
      settled.push(inSession([...events.values()]))
    }
    // What was long ago is not drawn again
    for (const id of this.done.keys()) if (this.done.size > 100) this.done.delete(id)
    return settled
  }

  all(): ReadonlyArray<ReadonlyArray<Event>> {
    return Array.from(this.live.values(), ({ events }) => inSession([...events.values()]))
  }
}

/** The next news. A hive that goes away is said once and looked for again: the next one may have another address. */
const patient = Effect.fnUntraced(function* (feed: feeds.Feed) {
  let backend = yield* Backend
  let lost = false
  return Effect.gen(function* () {
    const { note, paintNote } = yield* Output
    const result = yield* Effect.result(Effect.provideService(feed.next, Backend, backend))
    if (Result.isSuccess(result)) {
      if (lost) yield* note(paintNote("dim", `the hive is back, at ${backend.label}`))
      lost = false
      return result.success
    }
    if (!lost) yield* note(`${paintNote("yellow", "waiting:")} ${result.failure.message}`)
    lost = true
    // Layers are shared by reference: this one is to look again
    const other = yield* Effect.result(Effect.scoped(Layer.build(Layer.fresh(connectedRunning))))
    if (Result.isSuccess(other)) backend = Context.get(other.success, Backend)
    return []
  })
})

const watch = Effect.fnUntraced(function* (since: number, asJson: boolean) {
  const { json, line, moves, paint, raw, ...out } = yield* Output
  const sessions = new Sessions()
  const feed = feeds.make(since)
  let drawn = 0

  const draw = (settled: ReadonlyArray<ReadonlyArray<Event>>) =>
    Effect.suspend(() => {
      const look = { ...out, columns: () => out.columns() - 1, paint }
      const staying = settled.flatMap((events) => [...show.describe(events, look), ""])
      const live = cut(
        sessions.all().flatMap((events) => show.describe(events, look)),
        out.rows()
      )
      const text = staying.length === 0 && live.length === 0 && drawn === 0 ? "" : redraw(drawn, staying, live)
      drawn = live.length
      return raw(text)
    })

  const tell = (events: ReadonlyArray<Event>, now: number) =>
    Effect.gen(function* () {
      if (asJson) return yield* Effect.forEach(events, json, { discard: true })
      const before = sessions.all().length
      sessions.add(events, now)
      if (moves) {
        const settled = sessions.settle(now - QUIET)
        if (events.length > 0 || settled.length > 0 || before !== sessions.all().length) yield* draw(settled)
        return
      }
      for (const event of events) {
        if (event.end_time !== null || event.event_type === "session") {
          yield* line(lineOf(event, sessions.nameOf(event.session_id), paint))
        }
      }
      sessions.settle(now - QUIET)
    })

  // The first time tells whether there is a hive at all
  yield* tell(yield* feed.next, yield* Clock.currentTimeMillis)
  const again = yield* patient(feed)
  const forever = Effect.gen(function* () {
    yield* Effect.sleep(INTERVAL)
    yield* tell(yield* again, yield* Clock.currentTimeMillis)
  }).pipe(Effect.forever)
  yield* Effect.raceFirst(forever, ended)
  if (moves && !asJson) yield* draw(sessions.settle(Infinity))
})

export const tail = Command.make(
  "tail",
  {
    since: sinceFlag("Begin with what was")
  },
  ({ since }) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const from = Option.getOrElse(since, () => now)
      const { note, paintNote } = yield* Output
      const { url } = yield* Backend
      const asJson = yield* isJson
      if (!asJson) yield* note(paintNote("dim", `watching ${url}, Ctrl-C ends it`))
      yield* watch(from, asJson)
    }).pipe(Effect.provide(connectedRunning))
).pipe(
  Command.withDescription("Watch events as they arrive: live trees in a terminal, lines in a pipe."),
  Command.withExamples([
    { command: "hive tail" },
    { command: "hive tail --since 15m" },
    { command: "hive tail --json | jq 'select(.error)'", description: "Only what fails" }
  ])
)
