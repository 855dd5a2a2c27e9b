/**
 * How far long work is, on one line of stderr that goes away again; nothing where stderr is no terminal.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Output } from "./output.ts"
import { fit, widthOf } from "./text.ts"

const EVERY = 100
const BAR = 24

/** `label ████░░░░ 40 %  400 of 1,000`, or a count where nobody knows the end. */
export const textOf = (label: string, done: number, total: number | undefined): string => {
  const count = done.toLocaleString("en-US")
  if (total === undefined || total <= 0) return `${label}  ${count}`
  const share = Math.min(1, Math.max(0, done / total))
  const full = Math.round(share * BAR)
  return `${label}  ${"█".repeat(full)}${"░".repeat(BAR - full)} ${String(Math.floor(share * 100)).padStart(3)} %  ${count} of ${total.toLocaleString("en-US")}`
}

interface Progress {
  readonly update: (done: number, total?: number) => Effect.Effect<void>
}

/** Work that is over sooner than this needs no bar. */
const PATIENCE = 400

/** Shown until the scope closes. */
export const make = Effect.fnUntraced(function* (label: string) {
  const { columns, movesNote, rawNote } = yield* Output
  const silent: Progress = { update: () => Effect.void }
  if (!movesNote) return silent
  const started = yield* Clock.currentTimeMillis
  let shown = ""
  let last = started + PATIENCE - EVERY
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => (shown === "" ? Effect.void : rawNote(`\r${" ".repeat(widthOf(shown))}\r`)))
  )
  const progress: Progress = {
    update: (done, total) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (now - last < EVERY) return
        last = now
        const text = fit(textOf(label, done, total), columns() - 1)
        yield* rawNote(`\r${text}${" ".repeat(Math.max(0, widthOf(shown) - widthOf(text)))}`)
        shown = text
      })
  }
  return progress
})
