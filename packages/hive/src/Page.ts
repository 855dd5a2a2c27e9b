/**
 * The page: static files that the build of `packages/viewer` puts into this package, served at `/`.
 *
 * Payloads are hostile input. The policy that goes with the page lets no script run but its own files, and loads nothing
 * from elsewhere.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpPlatform from "@effect/platform-node/NodeHttpPlatform"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpStaticServer from "effect/http/HttpStaticServer"

/** Beside `src` and `dist` alike. */
const folder = fileURLToPath(new URL("../page", import.meta.url))

/** The page's own addresses; it shows what each means. A route that ends in a star holds without it, too. */
const addresses = ["/", "/sessions/*", "/aggregates", "/compare", "/experiments/*", "/setup"] as const

/**
 * What the page may do: its own scripts and styles, requests to this hive, pictures that are in the trace itself. A picture from
 * elsewhere is never loaded into it: when the reader asks, it opens in a tab of its own, outside of the page.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  // The editor and the virtual lists set styles of their own; no style ever comes from a payload
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // No text becomes a script or HTML; the page's one rule, `default`, lets its own worker through
  "require-trusted-types-for 'script'",
  "trusted-types default"
].join("; ")

const guarded = HttpServerResponse.setHeaders({
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin"
})

const unbuilt = HttpRouter.add(
  "GET",
  "/",
  HttpServerResponse.text("The page is not built: run `npx -y pnpm@12 page` in the repository.\n", { status: 503 })
)

const built = Effect.gen(function* () {
  const files = yield* HttpStaticServer.make({ root: folder })
  const page = yield* HttpStaticServer.make({ root: folder, spa: true })
  const assets = HttpRouter.add(
    "GET",
    "/assets/*",
    // Their names change with their content
    Effect.map(files, (response) =>
      guarded(HttpServerResponse.setHeader(response, "cache-control", "public, max-age=31536000, immutable"))
    )
  )
  const pages = addresses.map((address) =>
    HttpRouter.add(
      "GET",
      address,
      Effect.map(page, (response) => guarded(HttpServerResponse.setHeader(response, "cache-control", "no-cache")))
    )
  )
  return Layer.mergeAll(assets, ...pages)
}).pipe(
  Effect.catchTag("PlatformError", () => Effect.succeed(unbuilt)),
  Effect.provide([NodeFileSystem.layer, NodePath.layer, NodeHttpPlatform.layer])
)

/**
 * The routes of the page; without a build, `/` says how to make one.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = Layer.unwrap(Effect.suspend(() => (existsSync(folder) ? built : Effect.succeed(unbuilt))))
