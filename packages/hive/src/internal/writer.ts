/**
 * The one that writes: takes commands, several in one transaction. Runs in a thread of its own, or, for a store in memory,
 * where it is called; it depends on nothing but Node, and on the index, which it is handed when it is first needed.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"
import type { Answers, Command, Outcome, SpanValues } from "./commands.ts"
import { eachLine, LINE_NUMBERS, orNull } from "./lines.ts"
import { emptySession, redelivered, started, updated } from "./merge.ts"
import { makeOrigins, type SourceTexts, textsAt, textsOf } from "./origins.ts"
import { hasOwnId, makeOtherId } from "./ownIds.ts"
import { isLarge, makePacker, makeUnpacker, sharesOf } from "./payload.ts"
import { makeRawReader, NotLoaded, notLoaded, type OpenRequest, rawOf } from "./raw.ts"
import { makeRawRequests } from "./rawRequests.ts"
import { makeRetention } from "./retention.ts"
import {
  bucketColumns,
  columns,
  fromRow,
  type Lineage,
  lineageOf,
  type Row,
  rowAt,
  SPAN_VALUES,
  stored,
  toRow,
  unpackedRow
} from "./row.ts"
import { makeRunning, STATE, withState } from "./running.ts"
import type { SearchIndex } from "./searchIndex.ts"
import { makeSummaries, tokensOf } from "./summaries.ts"

const SESSION_ID = columns.indexOf("session_id")
const TRACE_ID = columns.indexOf("trace_id")
const SPAN_ID = columns.indexOf("span_id")
const EVENT_TYPE = columns.indexOf("event_type")
const EVENT_NAME = columns.indexOf("event_name")
const SOURCE = columns.indexOf("source")
const ERROR = columns.indexOf("error")
const START_TIME = columns.indexOf("start_time")
const END_TIME = columns.indexOf("end_time")
const FIRST_BUCKET = columns.indexOf("inputs")
/** After the columns and the tokens. */
const SESSION = columns.length + 1
const INSTANCE = columns.length + 3
/** Where an event that comes without a span says which process it is from. */
const SERVICE_INSTANCE = "service.instance.id"

const MAX_KNOWN_SESSIONS = 10_000

/** Events that are indexed at a time: many sorted ones cost less each, but everybody waits for them. */
const INDEX_STEP = 1000
const SMALL_INDEX_STEP = 250

/** Who says something, and when by the hive's clock. */
interface Process {
  readonly instance: string
  readonly now: number
}

export type Writer = (commands: ReadonlyArray<Command>) => ReadonlyArray<Outcome>

/** Opens the index, which reads events by their ids, in any order; ids without an event are left out. */
export type OpenIndex = (read: (ids: ReadonlyArray<string>) => ReadonlyArray<Event>) => SearchIndex

const noIndex: OpenIndex = () => {
  throw new Error("this writer has no index")
}

