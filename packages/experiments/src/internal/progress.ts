/**
 * A line on stderr that says how far a run is: on a terminal only, never in CI and never on stdout.
 */
export interface Progress {
  readonly step: (failed: boolean) => void
  /** Said behind the rest until it is another. */
  readonly note: (text: string) => void
  readonly end: () => void
}

/** The part of a terminal that is written to. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

const silent: Progress = { step: () => undefined, note: () => undefined, end: () => undefined }

const WIDTH = 24
const EVERY_MS = 80

const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export const make = (
  name: string,
  total: number,
  { ci, now = Date.now, terminal }: { readonly ci: boolean; readonly now?: () => number; readonly terminal: Terminal }
): Progress => {
  if (terminal.isTTY !== true || ci || total === 0) return silent
  const started = now()
  let done = 0
  let failures = 0
  let drawn = -Infinity
  let said = ""
  const draw = (): void => {
    const filled = Math.floor((done / total) * WIDTH)
    const left = done === 0 ? "" : `  ${duration(((now() - started) / done) * (total - done))} left`
    const bad = failures === 0 ? "" : `  ${failures} failed`
    const bar = `${name} [${"=".repeat(filled)}${" ".repeat(WIDTH - filled)}] ${done}/${total}${bad}${left}${said === "" ? "" : `  ${said}`}`
    terminal.write(`\r\u001b[2K${bar.slice(0, (terminal.columns ?? 80) - 1)}`)
  }
  return {
    step: (failed) => {
      done++
      if (failed) failures++
      if (done < total && now() - drawn < EVERY_MS) return
      drawn = now()
      draw()
    },
    note: (text) => {
      if (text === said) return
      said = text
      draw()
    },
    end: () => void terminal.write("\r\u001b[2K")
  }
}
