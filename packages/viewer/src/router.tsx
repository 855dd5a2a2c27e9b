/**
 * Addresses of the page: every view, filter and selection has one, so that anything can be linked to.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { type Order, ORDERS, type Tab, TABS, type View, VIEWS } from "./addresses.ts"
import { Shell } from "./Shell.tsx"
import { type Range, RANGES } from "./metrics/ranges.ts"
import { Problem } from "./design/Notice.tsx"
import { Setup } from "./setup/Setup.tsx"
import { SessionsPage } from "./sessions/SessionsPage.tsx"

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

const oneOf = <const A extends string>(choices: ReadonlyArray<A>, value: unknown): A | undefined =>
  choices.find((choice) => choice === value)

interface SessionSearch {
  readonly view?: View | undefined
  /** The event whose details are open. */
  readonly event?: string | undefined
  /** What is shown of it. */
  readonly tab?: Tab | undefined
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Problem error="There is no such page." />,
  errorComponent: ({ error, reset }) => <Problem error={error} retry={reset} />
})

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search): { q?: string | undefined; order?: Order | undefined } => ({
    q: text(search["q"]),
    order: oneOf(ORDERS, search["order"])
  }),
  component: SessionsPage
})

const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$sessionId",
  validateSearch: (search): SessionSearch => ({
    view: oneOf(VIEWS, search["view"]),
    event: text(search["event"]),
    tab: oneOf(TABS, search["tab"])
  }),
  component: lazyRouteComponent(() => import("./session/SessionPage.tsx"), "SessionPage")
})

interface MetricsSearch {
  readonly q?: string | undefined
  readonly range?: Range | undefined
  readonly by?: "name" | "model" | "tool" | undefined
  readonly figure?: "p50" | "p95" | undefined
  readonly money?: "tokens" | "cost" | undefined
}

const metrics = createRoute({
  getParentRoute: () => root,
  path: "/aggregates",
  validateSearch: (search): MetricsSearch => ({
    q: text(search["q"]),
    range: oneOf(RANGES, search["range"]),
    by: oneOf(["name", "model", "tool"], search["by"]),
    figure: oneOf(["p50", "p95"], search["figure"]),
    money: oneOf(["tokens", "cost"], search["money"])
  }),
  component: lazyRouteComponent(() => import("./metrics/MetricsPage.tsx"), "MetricsPage")
})

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: (search): { a?: string | undefined; b?: string | undefined } => ({
    a: text(search["a"]),
    b: text(search["b"])
  }),
  component: lazyRouteComponent(() => import("./compare/ComparePage.tsx"), "ComparePage")
})

const runs = createRoute({
  getParentRoute: () => root,
  path: "/experiments",
  validateSearch: (search): { page?: number | undefined } => ({
    page: typeof search["page"] === "number" && search["page"] > 1 ? Math.floor(search["page"]) : undefined
  }),
  component: lazyRouteComponent(() => import("./experiments/RunsPage.tsx"), "RunsPage")
})

const run = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$runId",
  validateSearch: (search): { baseline?: string | undefined; metric?: string | undefined } => ({
    baseline: text(search["baseline"]),
    metric: text(search["metric"])
  }),
  component: lazyRouteComponent(() => import("./experiments/RunPage.tsx"), "RunPage")
})

const setup = createRoute({ getParentRoute: () => root, path: "/setup", component: Setup })

const routeTree = root.addChildren([sessions, session, metrics, compare, runs, run, setup])

export const router = createRouter({ routeTree, defaultPreload: "intent", scrollRestoration: true })

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
