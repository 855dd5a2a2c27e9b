/**
 * The index beside the events: derived from them, and made anew when its form changes.
 *
 * Triggers note every event that is written, in the writer's own transaction and whoever writes it; `step` indexes what was
 * noted, many at a time, since a full-text index takes sorted thousands for a fraction of what it takes single ones. A process that
 * dies in between leaves the notes.
 */
import { createHash } from "node:crypto"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"
import * as Prices from "@honeyhive/contract/Prices"
import { factsOf, numberColumns, textColumns, textsOf, type WordColumn, wordColumns } from "./facts.ts"
import { makeRepeats } from "./repeats.ts"

/** Changes with the tables below and with what is derived from an event. */
const FORM = 4

const quoted = (columns: ReadonlyArray<string>): string => columns.map((column) => `"${column}"`).join(", ")

// Raw events wait in an order of their own, and are indexed in the very transaction that gives them their buckets
const notes = `
CREATE TRIGGER index_inserted AFTER INSERT ON events WHEN NEW.raw IS NULL BEGIN
  INSERT INTO index_queue (event_id) VALUES (NEW.event_id);
END;
CREATE TRIGGER index_updated AFTER UPDATE ON events WHEN OLD.raw IS NULL BEGIN
  INSERT INTO index_queue (event_id) VALUES (NEW.event_id);
END;
`

const tables = `
CREATE TABLE index_words (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  value TEXT NOT NULL COLLATE NOCASE,
  UNIQUE (kind, value COLLATE BINARY)
) STRICT;
CREATE INDEX index_words_by_value ON index_words (kind, value);
CREATE TABLE index_facts (
  -- The start in microseconds, or a little more where that was taken: the newest are the last
  id INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  ${wordColumns.map((column) => `"${column}" INTEGER`).join(", ")},
  ${numberColumns.map((column) => `"${column}" REAL`).join(", ")},
  -- 1 where another event tells the same call of a model
  repeats INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX index_facts_repeating ON index_facts (session) WHERE repeats = 1;
CREATE INDEX index_facts_by_session ON index_facts (session);
CREATE INDEX index_facts_by_type ON index_facts (type);
CREATE INDEX index_facts_by_name ON index_facts (name);
CREATE INDEX index_facts_by_source ON index_facts (source);
CREATE INDEX index_facts_by_model ON index_facts (model) WHERE model IS NOT NULL;
CREATE INDEX index_facts_by_user ON index_facts ("user") WHERE "user" IS NOT NULL;
CREATE INDEX index_facts_by_tool ON index_facts (tool) WHERE tool IS NOT NULL;
CREATE INDEX index_facts_by_error ON index_facts (error) WHERE error IS NOT NULL;
CREATE INDEX index_facts_by_duration ON index_facts (duration) WHERE duration IS NOT NULL;
CREATE INDEX index_facts_by_ttft ON index_facts (ttft) WHERE ttft IS NOT NULL;
CREATE INDEX index_facts_by_tokens ON index_facts (tokens) WHERE tokens IS NOT NULL;
CREATE INDEX index_facts_by_cost ON index_facts (cost) WHERE cost IS NOT NULL;
CREATE VIRTUAL TABLE index_text USING fts5(
  ${textColumns.join(", ")}, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO index_text (index_text, rank) VALUES ('hashsize', 16000000);
-- What a session's events add up to; a list of sessions reads no events
CREATE TABLE index_sessions (
  session INTEGER PRIMARY KEY, events INTEGER NOT NULL, tokens REAL NOT NULL, cost REAL NOT NULL,
  priced INTEGER NOT NULL, unpriced INTEGER NOT NULL
) STRICT;
CREATE INDEX index_sessions_by_tokens ON index_sessions (tokens);
CREATE INDEX index_sessions_by_cost ON index_sessions (cost);
-- How often a session says which model or user
CREATE TABLE index_session_words (
  session INTEGER NOT NULL, word INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (session, word)
) STRICT, WITHOUT ROWID;
-- What is added, \`add\` counts, many at a time: a trigger would have SQLite copy every page that an insertion changes
CREATE TRIGGER index_facts_repeating AFTER UPDATE OF repeats ON index_facts WHEN OLD.repeats <> NEW.repeats BEGIN
  UPDATE index_sessions SET tokens = tokens + (OLD.repeats - NEW.repeats) * COALESCE(OLD.tokens, 0),
    cost = cost + (OLD.repeats - NEW.repeats) * COALESCE(OLD.cost, 0),
    priced = priced + (OLD.repeats - NEW.repeats) * (OLD.cost IS NOT NULL),
    unpriced = unpriced + (OLD.repeats - NEW.repeats) * (OLD.tokens IS NOT NULL AND OLD.cost IS NULL)
  WHERE session = OLD.session;
END;
CREATE TRIGGER index_facts_gone AFTER DELETE ON index_facts BEGIN
  UPDATE index_sessions SET events = events - 1, tokens = tokens - (1 - OLD.repeats) * COALESCE(OLD.tokens, 0),
    cost = cost - (1 - OLD.repeats) * COALESCE(OLD.cost, 0), priced = priced - (1 - OLD.repeats) * (OLD.cost IS NOT NULL),
    unpriced = unpriced - (1 - OLD.repeats) * (OLD.tokens IS NOT NULL AND OLD.cost IS NULL)
  WHERE session = OLD.session;
  DELETE FROM index_sessions WHERE session = OLD.session AND events <= 0;
END;
${["model", "user"]
  .map(
    (column) => `
