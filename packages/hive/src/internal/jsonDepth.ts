/**
 * How deep JSON is nested, found without parsing it: a parser, or SQLite, may give up on what is too deep.
 */

// SQLite reads 1,000 levels, and a bucket is some levels down in what it stores
export const MAX_JSON_DEPTH = 500

/** Whether a JSON text is nested deeper than this; brackets inside of strings do not count. */
export const isDeeper = (text: string, limit: number): boolean => {
  let depth = 0
  let index = 0
  while (index < text.length) {
    switch (text.charCodeAt(index)) {
      case 0x5b:
      case 0x7b:
        if (++depth > limit) return true
        break
      case 0x5d:
      case 0x7d:
        depth--
        break
      case 0x22:
        index = text.indexOf('"', index + 1)
        // A quote after an odd number of backslashes is part of the string
        while (index !== -1 && backslashesBefore(text, index) % 2 === 1) index = text.indexOf('"', index + 1)
        if (index === -1) return false
        break
    }
    index++
  }
  return false
}

const backslashesBefore = (text: string, index: number): number => {
  let start = index
  while (start > 0 && text.charCodeAt(start - 1) === 0x5c) start--
  return index - start
}
