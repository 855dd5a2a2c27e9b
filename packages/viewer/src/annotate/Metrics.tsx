import { useRef } from "react"
import { Button } from "../design/Button.tsx"
import { LongText, PlainText } from "../design/PlainText.tsx"
import { Section } from "../design/Section.tsx"
import { beginning } from "../design/unseen.ts"
import { copied } from "../design/JsonView.tsx"
import type { EventDetail } from "../hive/types.ts"
import { Refusal } from "./Refusal.tsx"
import { useAnnotation } from "./useAnnotation.ts"
import { measureOf } from "./values.ts"
import styles from "./Annotate.module.css"

/** Measures of an event, and a way to add one. */
export const Metrics = ({ event }: { readonly event: EventDetail["event"] }) => {
  const { error, mutate } = useAnnotation(event.event_id)
  const name = useRef<HTMLInputElement>(null)
  const known = Object.entries(event.metrics)
  return (
    <Section title="Metrics">
      {known.length > 0 && (
        <dl className={styles["list"]}>
          {known.map(([name, value]) => (
            <div key={name} style={{ display: "contents" }}>
              <dt>
                <PlainText text={beginning(name, 200)} />
              </dt>
              <dd>
                <LongText text={copied(value)} limit={400} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <form
        className={styles["inline"]}
        action={(form) => {
          const said = String(form.get("name") ?? "").trim()
          if (said === "") return
          mutate({ metrics: { [said]: measureOf(String(form.get("value") ?? "")) } })
          name.current?.focus()
        }}
      >
        <input ref={name} name="name" required aria-label="Name of the metric" placeholder="name" autoComplete="off" />
        <input
          name="value"
          required
          aria-label="Value of the metric"
          placeholder="0.9, true or a word"
          autoComplete="off"
        />
        <Button type="submit">Add the metric</Button>
      </form>
      <Refusal error={error} />
    </Section>
  )
}
