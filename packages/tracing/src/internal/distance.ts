/**
 * How many slips of the hand lie between two names: a letter too many, too few, another one, or two swapped.
 *
 * Own code, because the small libraries for it count a swap, the most frequent slip, as two, and because it is shorter
 * than what a dependency of every traced program would have to be justified with.
 */
export const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const line = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const at = (numbers: ReadonlyArray<number>, index: number): number => numbers[index] ?? Number.POSITIVE_INFINITY
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      line.push(
        Math.min(
          at(above, column) + 1,
          at(line, column - 1) + 1,
          at(above, column - 1) + (same ? 0 : 1),
          swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY
        )
      )
    }
    before = above
    above = line
  }
  return above[to.length] ?? 0
}

/** The name closest to another, if one is close; spelling (`session_name`, `sessionname`) is no distance. */
export const closest = (name: string, known: Iterable<string>, within: number): string | undefined => {
  const plain = (text: string): string => text.replaceAll(/[_-]/g, "").toLowerCase()
  let best: string | undefined
  let shortest = within + 1
  for (const candidate of known) {
    const length =
      Math.abs(candidate.length - name.length) > 2 * shortest ? shortest : distance(plain(name), plain(candidate))
    if (length >= shortest) continue
    best = candidate
    shortest = length
  }
  return best
}
