import { sqlite } from "./Store.fixture.ts"
import { streamRoutesSuite } from "./StreamRoutes.fixture.ts"

streamRoutesSuite(sqlite)
