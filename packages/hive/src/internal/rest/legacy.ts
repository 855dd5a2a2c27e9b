/**
 * The paths of older SDKs, in the words that these SDKs decode.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { BadRequest, HoneyHiveApi } from "@honeyhive/contract/Api"
import type { Configuration } from "@honeyhive/contract/Configuration"
import type { Datapoint, Dataset } from "@honeyhive/contract/Dataset"
import type { PostEvent } from "@honeyhive/contract/Event"
import type { Run } from "@honeyhive/contract/Experiment"
import type { LegacyMetric, ModelEvent } from "@honeyhive/contract/LegacyApi"
import type { CreateMetric, Metric } from "@honeyhive/contract/MetricDefinition"
import { Configurations } from "../../Configurations.ts"
import * as datasets from "./datasets.ts"
import * as events from "./events.ts"
import type { Json, JsonObject } from "./json.ts"
import * as metrics from "./metrics.ts"
import { kinds } from "./records.ts"
import * as runs from "./runs.ts"

/** A value without its nulls, anywhere in it. */
const withoutNulls = (value: Json): Json => {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls)
  return typeof value === "object" && value !== null ? compact(value as JsonObject) : value
}

const compact = (value: object): JsonObject =>
  Object.fromEntries(
    // What comes in here is of the contract's Schemas, which are JSON
    Object.entries(value as { readonly [key: string]: Json | undefined }).flatMap(([key, field]) =>
      field === null || field === undefined ? [] : [[key, withoutNulls(field)]]
    )
  )

/** Without the nulls at its top. */
const shallow = (value: object): JsonObject =>
  Object.fromEntries(
    Object.entries(value as { readonly [key: string]: Json | undefined }).flatMap(([key, field]) =>
      field === null || field === undefined ? [] : [[key, field]]
    )
  )

/** Their time is whole milliseconds at the end of an event, and their outputs are an object. */
const legacyEvent = (event: JsonObject): JsonObject => ({
  ...shallow(event),
  ...(typeof event["end_time"] === "number" ? { end_time: Math.round(event["end_time"]) } : {})
})

const legacyRun = (run: Run): JsonObject =>
  shallow({ ...run, _id: run.id, project: run.scope_id, status: run.status === "completed" ? "completed" : "pending" })

const legacyDataset = (dataset: Dataset): JsonObject =>
  shallow({ ...dataset, _id: dataset.id, num_points: dataset.datapoints.length })

const legacyDatapoint = (datapoint: Datapoint): JsonObject => shallow({ ...datapoint, _id: datapoint.id })

const legacyConfiguration = (configuration: Configuration): JsonObject =>
  shallow({ ...configuration, _id: configuration.id, project: "local" })

const types = { PYTHON: "custom", LLM: "model", HUMAN: "human" } as const
const currentTypes = { custom: "PYTHON", composite: "PYTHON", model: "LLM", human: "HUMAN" } as const

const legacyMetric = (metric: Metric): JsonObject =>
  shallow({
    ...metric,
    _id: metric.id,
    type: types[metric.type],
    task: "evaluation",
    return_type: metric.return_type === "categorical" ? "string" : metric.return_type,
    threshold: metric.threshold ? shallow(metric.threshold) : null,
    ...(metric.type === "PYTHON" ? { code_snippet: metric.criteria } : {}),
    ...(metric.type === "LLM" ? { prompt: metric.criteria } : {})
  })

const thresholdOf = ({ pass_when, threshold }: Partial<LegacyMetric>): Partial<CreateMetric> =>
  pass_when === undefined && threshold === undefined
    ? {}
    : { threshold: { ...threshold, ...(pass_when === undefined ? {} : { pass_when }) } }

const currentMetric = (metric: Partial<LegacyMetric>): Partial<CreateMetric> => {
  const { code_snippet, criteria, description, enabled_in_prod, model_name, model_provider, name, prompt } = metric
  const said = {
    name,
    description,
    enabled_in_prod,
    model_name,
    model_provider,
    return_type: metric.return_type,
    criteria: criteria ?? code_snippet ?? prompt,
    type: metric.type === undefined ? undefined : currentTypes[metric.type]
  }
  return {
    // What is not said is left out
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<CreateMetric>),
    ...thresholdOf(metric)
  }
}

/** A call of a model in the event model: what was asked is `chat_history`, what came back is the output. */
const fromModel = (call: ModelEvent): PostEvent => {
  const { cost, duration, error, event_name, hyperparameters, messages, model, provider, response, usage } = call
  return {
    event_type: "model",
    event_name: event_name ?? model,
    ...(call.source === undefined ? {} : { source: call.source }),
    ...(call.session_id === undefined ? {} : { session_id: call.session_id }),
    duration,
    error: error ?? null,
    inputs: { chat_history: messages, ...call.template_inputs },
    outputs: response,
    config: shallow({
      model,
      provider,
      ...hyperparameters,
      template: call.template,
      tools: call.tools,
      tool_choice: call.tool_choice,
      response_format: call.response_format
    }),
    metadata: { ...usage, ...(cost === undefined ? {} : { cost }) }
  }
}

