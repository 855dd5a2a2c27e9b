import { useState } from "react"
import { CopyButton } from "../design/CopyButton.tsx"
import { snippets } from "./snippets.ts"
import styles from "./Setup.module.css"

/** How to send a first session here. */
export const Setup = () => {
  const all = snippets(location.origin)
  const [chosen, choose] = useState(0)
  const snippet = all[chosen]
  return (
    <section className={styles["setup"]} aria-label="Set up">
      <h2>Send a first session</h2>
      <p>
        This hive listens at <code>{location.origin}</code>. Sessions appear here as they happen.
      </p>
      <div className={styles["choices"]} role="group" aria-label="Kind of program">
        {all.map(({ title }, index) => (
          <button key={title} type="button" aria-pressed={index === chosen} onClick={() => choose(index)}>
            {title}
          </button>
        ))}
      </div>
      {snippet !== undefined && (
        <figure>
          <figcaption>
            <span>{snippet.about}</span>
            <CopyButton text={snippet.code} what="code" />
          </figcaption>
          <pre tabIndex={0}>
            <code>{snippet.code}</code>
          </pre>
        </figure>
      )}
    </section>
  )
}
