/**
 * Secrets as they may be shown.
 */

export const hidden = "********"

/** An ingestion key by its id, a project key by its last four characters, anything else not at all. */
export const maskKey = (key: string): string => {
  const id = /^hh_ingst_([A-Za-z0-9]{24})_/.exec(key)?.[1]
  if (id !== undefined) return `hh_ingst_${id}_******`
  // Four characters of a short key would be half of it
  return key.startsWith("hh_") && !key.startsWith("hh_ingst_") && key.length >= 11 ? `hh_****${key.slice(-4)}` : hidden
}

/** A URL without its user and the values of its query, where some backends take their keys. */
export const maskUrl = (text: string): string => {
  const url = URL.parse(text)
  if (url === null) return hidden
  if (url.username === "" && url.password === "" && url.search === "" && url.hash === "") return text
  const user = url.username === "" && url.password === "" ? "" : `${hidden}@`
  return `${url.protocol}//${user}${url.host}${url.pathname}${url.search === "" ? "" : `?${hidden}`}`
}
