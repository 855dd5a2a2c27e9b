import { runningSuite } from "./running.fixture.ts"
import { sqlite } from "./Store.fixture.ts"

runningSuite(sqlite)
