/**
 * The program of a chaos cell: three phases of spans, each told on stdout once it has ended, each phase begun when the
 * other side says so. Called with `drain`, it sends what an earlier run left on disk instead.
 */
import { existsSync, readdirSync, writeSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"
import { start, traced } from "@honeyhive/tracing"

const SPANS = 20
const payload = "lorem ipsum dolor sit amet ".repeat(40)

const say = (line: string): void => void writeSync(1, `${line}\n`)

const make = (phase: string): void => {
  for (let index = 0; index < SPANS; index++) {
    const name = `${phase}-${index}`
    traced({ name }, () => payload)()
    say(`ended ${name}`)
  }
}

const settings = { skipSessionCreation: true } as const

const work = async (): Promise<void> => {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const turn = async (phase: string): Promise<void> => {
    say(`phase ${phase}`)
    await lines.next()
  }
  await turn("start")
  const hive = await start(settings)
  make("start")
  await turn("steady")
  make("steady")
  await turn("shutdown")
  make("shutdown")
  say("phase end")
  // A signal comes now, or the word to go on
  await lines.next()
  await hive.close()
  process.stdin.destroy()
}

const segments = (folder: string): number =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true }).filter((file) => /\.(seg|own-)/.test(String(file))).length
    : 0

const drain = async (): Promise<void> => {
  const hive = await start(settings)
  const folder = process.env["HH_SPOOL_PATH"] ?? ""
  for (let left = 500; segments(folder) > 0 && left > 0; left--) await setTimeout(20)
  await hive.close()
}

void (process.argv[2] === "drain" ? drain() : work())
