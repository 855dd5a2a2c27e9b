import { lazy } from "react"

/** A text as it was written. */
const Plain = ({ text }: { readonly text: string }) => <p style={{ whiteSpace: "pre-wrap" }}>{text}</p>

/** A text of a model's or a person's. */
export const Markdown = lazy(() => Promise.resolve({ default: Plain }))
