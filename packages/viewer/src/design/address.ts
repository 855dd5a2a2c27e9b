/**
 * Which addresses of a trace may be followed, and which pictures may be shown.
 */

const parsed = (address: string): URL | undefined => {
  // Browsers leave tabs and ends of lines out of addresses: what has them is not what it seems
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f]/.test(address)) return undefined
  try {
    // Without a base: a relative address would be one of this hive
    return new URL(address)
  } catch {
    return undefined
  }
}

const followed = new Set(["http:", "https:", "mailto:"])

/** The address as it may stand in a link; undefined for what is no link to a page or a person. */
export const linkOf = (address: string): string | undefined => {
  const url = parsed(address)
  return url !== undefined && followed.has(url.protocol) ? url.href : undefined
}

export type PictureSource =
  /** Its bytes are in the trace. */
  | { readonly _tag: "here"; readonly src: string }
  /** Loading it would tell somebody that the trace is being read. */
  | { readonly _tag: "elsewhere"; readonly href: string; readonly host: string }

/** Where a picture comes from; undefined where it cannot be shown at all. */
export const pictureOf = (address: string): PictureSource | undefined => {
  // A picture that is an SVG runs no scripts and loads nothing in an `img`
  if (/^data:image\/[a-z0-9.+-]+[;,]/i.test(address)) return { _tag: "here", src: address }
  const url = parsed(address)
  return url !== undefined && (url.protocol === "https:" || url.protocol === "http:")
    ? { _tag: "elsewhere", href: url.href, host: url.host }
    : undefined
}
