/**
 * Moments as people say them.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"

const units: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** `15m`, `2h`, `7d` before `now`, or a date in ISO 8601; milliseconds since 1970, undefined where it is neither. */
export const parse = (text: string, now: number): number | undefined => {
  const ago = /^(\d{1,9})(s|m|h|d|w)$/.exec(text.trim())
  if (ago !== null) return Math.max(0, now - Number(ago[1]) * (units[ago[2] ?? ""] ?? 0))
  // Date.parse reads much more than dates
  const time = /^\d{4}-\d\d(-\d\d|$)/.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** The flag `--since`, as milliseconds since 1970. */
export const since = (description: string): Flag.Flag<Option.Option<number>> =>
  Flag.String("since").pipe(
    Flag.withDescription(`${description}: 15m, 2h, 7d or a date`),
    Flag.withMetavar("time"),
    Flag.mapEffect((text) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const time = parse(text, now)
        return time === undefined
          ? Effect.fail(
              new CliError.InvalidValue({
                option: "since",
                value: text,
                expected: "15m, 2h, 7d or a date such as 2026-11-21T09:00",
                kind: "flag"
              })
            )
          : Effect.succeed(time)
      })
    ),
    Flag.optional
  )
