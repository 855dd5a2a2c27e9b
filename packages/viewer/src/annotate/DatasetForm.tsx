import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useMemo, useState } from "react"
import { Button } from "../design/Button.tsx"
import { Section } from "../design/Section.tsx"
import { beginning } from "../design/unseen.ts"
import { read, send } from "../hive/api.ts"
import type { EventDetail } from "../hive/types.ts"
import { Refusal } from "./Refusal.tsx"
import { type JsonObject, objectOf } from "./values.ts"
import styles from "./Annotate.module.css"

interface Datasets {
  readonly datasets: ReadonlyArray<{
    readonly id: string
    readonly name: string
    readonly datapoints: ReadonlyArray<string>
  }>
}

const queryKey = ["datasets"] as const

/** Characters beyond which a text is no longer pleasant to edit in a page; it is saved as it is. */
const EDITABLE = 200_000

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** As the hive itself makes a datapoint of an event: what a person said is right comes before what the model answered. */
const datapointOf = ({ feedback, inputs, outputs }: EventDetail["event"]) => {
  const { chat_history: history, ...rest } = inputs
  return {
    inputs: rest,
    history: Array.isArray(history) ? history.filter(isObject) : [],
    truth: isObject(feedback["ground_truth"]) ? feedback["ground_truth"] : (outputs ?? {})
  }
}

interface Wanted {
  readonly dataset: string
  readonly name: string
  readonly inputs: JsonObject
  readonly truth: JsonObject
}

interface EditorProps {
  readonly label: string
  readonly text: string
  readonly change: (text: string) => void
  readonly problem: string | undefined
}

const Editor = ({ change, label, problem, text }: EditorProps) => (
  <label>
    {label}
    {text.length > EDITABLE ? (
      <span className={styles["note"]}>too large to edit here: it is saved as it is</span>
    ) : (
      <textarea
        data-json
        rows={Math.min(12, Math.max(3, text.split("\n", 13).length))}
        value={text}
        spellCheck={false}
        aria-invalid={problem !== undefined}
        onChange={({ target }) => change(target.value)}
      />
    )}
    {problem !== undefined && (
      <span className={styles["problem"]} role="alert">
        {problem}
      </span>
    )}
  </label>
)

/** Makes a datapoint of the event, in a dataset that there is or in a new one. */
export const DatasetForm = ({ event }: { readonly event: EventDetail["event"] }) => {
  const queries = useQueryClient()
  const { data, error: unread } = useQuery({
    queryKey,
    queryFn: ({ signal }) => read<Datasets>("/v1/datasets", {}, signal)
  })
  const point = useMemo(() => datapointOf(event), [event])
  const [dataset, choose] = useState<string>()
  const [name, rename] = useState("")
  const [edited, edit] = useState<{ readonly inputs?: string; readonly truth?: string }>({})
  const inputs = edited.inputs ?? JSON.stringify(point.inputs, null, 2)
  const truth = edited.truth ?? JSON.stringify(point.truth, null, 2)
  const known = data?.datasets ?? []
  const into = dataset ?? known[0]?.id ?? ""
  const readInputs = useMemo(() => objectOf(inputs), [inputs])
  const readTruth = useMemo(() => objectOf(truth), [truth])
  const save = useMutation({
    mutationFn: async ({ dataset, inputs, name, truth }: Wanted) => {
      const id =
        dataset === ""
          ? (await send<{ readonly result: { readonly insertedId: string } }>("POST", "/v1/datasets", { name })).result
              .insertedId
          : dataset
      // Should the rest fail, the new dataset is the one that is tried again
      choose(id)
      await send("POST", "/v1/datapoints", {
        inputs,
        ground_truth: truth,
        history: point.history,
        linked_event: event.event_id,
        linked_datasets: [id]
      })
    },
    onSettled: () => queries.invalidateQueries({ queryKey })
  })
  const isReady = typeof readInputs !== "string" && typeof readTruth !== "string"
  return (
    <Section title="Add to a dataset">
      <form
        className={styles["form"]}
        action={() => {
          if (typeof readInputs === "string" || typeof readTruth === "string") return
          save.mutate({ dataset: into, name: name.trim(), inputs: readInputs, truth: readTruth })
        }}
      >
        <label>
          Dataset
          <select value={into} onChange={({ target }) => choose(target.value)}>
            {known.map(({ datapoints, id, name }) => (
              <option key={id} value={id}>
                {beginning(name, 100)} ({datapoints.length})
              </option>
            ))}
            <option value="">a new one</option>
          </select>
        </label>
        {into === "" && (
          <label>
            Name of the new dataset
            <input value={name} onChange={({ target }) => rename(target.value)} required autoComplete="off" />
          </label>
        )}
        <Editor
          label={
            point.history.length === 0
              ? "Inputs"
              : `Inputs (besides ${point.history.length} messages, which are saved as its history)`
          }
          text={inputs}
          change={(inputs) => edit({ ...edited, inputs })}
          problem={typeof readInputs === "string" ? readInputs : undefined}
        />
        <Editor
          label="Ground truth"
          text={truth}
          change={(truth) => edit({ ...edited, truth })}
          problem={typeof readTruth === "string" ? readTruth : undefined}
        />
        <div className={styles["foot"]}>
          <Button type="submit" look="solid" disabled={!isReady || save.isPending}>
            Add to the dataset
          </Button>
          {save.isSuccess && (
            <span className={styles["done"]} role="status">
              It is in the dataset.
            </span>
          )}
        </div>
      </form>
      <Refusal error={save.error ?? unread} />
    </Section>
  )
}
