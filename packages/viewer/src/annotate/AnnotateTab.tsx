/** What a reader says about an event, and where it is taken from here. */
import { CopyButton } from "../design/CopyButton.tsx"
import { Section } from "../design/Section.tsx"
import type { TabProps } from "../event/tab.ts"
import { key, request } from "../hive/api.ts"
import { curlOf } from "./curl.ts"
import { DatasetForm } from "./DatasetForm.tsx"
import { Feedback } from "./Feedback.tsx"
import { Metrics } from "./Metrics.tsx"
import styles from "./Annotate.module.css"

export default function AnnotateTab({ detail }: TabProps) {
  const { event } = detail
  const otlp = async () => (await request(`/api/events/${encodeURIComponent(event.event_id)}/otlp`)).text()
  return (
    <>
      <Feedback event={event} />
      <Metrics event={event} />
      <DatasetForm event={event} />
      <Section title="Take it elsewhere">
        <div className={styles["row"]}>
          <CopyButton what="OTLP JSON" text={otlp} word />
          <CopyButton
            what="as curl"
            text={async () => curlOf(`${location.origin}/v1/traces`, await otlp(), key.get() !== null)}
            word
          />
          <CopyButton what="link" text={() => location.href} word />
          <CopyButton what="event id" text={event.event_id} word />
        </div>
      </Section>
    </>
  )
}