CREATE TRIGGER index_${column}_gone AFTER DELETE ON index_facts WHEN OLD."${column}" IS NOT NULL BEGIN
  UPDATE index_session_words SET count = count - 1 WHERE session = OLD.session AND word = OLD."${column}";
  DELETE FROM index_session_words WHERE session = OLD.session AND word = OLD."${column}" AND count <= 0;
END;`
  )
  .join("")}
CREATE TABLE index_queue (seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL) STRICT;
${notes}
CREATE TRIGGER index_deleted AFTER DELETE ON events BEGIN
  DELETE FROM index_text WHERE rowid = (SELECT id FROM index_facts WHERE event_id = OLD.event_id);
  DELETE FROM index_facts WHERE event_id = OLD.event_id;
END;
CREATE TABLE index_state (form INTEGER NOT NULL, prices TEXT NOT NULL) STRICT;
`

const drop = `
DROP TRIGGER IF EXISTS index_inserted; DROP TRIGGER IF EXISTS index_updated; DROP TRIGGER IF EXISTS index_deleted;
DROP TABLE IF EXISTS index_state; DROP TABLE IF EXISTS index_queue; DROP TABLE IF EXISTS index_text;
DROP TABLE IF EXISTS index_facts; DROP TABLE IF EXISTS index_words;
DROP TABLE IF EXISTS index_sessions; DROP TABLE IF EXISTS index_session_words;
`

const transaction = <A>(database: DatabaseSync, work: () => A): A => {
  database.exec("BEGIN IMMEDIATE")
  try {
    const result = work()
    database.exec("COMMIT")
    return result
  } catch (error) {
    database.exec("ROLLBACK")
    throw error
  }
}

const formOf = (database: DatabaseSync): number | undefined => {
  const found = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'index_state'").get()
  return found && Number(database.prepare("SELECT form FROM index_state").get()?.["form"])
}

/** Makes the index where it is missing or of another form, and notes every event for it. */
const prepare = (database: DatabaseSync): void => {
  const form = formOf(database)
  if (form === FORM) return
  transaction(database, () => {
    if (form === 3) {
      // That one noted every event in the same way; what it has of them stays
      database.exec(
        `DROP TRIGGER index_inserted; DROP TRIGGER index_updated; ${notes} UPDATE index_state SET form = ${FORM}`
      )
      return
    }
    database.exec(drop)
    database.exec(tables)
    database.exec(`
      INSERT INTO index_queue (event_id) SELECT event_id FROM events WHERE raw IS NULL ORDER BY start_time;
      INSERT INTO index_state VALUES (${FORM}, '');
    `)
  })
}

/** Costs anew, when the prices are others than last time. Counts stay: nothing is read but the index. */
const reprice = (database: DatabaseSync, prices: Prices.PriceTable): void => {
  const print = createHash("sha256").update(JSON.stringify(prices)).digest("hex")
  if (database.prepare("SELECT prices FROM index_state").get()?.["prices"] === print) return
  const days = [...new Set(prices.prices.map(({ from }) => Date.parse(from)))].toSorted((a, b) => a - b)
  transaction(database, () => {
    database.exec("UPDATE index_facts SET cost = NULL WHERE cost IS NOT NULL")
    const calls = database
      .prepare(
        `SELECT DISTINCT f.model AS model, f.provider AS provider, m.value AS modelName, p.value AS providerName
           FROM index_facts f JOIN index_words m ON m.id = f.model LEFT JOIN index_words p ON p.id = f.provider
          WHERE f.tokens IS NOT NULL`
      )
      .all()
    const update = database.prepare(
      `UPDATE index_facts SET cost =
         (input * ? + cache_read * ? + cache_write * ? + reasoning * ? + output * ?) / 1000000
        WHERE tokens IS NOT NULL AND model = ? AND provider IS ? AND start_time >= ?`
    )
    for (const { model, modelName, provider, providerName } of calls) {
      let last: Prices.Price | undefined
      for (const day of days) {
        const call = {
          model: String(modelName),
          provider: providerName === null ? undefined : String(providerName),
          at: day
        }
        const price = Prices.find(prices, call)
        if (price === undefined || price === last) continue
        last = price
        const { cacheRead = price.input, cacheWrite = price.input, input, output, reasoning = price.output } = price
        update.run(input, cacheRead, cacheWrite, reasoning, output, model ?? null, provider ?? null, day)
      }
    }
    database.exec(`
      UPDATE index_sessions SET cost = sums.cost, priced = sums.priced, unpriced = sums.unpriced FROM (
        SELECT session, COALESCE(SUM(cost), 0) AS cost, COUNT(cost) AS priced, COUNT(tokens) - COUNT(cost) AS unpriced
          FROM index_facts WHERE repeats = 0 GROUP BY session
      ) sums WHERE sums.session = index_sessions.session`)
    database.prepare("UPDATE index_state SET prices = ?").run(print)
  })
}

