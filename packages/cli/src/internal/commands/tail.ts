import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Command from "effect/cli/Command"
import type { Event } from "@honeyhive/contract/Event"
import * as Tree from "../../Tree.ts"
import { Backend, inSession } from "../backend.ts"
import * as feeds from "../feed.ts"
import type { News } from "../live.ts"
import { Output } from "../output.ts"
import { cut, redraw } from "../screen.ts"
import { ended } from "../signals.ts"
import { since as sinceFlag } from "../since.ts"
import { clean, firstLine, milliseconds, type Paint } from "../text.ts"
import { connectedRunning, isJson } from "./root.ts"
import * as show from "./show.ts"

/** Milliseconds between two looks of what runs. */
const PULSE = 500
/** Milliseconds between two drawings at least. */
const FRAME = 50
const RETRY = "1 second"
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
    ...(Tree.stateOf(event) === "lost" ? [paint("red", "lost")] : []),
    ...(session === undefined || event_type === "session" ? [] : [paint("dim", `in ${clean(session)}`)]),
    ...(error === null ? [] : [paint("red", `! ${firstLine(error)}`)])
  ].join("  ")
}

interface Live {
  readonly events: Map<string, Event>
  changedAt: number
}

const hasRunning = (events: ReadonlyMap<string, Event>): boolean =>
  [...events.values()].some((event) => Tree.stateOf(event) === "running")

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

  /** Whether anything on the screen has not ended. */
  get runs(): boolean {
    return Array.from(this.live.values()).some(({ events }) => hasRunning(events))
  }

  /** Takes out those that have been quiet since `before`, and in which nothing runs. */
  settle(before: number): ReadonlyArray<ReadonlyArray<Event>> {
    const settled: Array<ReadonlyArray<Event>> = []
    for (const [id, { changedAt, events }] of this.live) {
      if (changedAt > before || (before !== Infinity && hasRunning(events))) continue
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

/**
 * Hands over what is new, for as long as it runs. A hive that goes away is said once and looked for again: the next one may
 * have another address. The first time, it tells whether there is a hive at all.
 */
const listen = Effect.fnUntraced(function* (feed: feeds.Feed, tell: (events: ReadonlyArray<Event>) => void) {
  const { note, paintNote } = yield* Output
  let backend = yield* Backend
  let lastId: string | undefined
  let state = "new" as "new" | "here" | "gone" // changed where the compiler does not look

  const hear = (news: News) =>
    Effect.gen(function* () {
      if (news._tag === "Event") {
        lastId = news.id ?? lastId
        return tell(yield* feed.changed([news.event]))
      }
      if (news._tag === "Gap") lastId = news.id ?? lastId
      else if (state === "gone") yield* note(paintNote("dim", `the hive is back, at ${backend.label}`))
      state = "here"
      // A hive that knows the place tells what was missed; one that does not says that there is a gap
      if (news._tag === "Gap" || lastId === undefined) {
        tell(yield* Effect.provideService(feed.missed, Backend, backend))
      }
    })

  while (true) {
    const ended = yield* Effect.result(Stream.runForEach(backend.live(lastId), hear))
    if (Result.isFailure(ended)) {
      if (state === "new") return yield* ended.failure
      if (state === "here") yield* note(`${paintNote("yellow", "waiting:")} ${ended.failure.message}`)
      state = "gone"
      // Layers are shared by reference: this one is to look again
      const other = yield* Effect.result(Effect.scoped(Layer.build(Layer.fresh(connectedRunning))))
      if (Result.isSuccess(other)) backend = Context.get(other.success, Backend)
    }
    yield* Effect.sleep(RETRY)
  }
})

const watch = Effect.fnUntraced(function* (since: number, asJson: boolean) {
  const { json, line, moves, paint, raw, ...out } = yield* Output
  const sessions = new Sessions()
  const queue = yield* Queue.unbounded<Event>()
  let drawn = 0

  const draw = (settled: ReadonlyArray<ReadonlyArray<Event>>, now: number) =>
    Effect.suspend(() => {
      const look = { ...out, columns: () => out.columns() - 1, paint, now }
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
      const pulsed = sessions.runs
      sessions.add(events, now)
      const settled = sessions.settle(now - QUIET)
      if (moves) {
        if (events.length > 0 || settled.length > 0 || pulsed) yield* draw(settled, now)
        return yield* Effect.sleep(FRAME)
      }
      for (const event of events) {
        if (event.end_time !== null || event.event_type === "session" || Tree.stateOf(event) === "lost") {
          yield* line(lineOf(event, sessions.nameOf(event.session_id), paint))
        }
      }
    })

  const telling = Effect.gen(function* () {
    const news = yield* Effect.timeoutOption(Queue.takeAll(queue), PULSE)
    yield* tell(
      Option.getOrElse(news, () => []),
      yield* Clock.currentTimeMillis
    )
  }).pipe(Effect.forever)
  const listening = listen(feeds.make(since), (events) => void Queue.offerAllUnsafe(queue, events))
  yield* Effect.raceAllFirst([listening, telling, ended])
  if (moves && !asJson) {
    const now = yield* Clock.currentTimeMillis
    yield* draw(sessions.settle(Infinity), now)
  }
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
