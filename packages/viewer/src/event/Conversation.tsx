/** Messages as a conversation: who said what, and what the tools that were called answered. */
import { Bot, FileText, MessageSquare, Settings2, User, Wrench } from "lucide-react"
import { useMemo, useState } from "react"
import { Button } from "../design/Button.tsx"
import { JsonView } from "../design/JsonView.tsx"
import { Markdown } from "../design/Markdown.tsx"
import { Picture } from "../design/Picture.tsx"
import { LongText, PlainText } from "../design/PlainText.tsx"
import * as Format from "../design/format.ts"
import { beginning } from "../design/unseen.ts"
import type { Message } from "../trace/messages.ts"
import { paired, type Shown, type ShownMessage } from "./pairs.ts"
import styles from "./Conversation.module.css"

const icons: Readonly<Record<string, typeof Bot>> = {
  system: Settings2,
  developer: Settings2,
  user: User,
  assistant: Bot,
  tool: Wrench
}

/** A value of a tool: a text as it is, because tools answer in all kinds of forms. */
const Value = ({ label, value }: { readonly label: string; readonly value: unknown }) =>
  typeof value === "object" && value !== null ? (
    <JsonView label={label} value={value} />
  ) : (
    <div className={styles["plain"]} dir="auto">
      <LongText text={typeof value === "string" ? value : String(value)} limit={4_000} />
    </div>
  )

const Tool = ({ call, result }: Extract<Shown, { _tag: "tool" }>) => {
  const name = call?.name ?? result?.name ?? "tool"
  const id = call?.id ?? result?.id ?? null
  return (
    <div className={styles["tool"]}>
      <div className={styles["title"]}>
        <Wrench size={13} aria-hidden />
        <PlainText text={beginning(name, 200)} />
        {id !== null && (
          <code>
            <PlainText text={beginning(id, 60)} />
          </code>
        )}
      </div>
      {call !== undefined && <Value label="Arguments" value={call.arguments} />}
      {result !== undefined && (
        <>
          <div className={styles["answer"]} data-error={result.isError}>
            {result.isError ? "failed with" : "answered"}
          </div>
          <Value label="Answer" value={result.value} />
        </>
      )}
    </div>
  )
}

const PartView = ({ part }: { readonly part: Shown }) => {
  switch (part._tag) {
    case "text":
      return <Markdown text={part.text} />
    case "reasoning":
      return (
        <details className={styles["reasoning"]}>
          <summary>Reasoning</summary>
          <Markdown text={part.text} />
        </details>
      )
    case "image":
      return part.url === null ? (
        <p className={styles["aside"]}>An image whose bytes are not in the trace.</p>
      ) : (
        <Picture url={part.url} alt={`image of the message${part.mimeType === null ? "" : `, ${part.mimeType}`}`} />
      )
    case "file":
      return (
        <p className={styles["aside"]}>
          <FileText size={13} aria-hidden /> <PlainText text={beginning(part.name ?? "a file", 200)} />
          {part.mimeType !== null && `, ${beginning(part.mimeType, 100)}`}
          {part.size !== null && `, ${Format.count(part.size)} bytes`}
        </p>
      )
    case "tool":
      return <Tool {...part} />
    case "json":
      return <JsonView label="Part of the message" value={part.value} />
  }
}

const One = ({ parts, role }: ShownMessage) => {
  const Icon = (Object.hasOwn(icons, role) ? icons[role] : undefined) ?? MessageSquare
  return (
    <li className={styles["message"]} data-role={beginning(role, 40)}>
      <div className={styles["role"]}>
        <Icon size={13} aria-hidden />
        <PlainText text={beginning(role, 40)} />
      </div>
      {parts.length === 0 && <p className={styles["aside"]}>said nothing</p>}
      {parts.map((part, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- parts stay where they are
        <PartView key={at} part={part} />
      ))}
    </li>
  )
}

/** As many messages are shown at first, the newest. */
const NEWEST = 30
const STEP = 100

export default function Conversation({ messages }: { readonly messages: ReadonlyArray<Message> }) {
  const all = useMemo(() => paired(messages), [messages])
  const [shown, show] = useState(NEWEST)
  const first = Math.max(0, all.length - shown)
  return (
    <>
      {first > 0 && (
        <Button className={styles["earlier"]} onClick={() => show(shown + STEP)}>
          show {Math.min(first, STEP)} of {Format.plural(first, "earlier message")}
        </Button>
      )}
      <ol className={styles["messages"]}>
        {all.slice(first).map((message, at) => (
          // oxlint-disable-next-line react/no-array-index-key -- messages stay where they are
          <One key={first + at} {...message} />
        ))}
      </ol>
    </>
  )
}
