import { useSyncExternalStore } from "react"

const query = matchMedia("(max-width: 720px)")

/** Whether there is room for one thing at a time only. */
export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      query.addEventListener("change", listener)
      return () => query.removeEventListener("change", listener)
    },
    () => query.matches
  )
