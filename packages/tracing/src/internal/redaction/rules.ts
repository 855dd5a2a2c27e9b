/**
 * Rules as functions; what makes them of data is loaded where there are any.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Action } from "../../Redaction.ts"
import type { Settings } from "../../TracerConfig.ts"
import type { replaceValues } from "./jsonText.ts"

/** A pattern that cannot be used, and where it stands in the options. */
export class InvalidPattern extends Data.TaggedError("InvalidPattern")<{ readonly at: string }> {}

export interface Finder {
  /** Replaces what the pattern finds. */
  readonly replace: (text: string) => string
}

/** Whether a rule by key or path says something of an attribute, and of a key in JSON text. */
export interface Matcher {
  readonly action: Action
  readonly isPath: boolean
  readonly path: (parts: ReadonlyArray<string>) => boolean
  readonly key: (key: string) => boolean
}

export interface Compiled {
  readonly matchers: ReadonlyArray<Matcher>
  readonly finders: ReadonlyArray<Finder>
  /** Whether any of the finders might find something; one look instead of one for each. */
  readonly suspects: (text: string) => boolean
  readonly replaceValues: typeof replaceValues
  /** What stands in the place of a text. */
  readonly standIn: (action: Action, text: string) => string
}

const none: Compiled = {
  matchers: [],
  finders: [],
  suspects: () => false,
  replaceValues: (text) => text,
  standIn: (_, text) => text
}

type Redacting = Pick<Settings, "redact" | "captureContent">

/** Fails where a pattern cannot be used. */
export const load = ({ captureContent, redact }: Redacting): Effect.Effect<Compiled, InvalidPattern> =>
  captureContent && (redact.rules ?? []).length === 0 && (redact.packs ?? []).length === 0
    ? Effect.succeed(none)
    : Effect.flatMap(
        Effect.promise(() => import("./compile.ts")),
        ({ compile }) => compile(redact, captureContent)
      )
