/**
 * The page's policy lets the browser take no text as a script, nor as HTML, unless it was made trusted. Two things here need
 * that: the worker, whose file is one of the page's own, and the markdown parser, which lets the browser decode `&lt;`.
 */

interface Rules {
  /** Null refuses. */
  readonly createHTML: (text: string) => string | null
  readonly createScriptURL: (address: string) => string | null
}

interface TrustedTypes {
  readonly createPolicy: (name: string, rules: Rules) => unknown
}

const isTrustedTypes = (value: unknown): value is TrustedTypes =>
  typeof value === "object" && value !== null && "createPolicy" in value && typeof value.createPolicy === "function"

/** Before anything else. Browsers without trusted types keep to the rest of the policy. */
export const trustOwnScripts = (): void => {
  const types: unknown = Reflect.get(globalThis, "trustedTypes")
  if (!isTrustedTypes(types)) return
  // The name is the browser's: it asks this policy whenever a text comes where only trusted ones may
  types.createPolicy("default", {
    // One character, whichever it is: no element comes of it
    createHTML: (text) => (/^&[a-z\d]+;?$/i.test(text) ? text : null),
    createScriptURL: (address) => {
      const { href, origin, pathname } = new URL(address, location.href)
      return origin === location.origin && pathname.startsWith("/assets/") ? href : null
    }
  })
}