export const legacy = HttpApiBuilder.group(
  HoneyHiveApi,
  "legacy",
  Effect.fn(function* (handlers) {
    const { addEvents, create, createBatch, exported, find, start, update } = yield* events.operations
    return handlers.handleAll({
      startSession: ({ payload }) => start(payload.session),
      getSession: ({ params }) =>
        Effect.map(find(params.session_id, "session"), (event) => legacyEvent(event as unknown as JsonObject)), // it is JSON
      addTraces: ({ params, payload: { events, logs } }) =>
        (events === undefined) === (logs === undefined)
          ? Effect.fail(new BadRequest({ message: "payload: exactly one of events and logs is needed" }))
          : addEvents(params.session_id, events ?? logs ?? []),
      createEvent: ({ payload }) => create(payload.event),
      updateEvent: ({ payload: { event_id, ...change } }) => update(event_id, change),
      createEventBatch: ({ payload }) =>
        createBatch(payload.events, payload.is_single_session ?? false, payload.session ?? payload.session_properties),
      createModelEvent: ({ payload }) => create(fromModel(payload.model_event)),
      createModelEventBatch: ({ payload }) =>
        createBatch(
          payload.model_events.map(fromModel),
          payload.is_single_session ?? false,
          payload.session_properties
        ),
      exportEvents: ({ payload }) =>
        Effect.map(exported(payload), (found) => ({ ...found, events: found.events.map(legacyEvent) }))
    })
  })
)

export const legacyData = HttpApiBuilder.group(
  HoneyHiveApi,
  "legacyData",
  Effect.fn(function* (handlers) {
    const data = yield* datasets.operations
    const experiments = yield* runs.operations
    const measures = yield* metrics.operations
    const configurations = yield* Configurations
    return handlers.handleAll({
      datasets: ({ query }) => Effect.map(data.datasets(query), (all) => ({ testcases: all.map(legacyDataset) })),
      createDataset: ({ payload }) => data.createDataset(payload),
      updateDataset: ({ payload: { dataset_id, ...change } }) => Effect.asVoid(data.updateDataset(dataset_id, change)),
      removeDataset: ({ query }) => data.removeDataset(query.dataset_id),
      addDatapoints: ({ params, payload }) => data.addDatapoints(params.dataset_id, payload),
      datapoints: ({ query }) =>
        Effect.map(data.datapoints(query.datapoint_ids, query.dataset_name), (all) => ({
          datapoints: all.map(legacyDatapoint)
        })),
      createDatapoint: ({ payload }) =>
        Effect.map(data.insert([payload]), ([insertedId = ""]) => ({ result: { insertedId } })),
      datapoint: ({ params }) =>
        Effect.map(data.get(kinds.datapoint, params.id), (one) => ({ datapoint: [legacyDatapoint(one)] })),
      updateDatapoint: ({ params, payload }) => Effect.asVoid(data.updateDatapoint(params.id, payload)),
      removeDatapoint: ({ params }) => data.remove(params.id),
      createRun: ({ payload }) =>
        Effect.map(experiments.create(payload), (run) => ({ evaluation: legacyRun(run), run_id: run.run_id })),
      runs: () => Effect.map(experiments.all, (all) => ({ evaluations: all.map(legacyRun) })),
      run: ({ params }) => Effect.map(experiments.find(params.run_id), (run) => ({ evaluation: legacyRun(run) })),
      updateRun: ({ params, payload }) =>
        Effect.map(experiments.update(params.run_id, payload), (run) => ({ evaluation: legacyRun(run) })),
      removeRun: ({ params }) => experiments.remove(params.run_id),
      runResult: ({ params, query }) =>
        Effect.map(experiments.summary(params.run_id, query.aggregate_function), (result) =>
          compact({
            ...result,
            metrics: {
              ...result.metrics,
              // These clients know numbers and booleans only
              details: result.metrics.details.filter(({ values }) => values.every((one) => typeof one !== "string"))
            },
            datapoints: result.datapoints.map((datapoint) => ({
              ...datapoint,
              metrics: datapoint.metrics.filter(({ value }) => typeof value !== "string")
            }))
          })
        ),
      compareRuns: ({ params, query }) =>
        Effect.map(experiments.compare(params.new_run_id, params.old_run_id, query.aggregate_function), (result) =>
          compact({
            ...result,
            metrics: result.metrics.filter(({ new_values, old_values }) =>
              [...new_values, ...old_values].every((one) => typeof one !== "string")
            ),
            old_run: { ...legacyRun(result.old_run) },
            new_run: { ...legacyRun(result.new_run) }
          })
        ),
      metrics: () => Effect.map(measures.all, (all) => all.map(legacyMetric)),
      createMetric: ({ payload }) =>
        Effect.asVoid(
          measures.create({
            criteria: "",
            ...currentMetric(payload),
            name: payload.name,
            type: currentTypes[payload.type]
          })
        ),
      updateMetric: ({ payload: { metric_id, ...change } }) => measures.update(metric_id, currentMetric(change)),
      removeMetric: ({ query }) => measures.remove(query.metric_id),
      configurations: ({ query }) => Effect.succeed(configurations.list(query).map(legacyConfiguration))
    })
  })
)
