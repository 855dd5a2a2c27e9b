/** The event as the OTLP request that would send it. */
import { useQuery } from "@tanstack/react-query"
import { CopyButton } from "../design/CopyButton.tsx"
import { JsonView } from "../design/JsonView.tsx"
import { Loading, Problem } from "../design/Notice.tsx"
import { Section } from "../design/Section.tsx"
import { curlOf } from "../annotate/curl.ts"
import { key, read } from "../hive/api.ts"
import type { TabProps } from "./tab.ts"
import { eventKey } from "./useEvent.ts"

export default function OtlpTab({ detail }: TabProps) {
  const id = detail.event.event_id
  const { data, error, refetch } = useQuery({
    queryKey: [...eventKey(id), "otlp"],
    queryFn: ({ signal }) => read<unknown>(`/api/events/${encodeURIComponent(id)}/otlp`, {}, signal)
  })
  if (error !== null && data === undefined) return <Problem error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loading what="the span" />
  const json = () => JSON.stringify(data)
  return (
    <Section
      title="As it would be sent"
      aside={
        <span>
          <CopyButton what="OTLP JSON" text={json} word />
          <CopyButton
            what="as curl"
            text={() => curlOf(`${location.origin}/v1/traces`, json(), key.get() !== null)}
            word
          />
        </span>
      }
    >
      <JsonView label="OTLP" value={data} />
    </Section>
  )
}
