/**
 * Which rows of a long list are drawn.
 */

export interface Drawn {
  readonly indexes: ReadonlyArray<number>
  /** The first one in sight. */
  readonly start: number
  /** So many elements there are; a row has the one of its index, counted round and round. */
  readonly slots: number
}

interface Range {
  readonly startIndex: number
  readonly endIndex: number
}

/**
 * The rows to draw: those in and around sight. Where more than a screenful went by since the last time, as when somebody drags
 * the scroll bar through a hundred thousand, only those in sight: the elements around it keep the rows that they have, which
 * costs nothing, until it goes slower. `range` is null where the list stands still.
 */
export const atSpeed = (
  before: Drawn,
  indexes: ReadonlyArray<number>,
  range: Range | null,
  { count, slots }: { readonly count: number; readonly slots: number }
): Drawn => {
  if (range === null) return { indexes, start: indexes[0] ?? 0, slots }
  const { endIndex, startIndex } = range
  const isFast = Math.abs(startIndex - before.start) > endIndex - startIndex
  if (!isFast || before.slots !== slots) return { indexes, start: startIndex, slots }
  const inSight = indexes.filter((index) => index >= startIndex && index <= endIndex)
  const taken = new Set(inSight.map((index) => index % slots))
  const kept = before.indexes.filter((index) => index < count && !taken.has(index % slots))
  return { indexes: [...inSight, ...kept], start: startIndex, slots }
}