export const makeWriter = (
  database: DatabaseSync,
  openIndex: OpenIndex = noIndex,
  openRequest: OpenRequest = notLoaded
): Writer => {
  const values = `(${columns.join(", ")}, own_id, origin) VALUES (${columns.map(() => "?").join(", ")}, ?`
  const insert = database.prepare(`INSERT OR IGNORE INTO events ${values}, ?)`)
  const insertRaw = database.prepare(
    `INSERT OR IGNORE INTO events (${columns.slice(0, FIRST_BUCKET - 1).join(", ")}, children_ids, ${bucketColumns.join(", ")}, own_id, raw, tokens)
     VALUES (${columns
       .slice(0, FIRST_BUCKET - 1)
       .map(() => "?")
       .join(", ")}, '[]', ${bucketColumns.map(() => "''").join(", ")}, ?, ?, ?)`
  )
  const setBuckets = database.prepare(
    `UPDATE events SET ${bucketColumns.map((column) => `${column} = ?`).join(", ")}, origin = ?, raw = NULL, tokens = NULL
      WHERE event_id = ?`
  )
  // Who made a span stays, whatever is said of its event later
  const replace = database.prepare(
    `INSERT OR REPLACE INTO events ${values}, COALESCE(?, (SELECT origin FROM events WHERE event_id = ?)))`
  )
  const byId = database.prepare(`SELECT ${stored} FROM events WHERE event_id = ?`)
  const byIds = database.prepare(`SELECT ${stored} FROM events WHERE event_id IN (SELECT value FROM json_each(?))`)
  const remove = database.prepare("DELETE FROM events WHERE event_id = ?")
  const summary = database.prepare("SELECT 1 FROM session_summaries WHERE session_id = ?")
  const [begin, commit, rollback, save, release, undo] = [
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT command",
    "RELEASE command",
    "ROLLBACK TO command"
  ].map((sql) => database.prepare(sql))
  const unpack = makeUnpacker(database)
  const rawEvents = makeRawReader(database, openRequest)
  const rawRequests = makeRawRequests(database)
  const packer = makePacker(database)
  const addShare = database.prepare("INSERT OR IGNORE INTO shares VALUES (?, ?, ?)")
  const dropShares = database.prepare("DELETE FROM shares WHERE event_id = ?")
  const summaries = makeSummaries(database)
  const otherId = makeOtherId(database)
  const running = makeRunning(database)
  const origins = makeOrigins(database)
  let index: SearchIndex | undefined
  const indexed = (): SearchIndex =>
    (index ??= openIndex((ids) =>
      byIds.all(JSON.stringify(ids)).flatMap((row) => {
        const whole = found(row)
        return whole === undefined ? [] : [fromRow(whole)]
      })
    ))
  const retention = makeRetention(database, { changed: summaries.recounted, collected: packer.forget })
  /** Sessions that exist, with their start; what a rolled-back transaction made is forgotten with it. */
  const known = new Map<string, { readonly start: number; readonly ended: boolean }>()

  const valuesOf = (row: Row): Array<SQLInputValue> => columns.map((column) => row[column])
  const found = (row: unknown): Row | undefined =>
    // The statements select exactly these columns
    row === undefined ? undefined : unpackedRow(row as Row, unpack, rawEvents.event)
  const timesById = database.prepare("SELECT start_time, end_time FROM events WHERE event_id = ?")
  const find = (id: string): Row | undefined => found(byId.get(id))
  const findSpan = (row: Row): Row | undefined => {
    const id = row.span_id === null ? undefined : otherId.eventOf(String(row.trace_id), String(row.span_id))
    return id === undefined ? undefined : find(id)
  }

  /** Packs the buckets of a row in place, and answers whether any was worth it. */
  const packRow = (values: Array<SQLInputValue>): boolean => {
    let packed = false
    for (let index = FIRST_BUCKET; index < columns.length; index++) {
      const text = values[index]
      if (typeof text !== "string" || !isLarge(text)) continue
      values[index] = packer.pack(text)
      packed = true
    }
    return packed
  }

  const share = (values: ReadonlyArray<SQLInputValue>): void => {
    for (let index = FIRST_BUCKET; index < columns.length; index++) {
      for (const [kind, id] of sharesOf(String(values[index]))) addShare.run(String(values[0]), kind, id)
    }
  }

  /** What a raw row still has in its request alone. */
  const rawSource = (row: Row | undefined): SourceTexts | undefined =>
    typeof row?.raw === "number" ? rawEvents.span(row.raw).source : undefined

  const write = (event: Event, lineage: Lineage | undefined, process?: Process, source?: SourceTexts): void => {
    const row = toRow(event, lineage)
    const before = [find(event.event_id), findSpan(row)]
    for (const [place, old] of before.entries()) {
      if (old !== undefined && (place === 0 || old.event_id !== before[0]?.event_id)) {
        summaries.removed(old, tokensOf(fromRow(old).metadata), row)
        dropShares.run(old.event_id)
        // A row that only gives way to another one would be gone without a word to the index
        if (place === 1) remove.run(old.event_id)
      }
    }
    const stored = valuesOf(row)
    const packed = packRow(stored)
    // What its span said stays, unless it says otherwise now
    const raw = rawSource(before[0])
    const origin = source?.[0] ?? raw?.[0]
    const extras = source?.[1] ?? raw?.[1]
    const isOwn = row.span_id !== null && hasOwnId(event.event_id, String(row.trace_id), String(row.span_id))
    replace.run(...stored, isOwn ? 1 : null, origin === undefined ? null : origins.idOf(origin), event.event_id)
    if (typeof extras === "string") origins.keep(event.event_id, extras)
    if (packed) share(stored)
    if (isOwn) otherId.changed(String(row.trace_id))
    summaries.added(row, tokensOf(event.metadata))
    if (before[0] !== undefined && before[0].end_time === null) running.ends(event.event_id)
    if (process !== undefined && event.metadata[STATE] === "running")
      running.begins(event.event_id, process.instance, process.now)
    if (event.event_type === "session") known.delete(event.event_id)
  }

  const remember = (id: string, session: { readonly start: number; readonly ended: boolean }): void => {
    if (known.size >= MAX_KNOWN_SESSIONS) known.clear()
    known.set(id, session)
  }

  /** The session of a span that may create it; one that exists begins no later than its first span. */
  const autoCreate = (id: string, name: string, source: string, start: number): void => {
    const seen = known.get(id)
    if (seen !== undefined && (seen.ended || seen.start <= start)) return
    const times = timesById.get(id)
    if (times === undefined) {
      write(emptySession(id, name, source, start), undefined)
      remember(id, { start, ended: false })
    } else {
      const began = Number(times["start_time"])
      const ended = times["end_time"] !== null
      const row = !ended && began > start ? find(id) : undefined
      if (row !== undefined) write({ ...fromRow(row), start_time: start }, lineageOf(row))
      remember(id, { start: row === undefined ? began : start, ended })
    }
  }

  const ingestOne = (values: SpanValues, at: number, now: number, source: SourceTexts | undefined): void => {
    const name = values[at + SESSION] ?? null
    const instance = String(values[at + INSTANCE])
    running.heard(instance, now)
    if (name !== null) {
      autoCreate(
        String(values[at + SESSION_ID]),
        String(name),
        String(values[at + SESSION + 1]),
        Number(values[at + START_TIME])
      )
    }
    const row = values.slice(at, at + columns.length) as Array<string | number | null> // the columns' types
    const packed = packRow(row)
    const [id, traceId, spanId] = [String(row[0]), String(row[TRACE_ID]), String(row[SPAN_ID])]
    const isOwn = hasOwnId(id, traceId, spanId)
    const isThere = otherId.isThere(id, isOwn, traceId, spanId)
    if (
      !isThere &&
      insert.run(...row, isOwn ? 1 : null, source === undefined ? null : origins.idOf(source[0])).changes === 1
    ) {
      if (typeof source?.[1] === "string") origins.keep(String(row[0]), source[1])
      if (packed) share(row)
      summaries.inserted(
        String(row[SESSION_ID]),
        String(row[EVENT_TYPE]),
        String(row[EVENT_NAME]),
        String(row[SOURCE]),
        Number(row[START_TIME]),
        row[END_TIME] as number | null, // the column's type
        row[ERROR] !== null,
        Number(values[at + columns.length])
      )
      if (row[EVENT_TYPE] === "session") known.delete(String(row[0]))
      if (row[END_TIME] === null) running.begins(String(row[0]), instance, now)
      return
    }
    ingestAgain(rowAt(values, at), { instance, now }, source)
  }

  /** A span that is here already, under its own or another event id. */
  const ingestAgain = (again: Row, process: Process, source: SourceTexts | undefined): void => {
    const before = find(String(again.event_id)) ?? findSpan(again)
    const event = fromRow(again)
    write(before === undefined ? event : redelivered(fromRow(before), event), lineageOf(again), process, source)
  }

  const ingestRaw = (command: Extract<Command, { op: "ingestRaw" }>): void => {
    const { body, count, now, numbers } = command
    const request = rawRequests.add(count, body)
    let inserted = 0
    eachLine(command, (line, index) => {
      const [id, session, parentId, traceId, spanId, parentSpanId, type, name, source, error, sessionName, instance] =
        line
      const at = index * LINE_NUMBERS
      const start = numbers[at] ?? 0
      const end = orNull(numbers[at + 1])
      const tokens = numbers[at + 3] ?? 0
      const raw = rawOf(request, numbers[at + 4] ?? 0)
      running.heard(instance, now)
      if (sessionName !== null) autoCreate(session, sessionName, source, start)
      const isOwn = hasOwnId(id, traceId, spanId)
      const isNew =
        !otherId.isThere(id, isOwn, traceId, spanId) &&
        insertRaw.run(
          id,
          session,
          parentId,
          traceId,
          spanId,
          parentSpanId,
          type,
          name,
          source,
          start,
          end,
          orNull(numbers[at + 2]),
          error,
          isOwn ? 1 : null,
          raw,
          tokens
        ).changes === 1
      if (isNew) {
        inserted++
        summaries.inserted(session, type, name, source, start, end, error !== null, tokens)
        if (type === "session") known.delete(id)
        if (end === null) running.begins(id, instance, now)
      } else {
        const lineage = { traceId, spanId, parentSpanId: parentSpanId ?? undefined }
        const span = rawEvents.span(raw)
        ingestAgain(toRow(span.event, lineage), { instance, now }, span.source)
      }
    })
    if (inserted === 0) rawRequests.remove(request)
  }

  /** Gives the oldest raw events their buckets, and hands them to the index. */
  const project = (limit: number): void => {
    const events = rawRequests.oldest(limit).map((raw) => {
      const { event, source } = rawEvents.span(raw)
      const [origin, extras] = source
      const row = valuesOf(toRow(event, undefined))
      const packed = packRow(row)
      setBuckets.run(...row.slice(FIRST_BUCKET), origins.idOf(origin), event.event_id)
      if (extras !== null) origins.keep(event.event_id, extras)
      if (packed) share(row)
      return event
    })
    indexed().add(events)
  }

  /** Indexes what was noted first, then what came raw; answers how many still wait. */
  const indexStep = (limit: number): number => {
    const index = indexed()
    const room = limit - index.step(limit)
    if (room > 0) project(room)
    rawRequests.tidy()
    return index.waiting()
  }

  const operations: { readonly [O in Command["op"]]: (command: Extract<Command, { op: O }>) => Answers[O] } = {
    ingest: ({ count, now, sources, values }) => {
      for (let span = 0; span < count; span++)
        ingestOne(values, span * SPAN_VALUES, now, sources && textsAt(sources, span))
    },
    ingestRaw,
    startSession: ({ id, now, start }) => {
      const row = find(id)
      const before = row === undefined ? emptySession(id, "Session", "unknown", start.start_time ?? now) : fromRow(row)
      const session = started(before, start)
      write(session, row === undefined ? undefined : lineageOf(row))
      return session
    },
    createEvents: ({ events, now }) => {
      for (const event of events) {
        const said = event.metadata[SERVICE_INSTANCE]
        const instance = typeof said === "string" ? said : undefined
        if (instance !== undefined) running.heard(instance, now)
        const runs = instance !== undefined && event.end_time === null && event.event_type !== "session"
        if (runs) write(withState(event, "running"), undefined, { instance, now })
        else write(event, undefined)
      }
    },
    updateEvent: ({ id, now, update }) => {
      const row = find(id)
      if (row === undefined) return false
      const instance = running.instanceOf(id)
      if (instance !== undefined) running.heard(instance, now)
      write(updated(fromRow(row), update), lineageOf(row), instance === undefined ? undefined : { instance, now })
      return true
    },
    markLost: ({ opened, silentSince }) => {
      return running.silentSince(silentSince, opened).flatMap((id) => {
        const row = find(id)
        running.ends(id)
        if (row === undefined || row.end_time !== null) return []
        write(withState(fromRow(row), "lost"), lineageOf(row))
        return [{ event_id: id, session_id: String(row.session_id) }]
      })
    },
    restore: ({ records }) => {
      for (const { event, source, span } of records) {
        const row = find(event.event_id)
        const merged = row === undefined ? event : redelivered(fromRow(row), event)
        write(
          merged.metadata[STATE] === "running" ? withState(merged, "lost") : merged,
          span,
          undefined,
          source && textsOf(source)
        )
      }
    },
    deleteSession: ({ id }) => {
      known.delete(id)
      return retention.deleteSession(id)
    },
    retain: ({ limits }) => {
      const { gone, sessions } = retention.retain(limits)
      if (gone > 0) known.clear()
      return { gone, sessions: sessions.map((id) => ({ session_id: id, deleted: summary.get(id) === undefined })) }
    },
    collect: retention.collect,
    vacuum: retention.vacuum,
    close: () => {
      // Nobody reads any more
      rawRequests.sweep(Date.now(), 0)
      rawRequests.forget()
    },
    index: () => {
      const index = indexed()
      return index.waiting() === 0
        ? { waiting: 0, untidy: index.tidy() }
        : { waiting: indexStep(SMALL_INDEX_STEP), untidy: true }
    },
    catchUp: ({ until }) => {
      for (;;) {
        const waiting = indexStep(INDEX_STEP)
        if (waiting === 0 || Date.now() >= until) return waiting
      }
    }
  }

  const run = (command: Command): unknown =>
    // The operation is looked up by the command's own name
    (operations[command.op] as (command: Command) => unknown)(command)

  const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))

  /** What is remembered of the file. */
  const forget = (): void => {
    known.clear()
    packer.forget()
    origins.forget()
    otherId.forget()
    rawRequests.forget()
    rawEvents.forget()
    index?.forget()
  }

  const done = (command: Command): Outcome => {
    const value = run(command)
    summaries.flush()
    return { ok: true, value }
  }

  const failed = (error: unknown): Outcome => ({
    ok: false,
    message: message(error),
    ...(error instanceof NotLoaded ? { early: true } : {})
  })

  /** A command that leaves nothing behind when it fails. */
  const attempt = (command: Command): Outcome => {
    save?.run()
    try {
      const outcome = done(command)
      release?.run()
      return outcome
    } catch (error) {
      forget()
      summaries.discard()
      // A full disk has already undone the whole transaction; then this throws, and all of its commands fail
      undo?.run()
      release?.run()
      return failed(error)
    }
  }

  const dataVersion = database.prepare("PRAGMA data_version")
  let version: unknown

  const transaction = (
    commands: ReadonlyArray<Command>,
    attempt: (command: Command) => Outcome
  ): ReadonlyArray<Outcome> => {
    try {
      begin?.run()
      // Another process may write to this file too: what is remembered of it then has to be read again
      const { data_version } = dataVersion.get() ?? {}
      if (data_version !== version) {
        forget()
        version = data_version
      }
      rawRequests.sweep(Date.now())
      const outcomes = commands.map(attempt)
      commit?.run()
      // What was given back leaves the file when the log is copied into it
      if (commands.some(({ op }) => op === "vacuum")) database.exec("PRAGMA wal_checkpoint(PASSIVE)")
      return outcomes
    } catch (error) {
      forget()
      summaries.discard()
      if (database.isTransaction) rollback?.run()
      return commands.map(() => failed(error))
    }
  }

  return (commands) => {
    // SQLite copies every page before a savepoint's first change to it, which is a third of the work: so without any at first
    let one = false
    const outcomes = transaction(commands, (command) => {
      try {
        return done(command)
      } catch (error) {
        one = true
        throw error
      }
    })
    return one && commands.length > 1 ? transaction(commands, attempt) : outcomes
  }
}
