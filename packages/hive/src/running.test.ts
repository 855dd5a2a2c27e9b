import { describe } from "@effect/vitest"
import { runningSuite } from "./running.fixture.ts"
import { sqlite, sqliteBytes } from "./Store.fixture.ts"

describe("spans as records", () => {
  runningSuite(sqlite)
})

describe("spans as bytes", () => {
  runningSuite(sqliteBytes)
})
