import type { ReactNode } from "react"
import { CopyButton } from "./CopyButton.tsx"
import { copied, JsonView } from "./JsonView.tsx"
import { LongText, PlainText } from "./PlainText.tsx"
import { beginning } from "./unseen.ts"
import styles from "./Section.module.css"

interface SectionProps {
  readonly title: string
  /** Stands at the end of the line of its title. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A part of a page under a title. */
export const Section = ({ aside, children, title }: SectionProps) => (
  <section className={styles["section"]}>
    <div className={styles["head"]}>
      <h3>{title}</h3>
      {aside}
    </div>
    {children}
  </section>
)

/** More fields than these are a tree. */
const MANY = 100

interface FieldsProps {
  readonly title: string
  readonly value: { readonly [key: string]: unknown }
}

/** The fields of an object under a title; nothing where there are none. */
export const Fields = ({ title, value }: FieldsProps) => {
  const entries = Object.entries(value)
  if (entries.length === 0) return null
  const cut = Object.hasOwn(value, "_truncated") ? value["_truncated"] : undefined
  return (
    <Section title={title} aside={<CopyButton what={title.toLowerCase()} text={() => copied(value)} />}>
      {typeof cut === "string" && <p className={styles["note"]}>The tracer cut this: {beginning(cut, 200)}.</p>}
      {entries.length > MANY ? (
        <JsonView label={title} value={value} />
      ) : (
        <dl className={styles["fields"]}>
          {entries.map(([key, field]) => (
            <div key={key}>
              <dt>
                <PlainText text={beginning(key, 300)} />
              </dt>
              <dd dir="auto">
                {typeof field === "string" ? (
                  <LongText text={field} limit={2_000} />
                ) : typeof field === "object" && field !== null ? (
                  <JsonView label={beginning(key, 100)} value={field} />
                ) : (
                  String(field)
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}
