import { Star, ThumbsDown, ThumbsUp } from "lucide-react"
import { Button, IconButton } from "../design/Button.tsx"
import { Section } from "../design/Section.tsx"
import type { EventDetail } from "../hive/types.ts"
import { useAnnotation } from "./useAnnotation.ts"
import { Refusal } from "./Refusal.tsx"
import styles from "./Annotate.module.css"

const ratings = [1, 2, 3, 4, 5] as const

/** A person's judgement: good or bad, one to five, and in words. What is taken back becomes null, because updates merge. */
export const Feedback = ({ event }: { readonly event: EventDetail["event"] }) => {
  const { error, mutate } = useAnnotation(event.event_id)
  const { comment, liked, rating } = event.feedback
  const rated = typeof rating === "number" ? rating : 0
  return (
    <Section title="Feedback">
      <div className={styles["row"]}>
        <div className={styles["group"]} role="group" aria-label="Good or bad">
          <IconButton
            label="Good"
            aria-pressed={liked === true}
            onClick={() => mutate({ feedback: { liked: liked === true ? null : true } })}
          >
            <ThumbsUp size={15} aria-hidden fill={liked === true ? "currentColor" : "none"} />
          </IconButton>
          <IconButton
            label="Bad"
            aria-pressed={liked === false}
            onClick={() => mutate({ feedback: { liked: liked === false ? null : false } })}
          >
            <ThumbsDown size={15} aria-hidden fill={liked === false ? "currentColor" : "none"} />
          </IconButton>
        </div>
        <div className={styles["group"]} role="group" aria-label="Rating">
          {ratings.map((one) => (
            <IconButton
              key={one}
              label={`${one} of 5`}
              aria-pressed={rated === one}
              data-lit={one <= rated}
              className={styles["star"]}
              onClick={() => mutate({ feedback: { rating: rated === one ? null : one } })}
            >
              <Star size={15} aria-hidden fill={one <= rated ? "currentColor" : "none"} />
            </IconButton>
          ))}
        </div>
      </div>
      <form
        key={typeof comment === "string" ? comment : ""}
        className={styles["form"]}
        action={(form) => {
          const said = String(form.get("comment") ?? "").trim()
          mutate({ feedback: { comment: said === "" ? null : said } })
        }}
      >
        <label>
          Comment
          <textarea name="comment" rows={2} defaultValue={typeof comment === "string" ? comment : ""} />
        </label>
        <div className={styles["foot"]}>
          <Button type="submit">Save the comment</Button>
        </div>
      </form>
      <Refusal error={error} />
    </Section>
  )
}
