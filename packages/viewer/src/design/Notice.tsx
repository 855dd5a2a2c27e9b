import type { ReactNode } from "react"
import { clsx } from "clsx"
import styles from "./Notice.module.css"

/** What stands where there is nothing to show, with what to do about it. */
export const Empty = ({ children, title }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className={styles["notice"]}>
    <p className={styles["title"]}>{title}</p>
    {children}
  </div>
)

/** Something failed: what, and a way to go on. */
export const Problem = ({ error, retry }: { readonly error: unknown; readonly retry?: (() => void) | undefined }) => (
  <div className={clsx(styles["notice"], styles["problem"])} role="alert">
    <p className={styles["title"]}>{error instanceof Error ? error.message : String(error)}</p>
    {retry !== undefined && (
      <button type="button" className={styles["retry"]} onClick={retry}>
        Try again
      </button>
    )}
  </div>
)

/** Something is being read; shown late, so that quick answers do not flicker. */
export const Loading = ({ what }: { readonly what: string }) => (
  <div className={clsx(styles["notice"], styles["loading"])} role="status">
    Reading {what}…
  </div>
)
