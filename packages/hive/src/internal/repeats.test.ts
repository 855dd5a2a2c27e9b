import { repeatsSuite } from "../repeats.fixture.ts"
import { sqlite } from "../Store.fixture.ts"

repeatsSuite(sqlite)