const MAX_WORDS = 50_000
const SAFE = 2 ** 52

/** What a session's events add up to. */
interface Sums {
  events: number
  tokens: number
  cost: number
  priced: number
  unpriced: number
  /** How often they say each model or user. */
  readonly words: Map<number, number>
}

const noSums = (): Sums => ({ events: 0, tokens: 0, cost: 0, priced: 0, unpriced: 0, words: new Map() })

export interface SearchIndex {
  /** About how many events wait. */
  readonly waiting: () => number
  /** Indexes up to so many of the events that were noted; how many that were. */
  readonly step: (limit: number) => number
  /** Indexes events that were not noted. */
  readonly add: (events: ReadonlyArray<Event>) => void
  /** Joins a little of what many steps have left apart, which makes searches faster; whether there is more to do. */
  readonly tidy: () => boolean
  /** What a transaction that was undone made is not there any more. */
  readonly forget: () => void
}

/** Brings a store's index to this form and to these prices; where it is so already, this is a look at one row. */
export const prepareIndex = (database: DatabaseSync, prices: Prices.PriceTable): void => {
  prepare(database)
  reprice(database, prices)
}

/** How many events wait, about: what one look at both ends of the queue says. */
export const makeWaiting = (database: DatabaseSync): (() => number) => {
  const noted = database.prepare(
    "SELECT COALESCE((SELECT MAX(seq) FROM index_queue) - (SELECT MIN(seq) FROM index_queue) + 1, 0) AS count"
  )
  const raw = database.prepare("SELECT COUNT(*) AS count FROM (SELECT 1 FROM events WHERE raw IS NOT NULL LIMIT 1001)")
  const requests = database.prepare(
    `SELECT (SELECT before + spans FROM raw_requests ORDER BY id DESC LIMIT 1)
       - (SELECT before FROM raw_requests ORDER BY id LIMIT 1) AS count`
  )
  const countOf = (statement: typeof raw): number => Number(statement.get()?.["count"])
  return () => {
    const few = countOf(raw)
    return countOf(noted) + (few <= 1000 ? few : Math.max(few, countOf(requests)))
  }
}

