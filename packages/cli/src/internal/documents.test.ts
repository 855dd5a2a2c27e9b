import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { spans } from "@honeyhive/contract/Otlp"
import { requests } from "./documents.ts"
import { event, session } from "./event.fixture.ts"
import { toRequest } from "./otlp.ts"

const folder = Fs.mkdtempSync(join(tmpdir(), "honeyhive-documents-"))
afterAll(() => Fs.rmSync(folder, { recursive: true }))

const events = [session(1), event(2), event(3)]
const lines = (values: ReadonlyArray<unknown>): string => values.map((value) => JSON.stringify(value)).join("\n")

/** The names of the spans in a file. */
const namesIn = async (content: string | Uint8Array): Promise<ReadonlyArray<string>> => {
  const path = join(folder, crypto.randomUUID())
  Fs.writeFileSync(path, content)
  const names: Array<string> = []
  for await (const request of requests(path)) names.push(...spans(request).accepted.map(({ name }) => name))
  return names
}

const failure = (content: string | Uint8Array): Promise<string> =>
  namesIn(content).then(
    () => "no error",
    (error) => String(error.message)
  )

describe("documents", () => {
  it("are OTLP or events, one or many, plain or compressed, in one line or in many", async () => {
    const names = ["support", "event 2", "event 3"]
    for (const content of [
      JSON.stringify(toRequest(events)),
      JSON.stringify(toRequest(events), undefined, 2),
      `\n${lines([toRequest(events)])}\r\n\n`,
      lines(events.map((one) => toRequest([one]))),
      lines(events),
      JSON.stringify(events),
      JSON.stringify({ events, count: 3 }),
      gzipSync(lines(events))
    ]) {
      assert.deepStrictEqual(await namesIn(content), names, String(content).slice(0, 40))
    }
    assert.deepStrictEqual(await namesIn(""), [])
  })

  it("say what is wrong with them", async () => {
    assert.include(await failure(`${lines(events)}\nnonsense`), "line 4 is neither OTLP JSON nor an event")
    assert.include(await failure('{"resourceSpans":3}'), "line 1 is neither")
    assert.include(await failure(gzipSync(lines(events)).subarray(0, 40)), "unexpected end of file")
    assert.include(await failure(Buffer.from([0xff, 0xfe, 0x00])), "line 1 is neither")
  })
})
