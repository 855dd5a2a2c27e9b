import { createRequire } from "node:module"
import * as Schema from "effect/Schema"

const Manifest = Schema.Struct({ version: Schema.String })

/** This package's version, from its manifest. */
export const version = Schema.decodeUnknownSync(Manifest)(createRequire(import.meta.url)("../../package.json")).version
