/**
 * Watching what a function hands out piece by piece, without taking a piece of it: the very object is returned, and one
 * pull stays one pull.
 *
 * Watching means own properties in front of the object's methods. An object that refuses them (frozen) is not watched.
 */
import { errorMonitor } from "node:events"
import * as Predicate from "effect/Predicate"

export interface Watcher {
  /** Runs the producer where the span is current. */
  readonly run: <A>(evaluate: () => A) => A
  readonly chunk: (value: unknown) => void
  /** It was read to its end, or its reader stopped, or there is none any more. May be called again, without effect. */
  readonly end: (how: "finished" | "stopped early" | "never read to its end") => void
  readonly fail: (error: unknown) => void
}

type Method = (...args: ReadonlyArray<unknown>) => unknown

/** Puts a function in front of a method; false when the object does not let it. */
const intercept = (target: object, name: PropertyKey, replace: (original: Method) => Method): boolean => {
  const original: unknown = Reflect.get(target, name)
  if (typeof original !== "function") return false
  return Reflect.defineProperty(target, name, {
    value: replace(original as Method), // just checked
    configurable: true,
    writable: true,
    enumerable: false
  })
}

/** A promise of the method's own making: nobody else has it, so one made from it can stand in its place. */
const after = (
  promise: Promise<unknown>,
  done: (value: unknown) => void,
  failed: (error: unknown) => void
): Promise<unknown> =>
  promise.then(
    (value) => {
      done(value)
      return value
    },
    (error: unknown) => {
      failed(error)
      throw error
    }
  )

const watchIterator = (iterator: object, watcher: Watcher): boolean => {
  const step = (result: unknown): void => {
    if (!Predicate.isObject(result)) return
    if (Reflect.get(result, "done") === true) watcher.end("finished")
    else watcher.chunk(Reflect.get(result, "value"))
  }
  const around =
    (settle: (result: unknown) => void) =>
    (original: Method): Method =>
      function (this: unknown, ...args) {
        let result: unknown
        try {
          result = watcher.run(() => Reflect.apply(original, this, args))
        } catch (error) {
          watcher.fail(error)
          throw error
        }
        if (result instanceof Promise) return after(result, settle, watcher.fail)
        settle(result)
        return result
      }
  const stop = (): void => watcher.end("stopped early")
  intercept(iterator, "return", around(stop))
  intercept(iterator, "throw", around(step))
  return intercept(iterator, "next", around(step))
}

/** What nobody can read any more is over; a watcher does not hold what it watches. */
const abandoned = new FinalizationRegistry<Watcher>((watcher) => watcher.end("never read to its end"))

/** What is read through another object is there as long as that one. */
const heldBy = new WeakMap<object, object>()

/** Only the first iteration is watched: the span is one reading. */
const watchIterable = (iterable: object, key: typeof Symbol.asyncIterator, watcher: Watcher): boolean => {
  let first = true
  return intercept(
    iterable,
    key,
    (original) =>
      function (this: unknown, ...args) {
        const iterator = watcher.run(() => Reflect.apply(original, this, args))
        if (first && Predicate.isObject(iterator)) {
          first = false
          heldBy.set(iterator, iterable)
          watchIterator(iterator, watcher)
        }
        return iterator
      }
  )
}

