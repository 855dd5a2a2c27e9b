/**
 * What a reader types as values.
 */

type Json = null | string | number | boolean | ReadonlyArray<Json> | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** A measure: a number or yes or no where it reads as one, else the text. */
export const measureOf = (text: string): string | number | boolean => {
  const said = text.trim()
  if (said === "true" || said === "false") return said === "true"
  // Not hexadecimal numbers, nor infinity
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(said) ? Number(said) : said
}

/** A JSON object, or what is wrong with the text. */
export const objectOf = (text: string): JsonObject | string => {
  if (text.trim() === "") return {}
  try {
    const value: Json = JSON.parse(text)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an array would be the only other object
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : "not a JSON object"
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
