/**
 * A hive over the file that it is told, until it is killed.
 */
import * as Effect from "effect/Effect"
import { Hive } from "./Hive.ts"

const path = process.argv[2] ?? ""

const main = Effect.gen(function* () {
  const { url } = yield* Hive
  process.stdout.write(url)
  return yield* Effect.never
}).pipe(Effect.provide(Hive.layer({ path })))

await Effect.runPromise(main)
