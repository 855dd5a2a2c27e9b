/**
 * Sessions, as `compat` starts and enriches them.
 */
import * as Effect from "effect/Effect"
import type { Content } from "@honeyhive/contract/Bucket"
import { isUuid } from "@honeyhive/contract/Uuid"
import type { Enrichment } from "../Enrichment.ts"
import { HoneyHive } from "../HoneyHive.ts"
import { CurrentSession, type SessionInfo } from "../Session.ts"
import { contentOf } from "./compatValues.ts"
import { describeCause } from "./failure.ts"
import { warn } from "./log.ts"
import { uuidV5 } from "./uuidV5.ts"

/** The buckets of a session that may be added to after it has begun. */
type Bucket = "config" | "feedback" | "metadata" | "metrics" | "outputs" | "userProperties"

type SessionParams = { readonly [B in Bucket]?: unknown } & { readonly sessionId?: string | undefined }

interface RunParams {
  readonly metadata?: unknown
  readonly runId?: string | undefined
  readonly datasetId?: string | undefined
  readonly datapointId?: string | undefined
}

export const idOf = (sessionId: string): string => (isUuid(sessionId) ? sessionId.toLowerCase() : uuidV5(sessionId))

/** Tells the backend more of a session; whatever cannot be told stays here. */
export const updateSession = (
  hive: HoneyHive["Service"],
  session: SessionInfo | undefined,
  params: SessionParams
): void => {
  const update = Effect.suspend(() => {
    const named = params.sessionId ? { id: idOf(params.sessionId), name: "", startTime: 0 } : session
    const enrichment: Enrichment = {
      config: contentOf(params.config),
      feedback: contentOf(params.feedback),
      metadata: contentOf(params.metadata),
      metrics: contentOf(params.metrics),
      outputs: contentOf(params.outputs),
      userProperties: contentOf(params.userProperties)
    }
    return Effect.provideService(HoneyHive.enrichSession(enrichment), CurrentSession, named)
  })
  Effect.runSync(
    update.pipe(
      Effect.provideService(HoneyHive, hive),
      Effect.catchCause((cause) => warn(`HoneyHive: a session was not enriched: ${describeCause(cause).message}`))
    )
  )
}

/** A session's metadata, with the run that it belongs to. */
export const metadataOf = ({ datapointId, datasetId, metadata, runId }: RunParams): Content | undefined => {
  const ids = { run_id: runId, dataset_id: datasetId, datapoint_id: datapointId }
  const known = Object.entries(ids).flatMap(([name, id]) => (id === undefined ? [] : [[name, id] as const]))
  return metadata === undefined && known.length === 0
    ? undefined
    : { ...Object.fromEntries(known), ...contentOf(metadata) }
}
