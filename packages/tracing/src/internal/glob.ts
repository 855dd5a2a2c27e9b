/** A text with `*` at an end stands for anything there; without one, for itself. */
export const glob = (pattern: string): ((text: string) => boolean) => {
  const [start, end] = [pattern.startsWith("*"), pattern.length > 1 && pattern.endsWith("*")]
  const literal = pattern.slice(start ? 1 : 0, end ? -1 : undefined)
  if (start && end) return (text) => text.includes(literal)
  if (start) return (text) => text.endsWith(literal)
  return end ? (text) => text.startsWith(literal) : (text) => text === literal
}
