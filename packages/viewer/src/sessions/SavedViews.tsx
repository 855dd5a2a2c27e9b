import { Bookmark, Trash2 } from "lucide-react"
import { useState } from "react"
import { Button, IconButton } from "../design/Button.tsx"
import { Popover } from "../design/Popover.tsx"
import { remember, remembered } from "../design/theme.ts"
import { type Order, ORDERS } from "../addresses.ts"
import styles from "./Menu.module.css"

interface View {
  readonly name: string
  readonly q: string
  readonly order: Order
}

const KEY = "honeyhive.views"

const isView = (value: unknown): value is View =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "q" in value &&
  typeof value.q === "string" &&
  "order" in value &&
  ORDERS.some((order) => order === value.order)

const usual: ReadonlyArray<View> = [
  { name: "Failed", q: "error:true", order: "newest" },
  { name: "Slow model calls", q: "type:model duration>5s", order: "newest" },
  { name: "Most expensive", q: "", order: "cost" }
]

const restored = (): ReadonlyArray<View> => {
  try {
    const found: unknown = JSON.parse(remembered(KEY) ?? "null")
    return Array.isArray(found) ? found.filter(isView) : usual
  } catch {
    return usual
  }
}

interface SavedViewsProps {
  readonly q: string
  readonly order: Order
  readonly show: (q: string, order: Order) => void
}

/** Queries with their orders under names, kept in this browser. */
export const SavedViews = ({ order, q, show }: SavedViewsProps) => {
  const [views, setViews] = useState(restored)
  const keep = (next: ReadonlyArray<View>) => {
    setViews(next)
    remember(KEY, JSON.stringify(next))
  }
  const save = (form: FormData) => {
    const name = String(form.get("name") ?? "").trim()
    if (name !== "") keep([...views.filter((view) => view.name !== name), { name, q, order }])
  }
  return (
    <Popover look="icon" label="Saved views" button={<Bookmark size={16} aria-hidden />}>
      {(close) => (
        <div className={styles["menu"]}>
          <h2>Saved views</h2>
          <ul>
            {views.map((view) => (
              <li key={view.name}>
                <button
                  type="button"
                  onClick={() => {
                    show(view.q, view.order)
                    close()
                  }}
                >
                  <span>{view.name}</span>
                  <code>{view.q === "" ? `by ${view.order}` : view.q}</code>
                </button>
                <IconButton
                  label={`Forget ${view.name}`}
                  onClick={() => keep(views.filter(({ name }) => name !== view.name))}
                >
                  <Trash2 size={14} aria-hidden />
                </IconButton>
              </li>
            ))}
          </ul>
          <form action={save}>
            <input name="name" aria-label="Name of the view" placeholder="Save what is shown as…" autoComplete="off" />
            <Button type="submit">Save</Button>
          </form>
        </div>
      )}
    </Popover>
  )
}
