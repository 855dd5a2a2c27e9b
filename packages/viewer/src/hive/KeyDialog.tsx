import { useEffect, useRef } from "react"
import { useQueryClient } from "@tanstack/react-query"
import { Button } from "../design/Button.tsx"
import { HiveProblem, key } from "./api.ts"
import styles from "./KeyDialog.module.css"

/** Asks for a key when the hive says that it needs one. */
export const KeyDialog = () => {
  const dialog = useRef<HTMLDialogElement>(null)
  const queries = useQueryClient()
  useEffect(
    () =>
      queries.getQueryCache().subscribe(({ query }) => {
        const { error } = query.state
        if (error instanceof HiveProblem && error.status === 401 && dialog.current?.open === false) {
          dialog.current.showModal()
        }
      }),
    [queries]
  )
  const keep = (form: FormData) => {
    key.set(String(form.get("key") ?? "").trim())
    dialog.current?.close()
    // The live stream, too, must begin again
    location.reload()
  }
  return (
    <dialog ref={dialog} className={styles["dialog"]} aria-labelledby="key-title">
      <form action={keep}>
        <h2 id="key-title">This hive needs a key</h2>
        <label htmlFor="key">One of the keys that it was started with; kept until this tab closes.</label>
        <input id="key" name="key" type="password" autoComplete="off" required />
        <Button type="submit" look="solid">
          Open the hive
        </Button>
      </form>
    </dialog>
  )
}
