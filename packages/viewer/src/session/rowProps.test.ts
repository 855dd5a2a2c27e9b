import { describe, expect, it } from "@effect/vitest"
import { isSameRow } from "./rowProps.ts"
import { spanRow } from "../trace/rows.fixture.ts"

const row = (name: string) => spanRow({ id: "id", name })

describe("a row of a list", () => {
  const select = () => undefined
  const props = { row: row("search"), top: 30, isSelected: false, select }

  it("stays as it is while nothing about it is new, even if it was read anew", () => {
    expect(isSameRow(props, { ...props })).toBe(true)
    expect(isSameRow(props, { ...props, row: row("search") })).toBe(true)
  })

  it("is drawn anew when it is another event, elsewhere or chosen", () => {
    expect(isSameRow(props, { ...props, row: row("fetch") })).toBe(false)
    expect(isSameRow(props, { ...props, top: 60 })).toBe(false)
    expect(isSameRow(props, { ...props, isSelected: true })).toBe(false)
    expect(isSameRow(props, { ...props, select: () => undefined })).toBe(false)
  })
})
