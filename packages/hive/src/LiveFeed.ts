/**
 * What has changed in the store, as it changes: one bounded list of event ids that every listener reads at its own pace.
 *
 * A listener holds a place in the list and nothing else. One that is too slow loses its place and is told so; it costs no
 * memory, however slow it is.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * An event that was created or changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Change {
  readonly event_id: string
  /** Where the writer knows it. */
  readonly session_id?: string | undefined
  /** The session is gone, with all that was in it. */
  readonly deleted?: true | undefined
}

/**
 * What happened after a place: the changes, or that some of them are no longer known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  /** Each event once, in the order of its last change; the number is the place after it. */
  readonly changes: ReadonlyArray<readonly [place: number, change: Change]>
  /** How many changes were lost before these; 0 when none. */
  readonly missed: number
  /** The place after these. */
  readonly next: number
}

/**
 * @category services
 * @since 0.1.0
 */
export class LiveFeed extends Context.Service<
  LiveFeed,
  {
    /** Tells this hive from others and from itself before a restart: places of another one mean nothing here. */
    readonly epoch: string
    /** Never waits for listeners. */
    readonly publish: (changes: Iterable<Change>) => void
    /** The place after everything so far. */
    readonly now: () => number
    /** At most `limit` changes after a place. */
    readonly after: (place: number, limit: number) => Changes
    /** Waits until something is after a place; false when the hive closes. */
    readonly changed: (place: number) => Effect.Effect<boolean>
    /** Lets every listener go. */
    readonly close: Effect.Effect<void>
  }
>()("@honeyhive/hive/LiveFeed") {
  /**
   * A feed that remembers this many changes (default 16,384).
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { LiveFeed } from "@honeyhive/hive"
   *
   * const program = Effect.gen(function*() {
   *   const feed = yield* LiveFeed
   *   feed.publish([{ event_id: "a" }, { event_id: "b" }, { event_id: "a" }])
   *   const { changes, missed } = feed.after(0, 10)
   *   return [changes.map(([, change]) => change.event_id), missed]
   * })
   *
   * await Effect.runPromise(program.pipe(Effect.provide(LiveFeed.layer({ capacity: 3 })))) // => [["b", "a"], 0]
   * ```
   */
  static readonly layer = (options: { readonly capacity?: number | undefined } = {}): Layer.Layer<LiveFeed> =>
    Layer.effect(
      LiveFeed,
      Effect.acquireRelease(
        Effect.sync(() => make(Math.max(1, options.capacity ?? 16_384))),
        (feed) => feed.close
      )
    )
}

const make = (capacity: number): LiveFeed["Service"] => {
  const ring: Array<Change> = []
  let head = 0
  let open = true
  let signal = Deferred.makeUnsafe<void>()

  const wake = (): void => {
    const before = signal
    signal = Deferred.makeUnsafe()
    Deferred.doneUnsafe(before, Effect.void)
  }

  return LiveFeed.of({
    epoch: crypto.randomUUID().slice(0, 8),
    publish: (changes) => {
      const before = head
      for (const change of changes) ring[head++ % capacity] = change
      if (head !== before) wake()
    },
    now: () => head,
    after: (place, limit) => {
      const oldest = Math.max(0, head - capacity)
      const from = Math.max(place, oldest)
      const next = Math.min(head, from + limit)
      const last = new Map<string, readonly [number, Change]>()
      for (let index = from; index < next; index++) {
        const change = ring[index % capacity]
        if (change === undefined) continue
        last.delete(change.event_id)
        last.set(change.event_id, [index + 1, change])
      }
      return { changes: [...last.values()], missed: from - place, next }
    },
    changed: (place) =>
      Effect.suspend(() => {
        if (!open) return Effect.succeed(false)
        return head > place ? Effect.succeed(true) : Effect.map(Deferred.await(signal), () => open)
      }),
    close: Effect.sync(() => {
      open = false
      wake()
    })
  })
}
