/**
 * Whether the hive is there, as the last thing that was asked of it says.
 */

/** `away`: the hive does not answer; it is tried again. */
export type Connection = "connecting" | "open" | "away"

let current: Connection = "connecting"
const watchers = new Set<() => void>()

export const connection = {
  get: (): Connection => current,
  become: (next: Connection): void => {
    if (current === next) return
    current = next
    for (const watcher of watchers) watcher()
  },
  watch: (watcher: () => void): (() => void) => {
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }
}