/** The index of a store that `prepareIndex` has seen, for the writer: each call is part of a transaction that is open. */
export const makeIndex = (
  database: DatabaseSync,
  prices: Prices.PriceTable,
  read: (ids: ReadonlyArray<string>) => ReadonlyArray<Event>
): SearchIndex => {
  const waiting = database.prepare("SELECT seq, event_id FROM index_queue ORDER BY seq LIMIT ?")
  const done = database.prepare("DELETE FROM index_queue WHERE seq <= ?")
  const left = makeWaiting(database)
  const known = database.prepare("SELECT id, start_time FROM index_facts WHERE event_id = ?")
  const taken = database.prepare("SELECT 1 FROM index_facts WHERE id = ?")
  const forgetFacts = database.prepare("DELETE FROM index_facts WHERE id = ?")
  const forgetText = database.prepare("DELETE FROM index_text WHERE rowid = ?")
  const addWord = database.prepare("INSERT INTO index_words (kind, value) VALUES (?, ?) RETURNING id")
  const findWord = database.prepare("SELECT id FROM index_words WHERE kind = ? AND value = ? COLLATE BINARY")
  const columns = ["id", "event_id", ...wordColumns, ...numberColumns]
  const addFacts = database.prepare(
    `INSERT INTO index_facts (${quoted(columns)}) VALUES (${columns.map(() => "?").join(", ")})`
  )
  const addText = database.prepare(
    `INSERT INTO index_text (rowid, ${quoted(textColumns)}) VALUES (?, ${textColumns.map(() => "?").join(", ")})`
  )

  const addSums = database.prepare(
    `INSERT INTO index_sessions VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (session) DO UPDATE SET events = events + excluded.events, tokens = tokens + excluded.tokens,
       cost = cost + excluded.cost, priced = priced + excluded.priced, unpriced = unpriced + excluded.unpriced`
  )
  const addSessionWord = database.prepare(
    `INSERT INTO index_session_words VALUES (?, ?, ?)
     ON CONFLICT (session, word) DO UPDATE SET count = count + excluded.count`
  )

  const repeats = makeRepeats(database)
  const words = new Map<string, number>()
  const wordId = (column: WordColumn, value: string | null): number | null => {
    if (value === null) return null
    const kind = wordColumns.indexOf(column)
    const key = `${kind}${value}`
    const cached = words.get(key)
    if (cached !== undefined) return cached
    const id = Number((findWord.get(kind, value) ?? addWord.get(kind, value))?.["id"])
    if (words.size >= MAX_WORDS) words.clear()
    words.set(key, id)
    return id
  }

  /** A free id at the start or soon after it; where many begin at once, further away in larger and larger steps. */
  const freeId = (start: number, ours: ReadonlySet<number>): number => {
    const from = Math.round(Math.max(-SAFE, Math.min(SAFE, start * 1000)))
    for (let tries = 0; ; tries++) {
      const id = from + Math.floor(Math.random() * 4 ** Math.ceil(tries / 8))
      if (!ours.has(id) && taken.get(id) === undefined) return id
    }
  }

  const add = (events: ReadonlyArray<Event>): void => {
    const ours = new Set<number>()
    const indexed: Array<readonly [event: Event, before: string | undefined, isNew: boolean]> = []
    const ready: Array<{ readonly id: number; readonly facts: Array<SQLInputValue>; readonly texts: Array<string> }> =
      []
    const sums = new Map<number, Sums>()
    for (const event of events) {
      const { numbers, words } = factsOf(event, prices)
      const texts = textsOf(event)
      const before = known.get(event.event_id)
      indexed.push([event, before === undefined ? undefined : repeats.printOf(event.event_id), before === undefined])
      if (before !== undefined) {
        forgetFacts.run(Number(before["id"]))
        forgetText.run(Number(before["id"]))
      }
      // An event that says more later keeps its place
      const id =
        before !== undefined && Number(before["start_time"]) === event.start_time
          ? Number(before["id"])
          : freeId(event.start_time, ours)
      ours.add(id)
      const session = wordId("session", words.session) ?? 0
      const sum = sums.get(session) ?? noSums()
      sums.set(session, sum)
      sum.events++
      sum.tokens += numbers.tokens ?? 0
      sum.cost += numbers.cost ?? 0
      if (numbers.cost !== null) sum.priced++
      else if (numbers.tokens !== null) sum.unpriced++
      for (const word of [wordId("model", words.model), wordId("user", words.user)]) {
        if (word !== null) sum.words.set(word, (sum.words.get(word) ?? 0) + 1)
      }
      ready.push({
        id,
        facts: [
          event.event_id,
          ...wordColumns.map((column) => wordId(column, words[column])),
          ...numberColumns.map((column) => numbers[column])
        ],
        texts: textColumns.map((column) => texts[column])
      })
    }
    // In any other order, each one would make the full-text index begin a segment of its own
    ready.sort((a, b) => a.id - b.id)
    for (const { facts, id, texts } of ready) {
      addFacts.run(id, ...facts)
      addText.run(id, ...texts)
    }
    for (const [session, { cost, events, priced, tokens, unpriced, words }] of sums) {
      addSums.run(session, events, tokens, cost, priced, unpriced)
      for (const [word, count] of words) addSessionWord.run(session, word, count)
    }
    for (const [event, before, isNew] of indexed) repeats.follow(event, before, isNew)
  }

  const merge = database.prepare("INSERT INTO index_text (index_text, rank) VALUES ('merge', 200)")
  const changes = database.prepare("SELECT total_changes() AS count")

  return {
    waiting: left,
    tidy: () => {
      const before = Number(changes.get()?.["count"])
      merge.run()
      // The statement itself counts as one
      return Number(changes.get()?.["count"]) - before > 1
    },
    step: (limit) => {
      const rows = waiting.all(limit)
      if (rows.length === 0) return 0
      add(read([...new Set(rows.map((row) => String(row["event_id"])))]))
      done.run(Number(rows.at(-1)?.["seq"] ?? 0))
      return rows.length
    },
    add,
    forget: () => {
      words.clear()
      repeats.forget()
    }
  }
}
