import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { cleanUrl, keyFor } from "../location.ts"
import { Output } from "../output.ts"
import { Problem } from "../problem.ts"
import * as progress from "../progress.ts"
import { bytes, moment, plural } from "../text.ts"
import { isJson, place, root } from "./root.ts"

/** The tracer's own settings, with the backend that was named in place of the configured one. */
export const settings = Effect.gen(function* () {
  const { TracerConfig } = yield* Effect.promise(() => import("@honeyhive/tracing/TracerConfig"))
  const { url } = yield* root
  const here = yield* place
  if (Option.isNone(url)) return yield* TracerConfig.make()
  // Another backend's endpoint would win over the address
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name === "HH_OTLP_ENDPOINT" ? [] : [[name, value]]
    )
  )
  return yield* TracerConfig.make({ url: yield* cleanUrl(url.value), apiKey: Redacted.value(keyFor(here, true)) }).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
  )
}).pipe(Effect.catchTag("TracerConfigError", (error) => Effect.fail(new Problem({ message: error.message }))))

export const send = Command.make(
  "send",
  {
    folder: Argument.String("folder").pipe(
      Argument.withDescription("The spool's folder; the configured one (HH_SPOOL_PATH) otherwise"),
      Argument.optional
    ),
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDescription("Only say what waits"), Flag.withDefault(false))
  },
  ({ dryRun, folder: said }) =>
    Effect.gen(function* () {
      // Commands that have nothing to do with tracing do not load it
      const tracing = yield* Effect.promise(async () => ({
        ...(await import("@honeyhive/tracing/TracerConfig")),
        ...(await import("@honeyhive/tracing/Exporter")),
        spool: await import("@honeyhive/tracing/SpoolFolder")
      }))
      const { json, line, note } = yield* Output
      const asJson = yield* isJson
      const config = yield* settings
      const folder = Option.getOrElse(said, () => config.spoolPath)
      const toProblem = Effect.mapError(
        ({ message, status }: { readonly message: string; readonly status?: number }) =>
          new Problem({
            message:
              status === 401 || status === 403
                ? `${config.url} does not accept the key (${message}): set HH_API_KEY; the spans stay in ${folder}`
                : `sending stopped: ${message}; the spans that are left stay in ${folder}`
          })
      )
      const waiting = yield* tracing.spool.inspect(folder).pipe(toProblem)
      const busy = waiting.reduce((sum, target) => sum + target.busy, 0)
      const ready = waiting.filter(({ segments }) => segments > 0)
      if (dryRun) {
        if (asJson) return yield* Effect.forEach(waiting, json, { discard: true })
        for (const { bytes: size, oldest, segments, target } of ready) {
          const since = oldest === undefined ? "" : `, the oldest of ${moment(oldest)}`
          yield* line(`${target}  ${plural(segments, "file")}, ${bytes(size)}${since}`)
        }
        if (busy > 0) yield* note(`${plural(busy, "file")} in the hands of running processes`)
        if (waiting.length === 0) yield* note(`nothing waits in ${folder}`)
        return
      }
      if (ready.length === 0) {
        if (asJson) return yield* json({ sent: 0, refused: 0, busy })
        return yield* note(
          busy === 0
            ? `nothing waits in ${folder}`
            : `${plural(busy, "file")} in ${folder}: running processes send them`
        )
      }
      if (config.apiKey === undefined && config.otlpEndpoint === undefined) {
        return yield* new Problem({
          message: `there is no key: set HH_API_KEY, or send to a hive with --url; the spans stay in ${folder}`
        })
      }
      const result = yield* Effect.gen(function* () {
        const bar = yield* progress.make("sending spans")
        return yield* tracing.spool.send(folder, { onProgress: ({ refused, sent }) => bar.update(sent + refused) })
      }).pipe(
        Effect.scoped,
        Effect.provide(tracing.Exporter.otlp.pipe(Layer.provideMerge(Layer.succeed(tracing.TracerConfig, config)))),
        toProblem
      )
      if (asJson) yield* json({ ...result, busy })
      else yield* note(`${plural(result.sent, "span")} sent to ${config.otlpEndpoint ?? config.url}`)
      if (result.refused > 0) {
        return yield* new Problem({
          message: `${plural(result.refused, "span")} refused for good: see the backend's log`
        })
      }
    })
).pipe(
  Command.withDescription("Send the spans that programs could not: those that wait in the tracer's spool."),
  Command.withExamples([
    { command: "hive send --dry-run", description: "What waits" },
    { command: "HH_API_KEY=… hive send", description: "To HoneyHive, as the tracer is configured" },
    { command: "hive send /var/lib/agent/spans --url http://127.0.0.1:4318", description: "To a hive" }
  ])
)
