import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { read } from "../hive/api.ts"
import type { Facets as Found } from "../hive/types.ts"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { isAsked, toggle } from "./queryText.ts"
import styles from "./Facets.module.css"

const fields = [
  ["error", "Error"],
  ["type", "Type"],
  ["name", "Event"],
  ["model", "Model"],
  ["tool", "Tool"],
  ["user", "User"],
  ["source", "Source"],
  ["provider", "Provider"]
] as const

/** What there is to choose from in what was found; a click narrows the query. */
export const Facets = ({ ask, q }: { readonly q: string; readonly ask: (q: string) => void }) => {
  const { data } = useQuery({
    queryKey: ["facets", q],
    queryFn: ({ signal }) => read<Found>("/api/facets", { q, limit: 8 }, signal),
    placeholderData: keepPreviousData,
    // Counting everything is work for the hive; the list is what is live
    refetchInterval: 15_000
  })
  if (data !== undefined && data.count === 0 && q === "") return null
  return (
    <aside className={styles["facets"]} aria-label="Filters">
      {fields.map(([field, title]) => {
        const values = data?.facets[field] ?? []
        if (values.length === 0) return null
        return (
          <section key={field}>
            <h2>{title}</h2>
            <ul>
              {values.map(({ count, value }) => (
                <li key={value}>
                  <button
                    type="button"
                    aria-pressed={isAsked(q, field, value)}
                    onClick={() => ask(toggle(q, field, value))}
                  >
                    <span>
                      <PlainText text={value} />
                    </span>
                    <span className={styles["count"]}>{Format.count(count)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </aside>
  )
}
