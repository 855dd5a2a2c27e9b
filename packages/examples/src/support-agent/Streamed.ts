/**
 * A finished response as the stream a model would have sent.
 */
import type { Response } from "effect/ai"

/** Text comes in pieces of a few words, everything else in one. */
export const streamed = (parts: ReadonlyArray<Response.PartEncoded>): ReadonlyArray<Response.StreamPartEncoded> =>
  parts.flatMap((part, index): ReadonlyArray<Response.StreamPartEncoded> => {
    const id = `part-${index}`
    switch (part.type) {
      case "text":
        return [
          { type: "text-start", id },
          ...pieces(part.text).map((delta) => ({ type: "text-delta" as const, id, delta })),
          { type: "text-end", id }
        ]
      case "reasoning":
        return [
          { type: "reasoning-start", id },
          ...pieces(part.text).map((delta) => ({ type: "reasoning-delta" as const, id, delta })),
          { type: "reasoning-end", id }
        ]
      default:
        return [part]
    }
  })

const pieces = (text: string): ReadonlyArray<string> => text.match(/(?:\S+\s*){1,4}|\s+/g) ?? []
