/** The span that the event came from: who it is, what it says, what it is linked to, what sent it. */
import { Link } from "@tanstack/react-router"
import { CopyButton } from "../design/CopyButton.tsx"
import { linkOf } from "../design/address.ts"
import { PlainText } from "../design/PlainText.tsx"
import { Fields, Section } from "../design/Section.tsx"
import * as Format from "../design/format.ts"
import { beginning } from "../design/unseen.ts"
import type { EventDetail } from "../hive/types.ts"
import type { TabProps } from "./tab.ts"
import styles from "./SpanTab.module.css"

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"]

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const Links = ({ links }: { readonly links: EventDetail["links"] }) => (
  <Section title="Links">
    <ul className={styles["list"]}>
      {links.map(({ attributes, event_id, session_id, span_id, trace_id }, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- two links may say the same
        <li key={at}>
          {session_id !== null && event_id !== null ? (
            <Link to="/sessions/$sessionId" params={{ sessionId: session_id }} search={{ event: event_id }}>
              open the event it links to
            </Link>
          ) : (
            <span className={styles["aside"]}>of a trace that is not here</span>
          )}
          <code>
            <PlainText text={beginning(trace_id, 100)} /> / <PlainText text={beginning(span_id, 100)} />
          </code>
          {Object.keys(attributes).length > 0 && <Fields title="Attributes of the link" value={attributes} />}
        </li>
      ))}
    </ul>
  </Section>
)

const Commit = ({ resource }: { readonly resource: EventDetail["resource"] }) => {
  const revision = text(resource["vcs.ref.head.revision"])
  if (revision === undefined) return null
  const branch = text(resource["vcs.ref.head.name"])
  const repository = text(resource["vcs.repository.url.full"])
  const address = repository === undefined ? undefined : linkOf(repository)
  return (
    <Section title="Git commit" aside={<CopyButton what="commit" text={revision} />}>
      <p className={styles["commit"]}>
        <code title={beginning(revision, 200)}>
          <PlainText text={beginning(revision, 12)} />
        </code>
        {branch !== undefined && (
          <span>
            on <PlainText text={beginning(branch, 200)} />
          </span>
        )}
        {resource["honeyhive.vcs.dirty"] === true && <span className={styles["aside"]}>with uncommitted changes</span>}
        {repository !== undefined && address === undefined && <PlainText text={beginning(repository, 200)} />}
        {address !== undefined && (
          <a href={address} target="_blank" rel="noopener noreferrer nofollow">
            <PlainText text={beginning(repository ?? address, 200)} />
          </a>
        )}
      </p>
    </Section>
  )
}

export default function SpanTab({ detail }: TabProps) {
  const { attributes, event, events, kind, links, resource, scope, span } = detail
  const happened = events.filter(({ name }) => name !== "exception")
  return (
    <>
      <Fields
        title="Identity"
        value={{
          event: event.event_id,
          session: event.session_id,
          ...(event.parent_id !== null && { parent: event.parent_id }),
          ...(span !== null && { trace: span.trace_id, span: span.span_id }),
          ...(span !== null && span.parent_span_id !== null && { "parent span": span.parent_span_id }),
          ...(kind !== null && { kind: kinds[kind] ?? String(kind) }),
          source: event.source,
          ...(scope !== null && { scope: [scope.name, scope.version].filter((part) => part !== "").join(" ") })
        }}
      />
      <Commit resource={resource} />
      {links.length > 0 && <Links links={links} />}
      {happened.length > 0 && (
        <Section title="What happened during it">
          <ul className={styles["list"]}>
            {happened.map(({ attributes, name, time }, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- two may be the same
              <li key={at}>
                <span className={styles["aside"]}>{Format.duration(time - event.start_time)}</span>
                <strong>
                  <PlainText text={beginning(name, 300)} />
                </strong>
                {Object.keys(attributes).length > 0 && <Fields title="Attributes" value={attributes} />}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Fields title="Attributes" value={attributes} />
      <Fields title="Resource" value={resource} />
    </>
  )
}