const watchReadableStream = (stream: ReadableStream, watcher: Watcher): boolean => {
  const finish =
    (how: "finished" | "stopped early") =>
    (original: Method): Method =>
      function (this: unknown, ...args) {
        const result = Reflect.apply(original, this, args)
        return result instanceof Promise ? after(result, () => watcher.end(how), watcher.fail) : result
      }
  intercept(stream, "cancel", finish("stopped early"))
  intercept(stream, "pipeTo", finish("finished"))
  intercept(
    stream,
    "values",
    (original) =>
      function (this: unknown, ...args) {
        const iterator = Reflect.apply(original, this, args)
        if (Predicate.isObject(iterator)) watchIterator(iterator, watcher)
        return iterator
      }
  )
  intercept(
    stream,
    "tee",
    (original) =>
      function (this: unknown, ...args) {
        const branches = Reflect.apply(original, this, args)
        if (Array.isArray(branches) && branches[0] instanceof ReadableStream) watchReadableStream(branches[0], watcher)
        return branches
      }
  )
  intercept(
    stream,
    "pipeThrough",
    (original) =>
      function (this: unknown, ...args) {
        const readable = Reflect.apply(original, this, args)
        if (readable instanceof ReadableStream) watchReadableStream(readable, watcher)
        return readable
      }
  )
  intercept(
    stream,
    "getReader",
    (original) =>
      function (this: unknown, ...args) {
        const reader = Reflect.apply(original, this, args)
        if (!Predicate.isObject(reader)) return reader
        intercept(reader, "cancel", finish("stopped early"))
        intercept(
          reader,
          "read",
          (read) =>
            function (this: unknown, ...args) {
              const result = Reflect.apply(read, this, args)
              const step = (value: unknown): void => {
                if (!Predicate.hasProperty(value, "done")) return
                if (value.done === true) watcher.end("finished")
                else watcher.chunk(Reflect.get(value, "value"))
              }
              return result instanceof Promise ? after(result, step, watcher.fail) : result
            }
        )
        return reader
      }
  )
  return watchIterable(stream, Symbol.asyncIterator, watcher)
}

interface NodeStream {
  readonly on: (event: string | symbol, listener: (value: unknown) => void) => unknown
}

const isNodeStream = (value: object): value is NodeStream & object =>
  Predicate.hasProperty(value, "_readableState") && Predicate.hasProperty(value, "on") && typeof value.on === "function"

const watchNodeStream = (stream: NodeStream & object, watcher: Watcher): boolean => {
  let ended = false
  // A `data` listener would start the flow; a listener for `error` would count as handling it
  const watched = intercept(
    stream,
    "emit",
    (original) =>
      function (this: unknown, ...args) {
        if (args[0] === "data") watcher.chunk(args[1])
        return Reflect.apply(original, this, args)
      }
  )
  // Leaving a loop over a stream destroys it with an abort, which is its reader's doing
  stream.on(errorMonitor, (error) =>
    Predicate.hasProperty(error, "code") && error.code === "ABORT_ERR"
      ? watcher.end("stopped early")
      : watcher.fail(error)
  )
  stream.on("end", () => {
    ended = true
    watcher.end("finished")
  })
  stream.on("close", () => {
    if (!ended) watcher.end("stopped early")
  })
  return watched
}

const tagOf = (value: object): string => Object.prototype.toString.call(value)

const watchPieces = (value: object, watcher: Watcher): boolean => {
  if (isNodeStream(value)) return watchNodeStream(value, watcher)
  if (value instanceof ReadableStream) return watchReadableStream(value, watcher)
  const tag = tagOf(value)
  if (tag === "[object Generator]" || tag === "[object AsyncGenerator]") return watchIterator(value, watcher)
  return Predicate.hasProperty(value, Symbol.asyncIterator) && watchIterable(value, Symbol.asyncIterator, watcher)
}

/**
 * Watches a value that is read piece by piece; false when it is none, or cannot be watched.
 */
export const watch = (value: unknown, watcher: Watcher): boolean => {
  if (!Predicate.isObject(value) || !watchPieces(value, watcher)) return false
  abandoned.register(value, watcher)
  return true
}

/**
 * Watches a thenable that is no plain promise, such as an API client's: its own `then` runs when the program calls it,
 * and only then.
 */
export const watchThenable = (
  thenable: object,
  done: (value: unknown) => void,
  failed: (error: unknown) => void
): boolean =>
  intercept(
    thenable,
    "then",
    (original) =>
      function (this: unknown, ...args) {
        const [onSuccess, onFailure, ...rest] = args
        return Reflect.apply(original, this, [
          (value: unknown) => {
            done(value)
            return typeof onSuccess === "function" ? onSuccess(value) : value
          },
          (error: unknown) => {
            failed(error)
            if (typeof onFailure === "function") return onFailure(error)
            throw error
          },
          ...rest
        ])
      }
  )
