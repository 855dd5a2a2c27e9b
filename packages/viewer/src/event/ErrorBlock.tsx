import { CopyButton } from "../design/CopyButton.tsx"
import { copied, JsonView } from "../design/JsonView.tsx"
import { LongText } from "../design/PlainText.tsx"
import type { ErrorKind, EventError, Thrown } from "./readError.ts"
import styles from "./ErrorBlock.module.css"

const titles: Record<ErrorKind | "handled", readonly [title: string, why: string]> = {
  failure: ["Failed", "an error that the program expects"],
  defect: ["Defect", "an error that the program does not expect"],
  interruption: ["Interrupted", "it was asked to stop: that is no failure"],
  unknown: ["Failed", ""],
  handled: ["Exceptions were recorded", "the event itself did not fail"]
}

interface ChainProps {
  readonly chain: ReadonlyArray<Thrown>
  /** What has been said already. */
  readonly said: string
}

const Chain = ({ chain, said }: ChainProps) => (
  <ol className={styles["chain"]}>
    {chain.map(({ head, stack }, at) => (
      // oxlint-disable-next-line react/no-array-index-key -- a chain has an order and nothing else
      <li key={at}>
        {stack === "" ? (
          <>
            {at > 0 && <span className={styles["cause"]}>caused by </span>}
            <LongText text={head} limit={2_000} />
          </>
        ) : (
          <details>
            <summary>
              {at > 0 && <span className={styles["cause"]}>caused by </span>}
              {head === said ? "Stack" : <LongText text={head} limit={2_000} />}
            </summary>
            <pre tabIndex={0}>
              <LongText text={stack} limit={20_000} />
            </pre>
          </details>
        )}
      </li>
    ))}
  </ol>
)

/** What went wrong, what caused it, and where. */
export const ErrorBlock = ({ error }: { readonly error: EventError }) => {
  const kind = error.isHandled ? "handled" : error.kind
  const [title, why] = titles[kind]
  const { fields } = error
  return (
    <section className={styles["block"]} data-kind={kind} aria-label={title}>
      <div className={styles["head"]}>
        <h3>
          {title} {why !== "" && <span className={styles["kind"]}>· {why}</span>}
        </h3>
        <CopyButton what="error" text={() => copied({ ...error, exceptions: error.exceptions.flat() })} />
      </div>
      {kind !== "interruption" && kind !== "handled" && (
        <p className={styles["message"]} dir="auto">
          {error.type !== null && !error.message.includes(error.type) && (
            <>
              <strong>
                <LongText text={error.type} limit={200} />
              </strong>{" "}
            </>
          )}
          <LongText text={error.message} limit={2_000} />
        </p>
      )}
      {typeof fields === "object" && fields !== null && (
        <JsonView label="Fields of the error" value={fields} className={styles["fields"]} />
      )}
      {error.exceptions.map((chain, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- they have an order and nothing else
        <Chain key={at} chain={chain} said={error.isHandled ? "" : error.message} />
      ))}
    </section>
  )
}
