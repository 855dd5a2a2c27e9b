import styles from "./Annotate.module.css"

/** Why something was not written. */
export const Refusal = ({ error }: { readonly error: Error | null }) =>
  error === null ? null : (
    <p className={styles["problem"]} role="alert">
      It was not saved: {error.message}
    </p>
  )
