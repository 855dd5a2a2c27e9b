import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as doctor from "../doctor.ts"
import type { Check } from "../doctor.ts"
import { dataFolder, running } from "../location.ts"
import { Output } from "../output.ts"
import { Ended } from "../problem.ts"
import { clean, type Style } from "../text.ts"
import { isJson, place } from "./root.ts"
import { settings } from "./send.ts"

const signs: { readonly [S in doctor.Status]: readonly [sign: string, style: Style] } = {
  ok: ["✓", "green"],
  info: ["·", "dim"],
  warn: ["!", "yellow"],
  fail: ["✗", "red"]
}

const examine = Effect.fnUntraced(function* (offline: boolean, tell: (check: Check) => Effect.Effect<void>) {
  const here = yield* place
  yield* tell(doctor.nodeCheck(process.version))
  const config = yield* Effect.result(settings)
  if (Result.isFailure(config)) {
    const advice = "the tracer does not start with it: correct it"
    return yield* tell({ check: "configuration", status: "fail", says: config.failure.message, advice })
  }
  const { otlpEndpoint, provider, sources, spool, spoolPath, url, warnings } = config.success
  for (const says of warnings) yield* tell({ check: "configuration", status: "warn", says })
  const address = otlpEndpoint ?? url
  const source = otlpEndpoint === undefined ? sources.url : sources.otlpEndpoint
  yield* tell({ check: "address", status: "ok", says: `${address} (${source})` })
  const key = doctor.keyCheck(config.success)
  yield* tell(key)
  for (const check of doctor.switchChecks(config.success, here.env)) yield* tell(check)
  for (const check of doctor.proxyCheck(address, config.success, here.env)) yield* tell(check)
  // A key that no header can hold is sent to nobody
  const canAsk = key.status === "ok" || config.success.apiKey === undefined
  if (!offline && canAsk) for (const check of yield* doctor.backendChecks(config.success)) yield* tell(check)
  for (const check of doctor.projectChecks(process.cwd(), provider, here.env)) yield* tell(check)
  const { inspect } = yield* Effect.promise(() => import("@honeyhive/tracing/SpoolFolder"))
  const waiting = yield* Effect.result(inspect(spoolPath))
  const checks: ReadonlyArray<Check> = Result.isFailure(waiting)
    ? [
        {
          check: "spool",
          status: "warn",
          says: waiting.failure.message,
          advice: "set HH_SPOOL_PATH to a folder of your own"
        }
      ]
    : doctor.spoolChecks(spool, spoolPath, waiting.success)
  for (const check of checks) yield* tell(check)
  const hive = yield* running(dataFolder(here))
  yield* tell(doctor.hiveCheck(Option.getOrUndefined(hive), address))
})

export const doctorCommand = Command.make(
  "doctor",
  {
    offline: Flag.Boolean("offline").pipe(Flag.withDescription("Do not ask the backend"), Flag.withDefault(false))
  },
  ({ offline }) =>
    Effect.gen(function* () {
      const { json, line, paint } = yield* Output
      const asJson = yield* isJson
      let failed = 0
      yield* examine(offline, (check) => {
        if (check.status === "fail") failed++
        if (asJson) return json(check)
        const [sign, style] = signs[check.status]
        const says = line(`${paint(style, sign)} ${paint("bold", check.check.padEnd(13))} ${clean(check.says)}`)
        return check.advice === undefined
          ? says
          : Effect.andThen(says, line(`  ${" ".repeat(13)} ${paint("dim", `→ ${clean(check.advice)}`)}`))
      })
      if (failed > 0) return yield* new Ended({ code: 1 })
    })
).pipe(
  Command.withDescription(
    "Look for what keeps traces from arriving: key, address, backend, clock, proxy, other tracers, spool, Node; and say what to do. Exits with 1 where something does."
  ),
  Command.withExamples([
    { command: "hive doctor" },
    { command: "hive doctor --url http://127.0.0.1:4318", description: "As if that were the backend" },
    { command: "hive doctor --json | jq 'select(.status == \"fail\")'" }
  ])
)
