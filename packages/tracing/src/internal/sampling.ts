/**
 * The sampler of an instance, loaded where not everything is recorded.
 */
import type { Sampler } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import type { Content } from "@honeyhive/contract/Bucket"
import type { Sampling } from "../Sampling.ts"
import type { InvalidPattern } from "./redaction/rules.ts"
import type { Starting } from "./startType.ts"

/** `undefined` where everything is recorded; fails where a pattern cannot be used. */
export const load = (
  sampling: Sampling,
  starting: Starting = { type: undefined },
  userProperties: () => Content | undefined = () => undefined
): Effect.Effect<Sampler | undefined, InvalidPattern> =>
  (sampling.ratio ?? 1) === 1 && (sampling.rules ?? []).length === 0
    ? Effect.succeed(undefined)
    : Effect.flatMap(
        Effect.promise(() => import("./sampler.ts")),
        ({ make }) => make(sampling, starting, userProperties)
      )
