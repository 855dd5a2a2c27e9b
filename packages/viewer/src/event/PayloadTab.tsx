/** What went into an event and what came out of it: a conversation where it is one, else JSON; searched, copied, raw. */
import { Braces, ChevronDown, ChevronUp, Search } from "lucide-react"
import { lazy, Suspense, useDeferredValue, useMemo, useRef, useState } from "react"
import { CopyButton } from "../design/CopyButton.tsx"
import { IconButton } from "../design/Button.tsx"
import { JsonNode, MOST_MATCHES, search } from "../design/JsonTree.ts"
import { copied, JsonView } from "../design/JsonView.tsx"
import { Empty, Loading } from "../design/Notice.tsx"
import { Section } from "../design/Section.tsx"
import * as Format from "../design/format.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { ErrorBlock } from "./ErrorBlock.tsx"
import type { TabProps } from "./tab.ts"
import { readPayload } from "./payload.ts"
import { readError } from "./readError.ts"
import type { Message } from "../trace/messages.ts"
import styles from "./PayloadTab.module.css"

const Conversation = lazy(() => import("./Conversation.tsx"))

interface SideProps {
  readonly title: string
  readonly value: unknown
  readonly messages: ReadonlyArray<Message>
  readonly rest: { readonly [key: string]: unknown }
}

const Side = ({ messages, rest, title, value }: SideProps) => (
  <Section title={title} aside={<CopyButton what={title.toLowerCase()} text={() => copied(value)} />}>
    {messages.length > 0 && (
      <Suspense fallback={<Loading what="the messages" />}>
        <Conversation messages={messages} />
      </Suspense>
    )}
    {(messages.length === 0 || Object.keys(rest).length > 0) && (
      <JsonView
        label={title}
        value={messages.length === 0 ? value : rest}
        className={messages.length > 0 ? styles["more"] : undefined}
      />
    )}
  </Section>
)

const isEmpty = (value: object | null): boolean => value === null || Object.keys(value).length === 0

export default function PayloadTab({ detail, status }: TabProps) {
  const { inputs, outputs } = detail.event
  const [raw, setRaw] = useState(false)
  const [text, setText] = useState("")
  const [at, go] = useState(0)
  const box = useRef<HTMLInputElement>(null)
  const wanted = useDeferredValue(text)
  const error = useMemo(() => readError(detail), [detail])
  const payload = useMemo(() => readPayload(detail.event), [detail.event])
  const tree = useMemo(() => new JsonNode({ inputs, outputs }), [inputs, outputs])
  const matches = useMemo(() => search(tree, wanted), [tree, wanted])
  const found = useMemo(
    () =>
      wanted === "" ? undefined : { matches: new Set(matches), current: matches[at % Math.max(1, matches.length)] },
    [matches, wanted, at]
  )
  const step = (by: number) => go((before) => (before + by + matches.length) % Math.max(1, matches.length))
  const all = () => copied({ inputs, outputs })
  useShortcuts("One event", {
    f: ["search in input and output", () => box.current?.focus()],
    c: ["copy input and output", () => void navigator.clipboard.writeText(all())],
    r: ["input and output as JSON, or as a conversation", () => setRaw((before) => !before)]
  })

  const isRaw = raw || wanted !== ""
  return (
    <>
      <div className={styles["bar"]}>
        <label className={styles["search"]}>
          <Search size={14} aria-hidden />
          <input
            ref={box}
            type="search"
            aria-label="Search in input and output"
            placeholder="Search in input and output"
            value={text}
            onChange={({ target }) => {
              setText(target.value)
              go(0)
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") step(event.shiftKey ? -1 : 1)
              if (event.key === "Escape") {
                // The panel stays open
                event.stopPropagation()
                setText("")
                event.currentTarget.blur()
              }
            }}
          />
          {wanted !== "" && (
            <span className={styles["matches"]} role="status">
              {matches.length === 0
                ? "no match"
                : `${(at % matches.length) + 1} of ${Format.count(matches.length)}${matches.length === MOST_MATCHES ? "+" : ""}`}
            </span>
          )}
        </label>
        {matches.length > 0 && (
          <>
            <IconButton label="Next match (Enter)" onClick={() => step(1)}>
              <ChevronDown size={15} aria-hidden />
            </IconButton>
            <IconButton label="Previous match (Shift+Enter)" onClick={() => step(-1)}>
              <ChevronUp size={15} aria-hidden />
            </IconButton>
          </>
        )}
        <IconButton label="As raw JSON (r)" aria-pressed={isRaw} onClick={() => setRaw(!raw)}>
          <Braces size={15} aria-hidden />
        </IconButton>
        <CopyButton what="input and output (c)" text={all} />
      </div>
      {error !== undefined && <ErrorBlock error={error} />}
      {isRaw ? (
        <JsonView label="Input and output" value={tree} found={found} />
      ) : (
        <>
          {isEmpty(inputs) && isEmpty(outputs) && error === undefined && (
            <Empty title={status === "running" ? "Nothing was said of it yet." : "It has no input and no output."} />
          )}
          {!isEmpty(inputs) && (
            <Side title="Input" value={inputs} messages={payload.input} rest={payload.restOfInput} />
          )}
          {!isEmpty(outputs) && (
            <Side title="Output" value={outputs} messages={payload.output} rest={payload.restOfOutput} />
          )}
        </>
      )}
    </>
  )
}
