import { Columns3 } from "lucide-react"
import { useState } from "react"
import { Popover } from "../design/Popover.tsx"
import { remember, remembered } from "../design/theme.ts"
import { columns } from "./sessionColumns.tsx"
import styles from "./Menu.module.css"

const KEY = "honeyhive.columns"

/** Shown to those who have not chosen. */
const usual = ["name", "input", "output", "user", "errors", "tokens", "cost", "duration", "start"]

const restored = (): ReadonlyArray<string> => remembered(KEY)?.split(",") ?? usual

/** Which columns are shown, remembered in this browser. */
export const useColumns = () => {
  const [chosen, choose] = useState(restored)
  const toggle = (id: string) => {
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]
    choose(next)
    remember(KEY, next.join(","))
  }
  return { shown: columns.filter(({ id, optional }) => optional !== true || chosen.includes(id)), toggle }
}

export const ColumnChooser = ({ shown, toggle }: ReturnType<typeof useColumns>) => (
  <Popover look="icon" label="Columns" button={<Columns3 size={16} aria-hidden />}>
    {() => (
      <fieldset className={styles["menu"]}>
        <legend>Columns</legend>
        {columns.map(({ id, optional, title }) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={shown.some((column) => column.id === id)}
              disabled={optional !== true}
              onChange={() => toggle(id)}
            />
            {title}
          </label>
        ))}
      </fieldset>
    )}
  </Popover>
)
