/**
 * From text to query: one pass, with the position of the first mistake.
 */
import * as Result from "effect/Result"
import type { Moment, NumberField, Operator, Path, PathBucket, TraceQuery, WordField } from "../TraceQuery.ts"
import { buckets, fields, units } from "./queryFields.ts"

export interface Mistake {
  readonly position: number
  readonly found: string
  readonly expected: ReadonlyArray<string>
}

const MAX_LENGTH = 8192
const MAX_DEPTH = 32
const MAX_TERMS = 128

class Stop extends Error {
  readonly mistake: Mistake
  constructor(mistake: Mistake) {
    super()
    this.mistake = mistake
  }
}

const stop = (position: number, found: string, ...expected: ReadonlyArray<string>): never => {
  throw new Stop({ position, found, expected })
}

const operators = [">=", "<=", ">", "<", "=", ":"] as const

const lengthOfTime = "a length of time such as 2s, 500ms or 1h"
const aTerm = ["a word", "a phrase in quotes", "field:value", "("]

/** Rather a hint than the whole table: the fields that begin alike, else all. */
const similar = (name: string): ReadonlyArray<string> => {
  const known = [...fields.keys(), ...buckets.map((bucket) => `${bucket}.<key>`)]
  const alike = known.filter((field) => field.startsWith(name.slice(0, 2)))
  return alike.length > 0 ? alike : [...known, `quotes around ${JSON.stringify(name)} to search for it`]
}

/** A piece of a value: what was in quotes, what was not, or a wildcard. */
type Piece = { readonly text: string; readonly quoted: boolean } | "*"

class Parser {
  at = 0
  terms = 0
  readonly text: string
  constructor(text: string) {
    this.text = text
  }

  here(): string {
    return this.text[this.at] ?? ""
  }

  space(): void {
    while (/\s/u.test(this.here())) this.at++
  }

