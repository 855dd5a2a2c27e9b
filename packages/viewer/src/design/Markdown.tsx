/**
 * Markdown of a trace: no HTML, no address that is not a page's or a person's, no picture from elsewhere.
 */
import { Component, type ComponentProps, type ReactNode, useId, useMemo, useState } from "react"
import ReactMarkdown, { type Components } from "react-markdown"
import remarkGfm from "remark-gfm"
import { linkOf } from "./address.ts"
import { Button } from "./Button.tsx"
import { CopyButton } from "./CopyButton.tsx"
import { isTangled, pieces } from "./markdownPieces.ts"
import { Picture } from "./Picture.tsx"
import { CutMark, LongText, PlainText } from "./PlainText.tsx"
import { reveal, withoutCutMark } from "./unseen.ts"
import styles from "./Markdown.module.css"

/** The text in what React was given. */
const textIn = (node: ReactNode): string =>
  typeof node === "string" || typeof node === "number"
    ? String(node)
    : Array.isArray(node)
      ? node.map(textIn).join("")
      : typeof node === "object" && node !== null && "props" in node
        ? // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an element's children are a node
          textIn((node.props as { readonly children?: ReactNode }).children)
        : ""

/** What is not seen is shown in the texts of every element. */
const revealed = (children: ReactNode): ReactNode =>
  typeof children === "string" ? (
    <PlainText text={children} />
  ) : Array.isArray(children) ? (
    children.map((child: ReactNode, at) =>
      // oxlint-disable-next-line react/no-array-index-key -- a text has nothing else
      typeof child === "string" && reveal(child) !== undefined ? <PlainText key={at} text={child} /> : child
    )
  ) : (
    children
  )

const heading =
  (level: number) =>
  ({ children }: ComponentProps<"h1">) =>
    (
      // The page's own outline is not the trace's
      <p className={styles["heading"]} data-level={level}>
        {revealed(children)}
      </p>
    )

const components: Components = {
  a: ({ children, href = "" }) => {
    const address = linkOf(href)
    return address === undefined ? (
      <span className={styles["dead"]} title={`Not a link that can be followed: ${href.slice(0, 200)}`}>
        {revealed(children)}
      </span>
    ) : (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow" title={address.slice(0, 500)}>
        {revealed(children)}
      </a>
    )
  },
  img: ({ alt = "", src }) => <Picture url={typeof src === "string" ? src : ""} alt={alt} />,
  pre: ({ children }) => (
    <div className={styles["code"]}>
      <pre tabIndex={0}>{children}</pre>
      <span>
        <CopyButton what="code" text={() => textIn(children).replace(/\n$/, "")} />
      </span>
    </div>
  ),
  code: ({ children }) => <code>{revealed(children)}</code>,
  table: ({ children }) => (
    <div className={styles["table"]} tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  // Of lists of tasks
  input: ({ checked }) => (
    <span aria-label={checked === true ? "done" : "to do"} role="img">
      {checked === true ? "☑" : "☐"}
    </span>
  ),
  section: ({ children }) => <div>{children}</div>,
  sup: ({ children }) => <sup>{children}</sup>,
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
  p: ({ children }) => <p>{revealed(children)}</p>,
  li: ({ children }) => <li>{revealed(children)}</li>,
  td: ({ children }) => <td>{revealed(children)}</td>,
  th: ({ children }) => <th>{revealed(children)}</th>,
  em: ({ children }) => <em>{revealed(children)}</em>,
  strong: ({ children }) => <strong>{revealed(children)}</strong>,
  del: ({ children }) => <del>{revealed(children)}</del>
}

interface PlainProps {
  readonly text: string
}

/** The text as it was written. */
const Plain = ({ text }: PlainProps) => (
  <p className={styles["plain"]} dir="auto">
    <LongText text={text} limit={12_000} />
  </p>
)

/** What the parser cannot take is shown as it was written. */
class Attempt extends Component<{ readonly text: string; readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false }
  static getDerivedStateFromError = () => ({ failed: true })
  override render = () => (this.state.failed ? <Plain text={this.props.text} /> : this.props.children)
}

const Piece = ({ text }: PlainProps) => {
  const prefix = useId()
  return isTangled(text) ? (
    <Plain text={text} />
  ) : (
    <Attempt text={text}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        remarkRehypeOptions={{ clobberPrefix: prefix }}
        components={components}
        // Addresses are looked at where they are used
        urlTransform={(address) => address}
      >
        {text}
      </ReactMarkdown>
    </Attempt>
  )
}

/** As many pieces of a long text are laid out at first. */
const FIRST = 1

/** A text of any length. */
export const Markdown = ({ text }: PlainProps) => {
  const [kept, cut] = useMemo(() => withoutCutMark(text), [text])
  const all = useMemo(() => pieces(kept), [kept])
  const [shown, show] = useState(FIRST)
  const rest = all.slice(shown).reduce((sum, piece) => sum + piece.length, 0)
  return (
    <div className={styles["markdown"]} dir="auto">
      {all.slice(0, shown).map((piece, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- pieces stay where they are
        <Piece key={at} text={piece} />
      ))}
      {rest > 0 && (
        <Button className={styles["more"]} onClick={() => show(shown + 4)}>
          show {shown + 4 >= all.length ? "all of" : "more of"} {rest.toLocaleString("en")} more characters
        </Button>
      )}
      {rest === 0 && cut !== undefined && (
        <p>
          <CutMark characters={cut} />
        </p>
      )}
    </div>
  )
}
