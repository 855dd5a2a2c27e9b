import * as Effect from "effect/Effect"
import { Backend } from "../backend.ts"
import { runsAt } from "../experiments.ts"
import { givenUrl, keyFor } from "../location.ts"
import { place } from "./root.ts"

/** The runs of the hive that is connected to. */
export const connectedRuns = Effect.gen(function* () {
  const { url } = yield* Backend
  const here = yield* place
  return yield* runsAt(url, keyFor(here, givenUrl(here) !== undefined))
})
