import { Bot, CircleDot, Link2, Wrench } from "lucide-react"
import type { EventType } from "../hive/types.ts"
import styles from "./TypeMark.module.css"

const icons = { session: CircleDot, chain: Link2, model: Bot, tool: Wrench } as const

/** The picture and colour of an event's kind; one visual language in every view. */
export const TypeMark = ({ type, word = false }: { readonly type: EventType; readonly word?: boolean }) => {
  const Icon = icons[type]
  return (
    <span className={styles["mark"]} data-type={type}>
      <Icon size={14} aria-hidden />
      <span className={word ? undefined : "visually-hidden"}>{type}</span>
    </span>
  )
}
