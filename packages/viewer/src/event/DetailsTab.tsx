/** Parameters, measures and whatever else was said of an event. */
import { Empty } from "../design/Notice.tsx"
import { Fields } from "../design/Section.tsx"
import type { TabProps } from "./tab.ts"
import { Tokens } from "./Tokens.tsx"

export default function DetailsTab({ detail }: TabProps) {
  const { config, feedback, metadata, metrics, user_properties } = detail.event
  const sizes = [config, feedback, metadata, metrics, user_properties].map((bucket) => Object.keys(bucket).length)
  if (detail.usage === null && sizes.every((size) => size === 0)) return <Empty title="Nothing more was said of it." />
  return (
    <>
      {detail.usage !== null && <Tokens usage={detail.usage} cost={detail.cost} />}
      <Fields title="Parameters" value={config} />
      <Fields title="Metrics" value={metrics} />
      <Fields title="Feedback" value={feedback} />
      <Fields title="Metadata" value={metadata} />
      <Fields title="User" value={user_properties} />
    </>
  )
}
