/**
 * How numbers and moments read on the page.
 */

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 })
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 })

/** `350 µs`, `42 ms`, `1.03 s`, `2 m 05 s`, `3 h 12 m`. */
export const duration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return "–"
  if (ms < 0) return `-${duration(-ms)}`
  if (ms === 0) return "0 ms"
  if (ms < 1) return `${Math.round(ms * 1000)} µs`
  if (ms < 10) return `${number.format(ms)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`
}

/** `728`, `12.4K`, `1.2M`. */
export const count = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return "–"
  return Math.abs(value) < 10_000 ? number.format(value) : compact.format(value)
}

/** US dollars, with as many digits as the amount needs: `$12.40`, `$0.0031`, `<$0.0001`. */
export const cost = (dollars: number | null | undefined): string => {
  if (dollars === null || dollars === undefined) return "–"
  if (dollars === 0) return "$0"
  if (dollars < 0.0001) return "<$0.0001"
  if (dollars < 1) return `$${dollars.toFixed(dollars < 0.01 ? 4 : 3)}`
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}

/** `4.2 %`. */
export const percent = (share: number): string => `${number.format(Math.round(share * 1000) / 10)} %`

const pad = (value: number, width = 2): string => String(value).padStart(width, "0")

/** The reader's own clock: `14:03:22`, and the day before it when it is not today. */
export const moment = (ms: number, now: number = Date.now()): string => {
  const at = new Date(ms)
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`
  return new Date(now).toDateString() === at.toDateString() ? clock : `${day(at)} ${clock}`
}

const day = (at: Date): string => `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`

/** The reader's own clock in full, to the millisecond. */
export const fullMoment = (ms: number): string => {
  const at = new Date(ms)
  return `${day(at)} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`
}

/** `3 s ago`, `12 m ago`, `2 h ago`, then the day. */
export const ago = (ms: number, now: number = Date.now()): string => {
  const seconds = Math.max(0, Math.round((now - ms) / 1000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return day(new Date(ms))
}

/** `1 event`, `2 events`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`
