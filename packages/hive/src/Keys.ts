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
import * as HttpMethod from "effect/http/HttpMethod"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import { Authorization, Unauthorized } from "@honeyhive/contract/Api"
import { HttpProblem } from "./HttpProblem.ts"
import { isDeeper, MAX_JSON_DEPTH } from "./internal/jsonDepth.ts"

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** The key of a header; Langfuse's clients send theirs as the password of Basic. */
const keyOf = (header: string): string => {
  const [, scheme = "", rest = ""] = /^(Bearer|Basic)\s+(.*)$/i.exec(header) ?? []
  if (scheme.toLowerCase() !== "basic") return rest
  const credentials = Buffer.from(rest, "base64").toString()
  return credentials.slice(credentials.indexOf(":") + 1)
}

const refused = "the key is missing or not accepted here: send Authorization: Bearer <key>"

/** Looks at a JSON body before it is parsed, and only after its sender is known. The text is read once and kept. */
const shallow = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
  HttpMethod.hasBody(request.method)
    ? Effect.flatMap(Effect.orDie(request.text), (text) =>
        isDeeper(text, MAX_JSON_DEPTH)
          ? Effect.die(
              new HttpProblem({
                statusCode: 400,
                errorCode: "bad_request",
                message: `payload: nested deeper than ${MAX_JSON_DEPTH} levels`
              })
            )
          : Effect.void
      )
    : Effect.void
)

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
    /** Whether a request comes from a page that this hive served and needs no key: where keys are listed, none does. */
    readonly ownPage: Effect.Effect<boolean, never, HttpServerRequest.HttpServerRequest>
  }
>()("@honeyhive/hive/Keys") {
  /** Without a list, any non-empty key is accepted. */
  static readonly layer = (keys: ReadonlyArray<Redacted.Redacted> | undefined): Layer.Layer<Keys> =>
    Layer.sync(Keys, () => {
      const digests = keys?.map((key) => digest(Redacted.value(key)))
      const accepts = (key: string): boolean => {
        // An empty key is a forgotten one, also in the list
        if (digests === undefined || key === "") return key !== ""
        const offered = digest(key)
        // Every digest is looked at, so that the time says nothing about which one it was
        return digests.filter((digest) => timingSafeEqual(digest, offered)).length > 0
      }
      return Keys.of({
        accepts,
        // Browsers say this themselves; no page can say it for them
        ownPage: Effect.map(
          HttpServerRequest.HttpServerRequest,
          ({ headers }) =>
            digests === undefined &&
            (headers["sec-fetch-site"] === "same-origin" ||
              (headers["origin"] !== undefined && headers["origin"] === `http://${headers["host"] ?? ""}`))
        ),
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
    Effect.map(Keys, ({ accepts, ownPage }) =>
      Authorization.of({
        bearer: (handler, { credential }) => {
          const key = Redacted.value(credential)
          const offered = accepts(key) ? Effect.succeed(true) : key === "" ? ownPage : Effect.succeed(false)
          const checked = Effect.flatMap(offered, (passes) =>
            passes ? Effect.void : Effect.fail(new Unauthorized({ message: refused }))
          )
          return checked.pipe(Effect.andThen(shallow), Effect.andThen(handler))
        }
      })
    )
  )
}
