import { Check, Copy } from "lucide-react"
import { type ReactNode, useEffect, useState } from "react"
import { Button, IconButton } from "./Button.tsx"

interface CopyProps {
  /** What is copied, or how it is found. */
  readonly text: string | (() => string | Promise<string>)
  /** What that is: `Copy ${what}`. */
  readonly what: string
  /** Another picture than the usual one. */
  readonly picture?: ReactNode
  /** With words beside the picture. */
  readonly word?: boolean | undefined
}

/** Copies a text, and says that it did. */
export const CopyButton = ({ picture, text, what, word = false }: CopyProps) => {
  const [said, say] = useState<"copied" | "failed">()
  useEffect(() => {
    if (said === undefined) return
    const timer = setTimeout(() => say(undefined), 1500)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : await text())
      say("copied")
    } catch {
      say("failed")
    }
  }
  const label = said === "copied" ? "Copied" : said === "failed" ? "Could not copy" : `Copy ${what}`
  const icon = said === "copied" ? <Check size={14} aria-hidden /> : (picture ?? <Copy size={14} aria-hidden />)
  return word ? (
    <Button look="quiet" onClick={() => void copy()}>
      {icon}
      {label}
    </Button>
  ) : (
    <IconButton label={label} onClick={() => void copy()}>
      {icon}
    </IconButton>
  )
}
