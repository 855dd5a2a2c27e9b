import type { EventType } from "../hive/types.ts"
import styles from "./TypeMark.module.css"

/** Icons of lucide (ISC), each as a single path: lists of thousands hold them, and what changes is one attribute. */
const icons: Record<EventType, string> = {
  session: "M11 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0",
  chain: "M9 17H7A5 5 0 0 1 7 7h2M15 7h2a5 5 0 1 1 0 10h-2M8 12h8",
  model:
    "M12 8V4H8M6 8h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM2 14h2M20 14h2M15 13v2M9 13v2",
  tool:
    "M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.106-3.105c.32-.322.863-.22.983.218a6 6 0 0 1-8.259 7.057" +
    "l-7.91 7.91a1 1 0 0 1-2.999-3l7.91-7.91a6 6 0 0 1 7.057-8.259c.438.12.54.662.219.984z"
}

/** The picture and colour of an event's kind; one visual language in every view. */
export const TypeMark = ({ type, word = false }: { readonly type: EventType; readonly word?: boolean }) => {
  const icon = (
    <svg
      className={styles["mark"]}
      data-type={type}
      viewBox="0 0 24 24"
      {...(word ? { "aria-hidden": true } : { role: "img", "aria-label": type })}
    >
      <path d={icons[type]} />
    </svg>
  )
  return word ? (
    <span className={styles["worded"]} data-type={type}>
      {icon}
      {type}
    </span>
  ) : (
    icon
  )
}
