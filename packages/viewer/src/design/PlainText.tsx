/**
 * Text of a trace, shown as it is: what would not be seen is shown, what was cut says so, what is long is shown in part first.
 */
import { useState } from "react"
import { beginning, reveal, withoutCutMark } from "./unseen.ts"
import styles from "./PlainText.module.css"

const number = new Intl.NumberFormat("en")

/** A text without surprises. */
export const PlainText = ({ text }: { readonly text: string }) => {
  const pieces = reveal(text)
  if (pieces === undefined) return text
  return (
    <span className={styles["isolated"]}>
      {pieces.map((piece, at) =>
        typeof piece === "string" ? (
          piece
        ) : (
          // oxlint-disable-next-line react/no-array-index-key -- pieces have nothing else, and never move
          <span key={at} className={styles["mark"]} title={piece.name}>
            {piece.mark}
          </span>
        )
      )}
    </span>
  )
}

/** Says that the tracer cut a text. */
export const CutMark = ({ characters }: { readonly characters: number }) => (
  <span className={styles["cut"]} title="The tracer cut this value: the rest is not in the trace">
    cut by the tracer: {number.format(characters)} more characters
  </span>
)

/** As much more is shown at a time; a browser lays so much out at once without being noticed. */
const STEP = 100_000

interface LongTextProps {
  readonly text: string
  /** Characters that are shown at first. */
  readonly limit: number
}

/** A text of any length. */
export const LongText = ({ limit, text }: LongTextProps) => {
  const [shown, show] = useState(limit)
  const [kept, cut] = withoutCutMark(text)
  // A few more characters are shorter than the words about them
  const isWhole = kept.length <= shown + 60
  const rest = kept.length - shown
  return (
    <>
      <PlainText text={isWhole ? kept : beginning(kept, shown)} />
      {!isWhole && (
        <>
          …
          <button
            type="button"
            className={styles["more"]}
            onClick={(event) => {
              event.stopPropagation()
              show(shown + STEP)
            }}
          >
            {rest <= STEP
              ? `show all (${number.format(rest)} more characters)`
              : `show ${number.format(STEP)} of ${number.format(rest)} more characters`}
          </button>
        </>
      )}
      {isWhole && cut !== undefined && (
        <>
          {" "}
          <CutMark characters={cut} />
        </>
      )}
    </>
  )
}
