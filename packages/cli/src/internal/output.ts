/**
 * What the command says: results on stdout, everything else on stderr, colours and moves of the cursor on terminals only.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type Paint, painter } from "./text.ts"

/** The part of a stream that is used here. */
export interface Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly write: (text: string) => unknown
}

export interface Environment {
  readonly NO_COLOR?: string | undefined
  readonly FORCE_COLOR?: string | undefined
  readonly TERM?: string | undefined
  readonly COLUMNS?: string | undefined
}

/** NO_COLOR wins over FORCE_COLOR (no-color.org); an empty variable counts as unset. */
export const hasColours = (
  { FORCE_COLOR: force = "", NO_COLOR: no = "", TERM }: Environment,
  isTTY: boolean
): boolean => {
  if (no !== "") return false
  if (force !== "") return force !== "0" && force.toLowerCase() !== "false"
  return isTTY && TERM !== "dumb"
}

const widthOf = (stream: Writable, environment: Environment): number => {
  const said = Number(environment.COLUMNS)
  return stream.columns ?? (Number.isInteger(said) && said > 0 ? said : 100)
}

export class Output extends Context.Service<
  Output,
  {
    /** A result, on stdout. */
    readonly line: (text: string) => Effect.Effect<void>
    /** One JSON object on a line of stdout. */
    readonly json: (value: unknown) => Effect.Effect<void>
    /** Said beside the result, on stderr. */
    readonly note: (text: string) => Effect.Effect<void>
    /** Writes to stdout as it is. */
    readonly raw: (text: string) => Effect.Effect<void>
    /** Writes to stderr as it is. */
    readonly rawNote: (text: string) => Effect.Effect<void>
    readonly paint: Paint
    readonly paintNote: Paint
    readonly colours: boolean
    /** Whether stdout is a terminal whose cursor can be moved. */
    readonly moves: boolean
    /** Whether stderr is one. */
    readonly movesNote: boolean
    readonly columns: () => number
    readonly rows: () => number
  }
>()("@honeyhive/cli/Output") {}

export const make = (stdout: Writable, stderr: Writable, environment: Environment): Output["Service"] => {
  const write = (stream: Writable, text: string) => Effect.sync(() => void stream.write(text))
  const colours = hasColours(environment, stdout.isTTY === true)
  const canMove = (stream: Writable): boolean => stream.isTTY === true && environment.TERM !== "dumb"
  return {
    line: (text) => write(stdout, `${text}\n`),
    json: (value) => write(stdout, `${JSON.stringify(value)}\n`),
    note: (text) => write(stderr, `${text}\n`),
    raw: (text) => write(stdout, text),
    rawNote: (text) => write(stderr, text),
    paint: painter(colours),
    paintNote: painter(hasColours(environment, stderr.isTTY === true)),
    colours,
    moves: canMove(stdout),
    movesNote: canMove(stderr),
    columns: () => widthOf(stdout, environment),
    rows: () => stdout.rows ?? 24
  }
}
