/**
 * Who may talk to the hive: anybody with some bearer key, or only those whose key is listed.
 *
 * @since 0.1.0
 */
import { createHash, timingSafeEqual } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { Authorization, Unauthorized } from "@honeyhive/contract/Api"
import { HttpProblem } from "./HttpProblem.ts"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** The key of a header; Langfuse's clients send theirs as the password of Basic. */
const keyOf = (header: string): string => {
  const [, scheme = "", rest = ""] = /^(Bearer|Basic)\s+(.*)$/i.exec(header) ?? []
  if (scheme.toLowerCase() !== "basic") return rest
  const credentials = Buffer.from(rest, "base64").toString()
  return credentials.slice(credentials.indexOf(":") + 1)
}

const refused = "the key is missing or not accepted here: send Authorization: Bearer <key>"

/**
 * The keys of this hive.
 *
 * @category services
 * @since 0.1.0
 */
export class Keys extends Context.Service<
  Keys,
  {
    /** Whether a bearer key is accepted; compared in constant time. */
    readonly accepts: (key: string) => boolean
    /** Refuses a request that carries no accepted key; a missing one passes where no keys are listed. */
    readonly checkOptional: Effect.Effect<void, HttpProblem, HttpServerRequest.HttpServerRequest>
  }
>()("@honeyhive/hive/Keys") {
  /** Without a list, any non-empty key is accepted. */
  static readonly layer = (keys: ReadonlyArray<Redacted.Redacted> | undefined): Layer.Layer<Keys> =>
    Layer.sync(Keys, () => {
      const digests = keys?.map((key) => digest(Redacted.value(key)))
      const accepts = (key: string): boolean => {
        if (digests === undefined) return key !== ""
        const offered = digest(key)
        // Every digest is looked at, so that the time says nothing about which one it was
        return digests.filter((digest) => timingSafeEqual(digest, offered)).length > 0
      }
      return Keys.of({
        accepts,
        checkOptional: Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => {
          const header = headers["authorization"]
          if (header === undefined && digests === undefined) return Effect.void
          return accepts(keyOf(header ?? ""))
            ? Effect.void
            : Effect.fail(new HttpProblem({ statusCode: 401, errorCode: "unauthorized", message: refused }))
        })
      })
    })

  /** The REST API's middleware over the same keys. */
  static readonly authorization: Layer.Layer<Authorization, never, Keys> = Layer.effect(
    Authorization,
    Effect.map(Keys, ({ accepts }) =>
      Authorization.of({
        bearer: (handler, { credential }) =>
          accepts(Redacted.value(credential)) ? handler : Effect.fail(new Unauthorized({ message: refused }))
      })
    )
  )
}