  /** A keyword that stands alone. */
  keyword(word: string): boolean {
    if (!this.text.startsWith(word, this.at) || !/^[\s()"]?$/u.test(this.text[this.at + word.length] ?? ""))
      return false
    this.at += word.length
    return true
  }

  query(): TraceQuery {
    this.space()
    if (this.at === this.text.length) return { _tag: "All" }
    const query = this.or(0)
    return this.here() === ")" ? stop(this.at, "no parenthesis is open here", "a term", "the end") : query
  }

  or(depth: number): TraceQuery {
    const terms = [this.and(depth)]
    while (this.keyword("OR")) terms.push(this.and(depth))
    return terms.length === 1 ? (terms[0] ?? { _tag: "All" }) : { _tag: "Or", terms: flat("Or", terms) }
  }

  and(depth: number): TraceQuery {
    const terms: Array<TraceQuery> = []
    for (;;) {
      this.space()
      const before = this.at
      if (terms.length > 0 && (this.here() === "" || this.here() === ")")) break
      if (terms.length > 0 && this.keyword("OR")) {
        this.at = before
        break
      }
      if (terms.length > 0 && this.keyword("AND")) this.space()
      terms.push(this.unary(depth))
    }
    const some = flat("And", terms).filter(({ _tag }) => _tag !== "All")
    return some.length > 1 ? { _tag: "And", terms: some } : (some[0] ?? { _tag: "All" })
  }

  unary(depth: number): TraceQuery {
    if (depth > MAX_DEPTH) stop(this.at, "this is nested too deep", `at most ${MAX_DEPTH} levels`)
    if (++this.terms > MAX_TERMS) stop(this.at, "these are too many terms", `at most ${MAX_TERMS}`)
    const at = this.at
    if (this.here() === "-" || this.keyword("NOT")) {
      if (this.at === at) this.at++
      this.space()
      const term = this.unary(depth + 1)
      return term._tag === "Not" ? term.term : { _tag: "Not", term }
    }
    return this.primary(depth)
  }

  primary(depth: number): TraceQuery {
    const at = this.at
    if (this.here() === "(") {
      this.at++
      this.space()
      if (this.here() === ")") {
        this.at++
        return { _tag: "All" }
      }
      const query = this.or(depth + 1)
      if (this.here() !== ")") stop(this.at, `the parenthesis of ${at + 1} is still open`, ")", "a term")
      this.at++
      return query
    }
    if (this.here() === "" || this.here() === ")" || this.keyword("OR") || this.keyword("AND")) {
      this.at = at
      stop(at, at >= this.text.length ? "the query ends" : `${JSON.stringify(this.word())} is no term`, ...aTerm)
    }
    return this.fieldTerm() ?? this.words(undefined)
  }

  /** The text up to the next space, for messages. */
  word(): string {
    return /^(?:\p{L}|\p{N}|[^\s])[^\s()"]{0,40}/u.exec(this.text.slice(this.at, this.at + 64))?.[0] ?? ""
  }

  fieldTerm(): TraceQuery | undefined {
    const start = this.at
    const name = /^[A-Za-z_]\w*/.exec(this.text.slice(start, start + 64))?.[0]
    if (name === undefined) return undefined
    this.at += name.length
    const path = this.path(name)
    const operator = operators.find((operator) => this.text.startsWith(operator, this.at))
    if (operator === undefined) {
      this.at = start
      return undefined
    }
    const info = fields.get(name)
    if (path === undefined && info === undefined) {
      stop(start, `there is no field ${JSON.stringify(name)}`, ...similar(name))
    }
    const operatorAt = this.at
    this.at += operator.length
    if (path !== undefined) return this.pathTerm(path, operator)
    switch (info?.kind) {
      case "number":
      case "time":
        return {
          _tag: "Compare",
          // The table's kind says so
          field: name as NumberField,
          operator: this.operator(operator),
          value: info.kind === "time" ? this.millis() : this.number()
        }
    }
    if (operator !== ":" && operator !== "=") {
      stop(operatorAt, `${name} has no order, ${JSON.stringify(operator)} says nothing`, ":")
    }
    switch (info?.kind) {
      case "word":
        // The table's kind says so
        return { _tag: "Is", field: name as WordField, parts: this.pattern(`a value of ${name}`) }
      case "moment":
        return { _tag: name === "since" ? "Since" : "Until", moment: this.moment() }
      case "boolean": {
        for (const failed of [true, false]) if (this.keyword(String(failed))) return { _tag: "Failed", failed }
        return this.words("error")
      }
      default:
        return this.words(name === "inputs" ? "inputs" : "outputs")
    }
  }

  /** The rest of `metadata.some.key` or `metadata."some key"`. */
  path(bucket: string): Path | undefined {
    if (this.here() !== "." || !buckets.includes(bucket)) return undefined
    const start = this.at++
    let key = ""
    if (this.here() === '"') {
      key = this.quoted()
    } else {
      key = /^[\p{L}\p{N}_]+([.-][\p{L}\p{N}_]+)*/u.exec(this.text.slice(this.at))?.[0] ?? ""
      this.at += key.length
    }
    // Else it is a word with a dot in it, or the mistake shows at the operator
    if (key === "" && operators.some((operator) => this.text.startsWith(operator, this.at))) {
      stop(this.at, "the key is missing", "a key", "a key in quotes")
    }
    if (key === "") {
      this.at = start
      return undefined
    }
    // One of the literals, as the list says
    return { _tag: "Path", bucket: bucket as PathBucket, key }
  }

  pathTerm(field: Path, operator: (typeof operators)[number]): TraceQuery {
    return operator === ":" ? this.colonOnPath(field) : { _tag: "Compare", field, operator, value: this.number() }
  }

  colonOnPath(field: Path): TraceQuery {
    const more = (["<=", ">=", "<", ">"] as const).find((operator) => this.text.startsWith(operator, this.at))
    if (more === undefined) return { _tag: "Is", field, parts: this.pattern("a value") }
    this.at += more.length
    return { _tag: "Compare", field, operator: more, value: this.number() }
  }

  /** After a colon the operator may follow: `duration:>2s`. */
  operator(said: (typeof operators)[number]): Operator {
    if (said !== ":") return said
    const more = operators.find((operator) => operator !== ":" && this.text.startsWith(operator, this.at))
    if (more === undefined || more === ":") return "="
    this.at += more.length
    return more
  }

  bare(): string {
    const start = this.at
    while (this.here() !== "" && !/[\s()"*]/u.test(this.here())) this.at++
    return this.text.slice(start, this.at)
  }

  quoted(): string {
    const start = this.at++
    let text = ""
    for (;;) {
      if (this.here() === "") stop(start, "the quotes that begin here do not end", 'a closing "')
      if (this.here() === '"') break
      if (this.here() === "\\" && this.at + 1 < this.text.length) this.at++
      text += this.here()
      this.at++
    }
    this.at++
    return text
  }

  pieces(): ReadonlyArray<Piece> {
    const pieces: Array<Piece> = []
    for (;;) {
      if (this.here() === "*") {
        this.at++
        pieces.push("*")
      } else if (this.here() === '"') {
        pieces.push({ text: this.quoted(), quoted: true })
      } else {
        const text = this.bare()
        if (text === "") return pieces
        pieces.push({ text, quoted: false })
      }
    }
  }

  pattern(expected: string): readonly [string, ...Array<string>] {
    const start = this.at
    const pieces = this.pieces()
    if (pieces.length === 0) stop(start, "the value is missing", expected, "a pattern with *", "a value in quotes")
    const parts = [""]
    for (const piece of pieces) {
      if (piece === "*") parts.push("")
      else parts.push((parts.pop() ?? "") + piece.text)
    }
    // Two wildcards side by side are one
    const [first = "", ...rest] = parts.filter(
      (part, index) => part !== "" || index === 0 || index === parts.length - 1
    )
    return [first, ...rest]
  }

  words(column: "inputs" | "outputs" | "error" | undefined): TraceQuery {
    const start = this.at
    const pieces = this.pieces()
    const last = pieces.at(-1) === "*"
    const texts = last ? pieces.slice(0, -1) : pieces
    const wildcard = texts.indexOf("*")
    const text = texts.map((piece) => (piece === "*" ? "*" : piece.text)).join("")
    if (wildcard !== -1)
      stop(start + text.indexOf("*"), "a word cannot be searched by its end", "a * after the word only")
    if (!/[\p{L}\p{N}]/u.test(text)) {
      const found = pieces.length === 0 ? "the text is missing" : `${JSON.stringify(text)} has nothing to search for`
      stop(start, found, "a word with a letter or a digit in it")
    }
    return { _tag: "Text", text, prefix: last, ...(column === undefined ? {} : { column }) }
  }

  number(): number {
    const start = this.at
    const text = this.bare()
    if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) {
      stop(start, text === "" ? "the number is missing" : `${JSON.stringify(text)} is no number`, "a number")
    }
    return Number(text)
  }

  millis(): number {
    const start = this.at
    const text = this.bare()
    return (
      millisOf(text) ??
      stop(start, text === "" ? "the number is missing" : `${JSON.stringify(text)} is no number`, lengthOfTime)
    )
  }

  moment(): Moment {
    const start = this.at
    const text = this.here() === '"' ? this.quoted() : this.bare()
    const ago = /[a-z]$/.test(text) ? millisOf(text) : undefined
    if (ago !== undefined) return { _tag: "Ago", millis: ago }
    const millis = /^\d{12,14}$/.test(text) ? Number(text) : /^[+-]?\d{4}/.test(text) ? Date.parse(text) : NaN
    if (Number.isNaN(millis)) {
      stop(start, text === "" ? "the moment is missing" : `${JSON.stringify(text)} is no moment`, ...moments)
    }
    return { _tag: "At", millis: Math.round(millis) }
  }
}

const moments = ["a day such as 2026-11-21", "a moment such as 2026-11-21T09:30Z", "so long ago, such as 1h or 7d"]

const flat = (tag: "And" | "Or", terms: ReadonlyArray<TraceQuery>): ReadonlyArray<TraceQuery> =>
  terms.flatMap((term) => (term._tag === tag ? term.terms : [term]))

const millisOf = (text: string): number | undefined => {
  const [, number, unit = "ms"] = /^(\d+(?:\.\d*)?(?:e[+-]?\d+)?)([a-z]+)?$/.exec(text) ?? []
  const millis = Number(number ?? NaN) * (units.get(unit) ?? NaN)
  return Number.isFinite(millis) ? millis : undefined
}

export const parseQuery = (text: string): Result.Result<TraceQuery, Mistake> => {
  if (text.length > MAX_LENGTH) {
    return Result.fail({
      position: MAX_LENGTH,
      found: "the query is too long",
      expected: [`at most ${MAX_LENGTH} characters`]
    })
  }
  try {
    return Result.succeed(new Parser(text).query())
  } catch (error) {
    if (error instanceof Stop) return Result.fail(error.mistake)
    throw error
  }
}
