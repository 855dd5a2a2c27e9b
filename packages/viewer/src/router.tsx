/**
 * Addresses of the page: every view, filter and selection has one, so that anything can be linked to.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { type Order, ORDERS, type Tab, TABS, type View, VIEWS } from "./addresses.ts"
import { Shell } from "./Shell.tsx"
import { Problem } from "./design/Notice.tsx"
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

const routeTree = root.addChildren([sessions, session])

export const router = createRouter({ routeTree, defaultPreload: "intent", scrollRestoration: true })

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
