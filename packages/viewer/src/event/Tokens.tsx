import { Section } from "../design/Section.tsx"
import * as Format from "../design/format.ts"
import type { EventDetail } from "../hive/types.ts"
import styles from "./Tokens.module.css"

const buckets = [
  ["input", "Fresh input"],
  ["cacheRead", "Cache read"],
  ["cacheWrite", "Cache write"],
  ["output", "Output"],
  ["reasoning", "Reasoning"]
] as const

interface TokensProps {
  readonly usage: NonNullable<EventDetail["usage"]>
  readonly cost: number | null
}

/** Tokens by bucket: each is counted in exactly one. */
export const Tokens = ({ cost, usage }: TokensProps) => {
  const total = buckets.reduce((sum, [bucket]) => sum + usage[bucket], 0)
  return (
    <Section title="Tokens">
      <div className={styles["bar"]} aria-hidden>
        {buckets.map(([bucket]) =>
          usage[bucket] === 0 ? null : <span key={bucket} data-bucket={bucket} style={{ flexGrow: usage[bucket] }} />
        )}
      </div>
      <dl className={styles["legend"]}>
        {buckets.map(([bucket, name]) => (
          <div key={bucket}>
            <dt>
              <span className={styles["swatch"]} data-bucket={bucket} aria-hidden />
              {name}
            </dt>
            <dd>{Format.count(usage[bucket])}</dd>
          </div>
        ))}
        <div>
          <dt>Total</dt>
          <dd>{Format.count(total)}</dd>
        </div>
        <div>
          <dt>Cost</dt>
          <dd title={cost === null ? "The model's price is not known" : undefined}>{Format.cost(cost)}</dd>
        </div>
      </dl>
    </Section>
  )
}
