import type { ReactNode } from "react"
import { PlainText } from "../design/PlainText.tsx"
import * as Format from "../design/format.ts"
import { beginning } from "../design/unseen.ts"
import type { TabProps } from "./tab.ts"
import styles from "./EventPanel.module.css"

const Fact = ({
  children,
  name,
  title
}: {
  readonly name: string
  readonly children: ReactNode
  readonly title?: string
}) => (
  <div title={title}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const text = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.find((value): value is string => typeof value === "string" && value !== "")

const number = (...values: ReadonlyArray<unknown>): number | undefined =>
  values.find((value): value is number => typeof value === "number" && Number.isFinite(value))

/** What a reader wants to know first. */
export const EventFacts = ({ detail, status }: TabProps) => {
  const { cost, event, usage } = detail
  const { config, metadata, metrics } = event
  const model = text(metadata["model_name"], metadata["response_model"], config["model"])
  const first = number(metadata["time_to_first_token_ms"], metrics["time_to_first_token_ms"])
  const input = usage === null ? 0 : usage.input + usage.cacheRead + usage.cacheWrite
  const output = usage === null ? 0 : usage.output + usage.reasoning
  return (
    <>
      <dl className={styles["facts"]}>
        <Fact name="Started" title={Format.fullMoment(event.start_time)}>
          {Format.moment(event.start_time)}
        </Fact>
        <Fact name="Duration">{status === "running" ? "running" : Format.duration(event.duration)}</Fact>
        {first !== undefined && <Fact name="First token">{Format.duration(first)}</Fact>}
        {model !== undefined && (
          <Fact name="Model">
            <PlainText text={beginning(model, 80)} />
          </Fact>
        )}
        {usage !== null && (
          <Fact name="Tokens" title={`${Format.count(input)} in, ${Format.count(output)} out`}>
            {Format.count(input)} → {Format.count(output)}
          </Fact>
        )}
        {cost !== null && <Fact name="Cost">{Format.cost(cost)}</Fact>}
      </dl>
      {status === "running" && (
        <p className={styles["state"]} data-status={status} role="status">
          It runs: what is shown is what has arrived so far.
        </p>
      )}
      {status === "lost" && (
        <p className={styles["state"]} data-status={status}>
          Its process went away before it ended: what is shown is what had arrived.
        </p>
      )}
    </>
  )
}
