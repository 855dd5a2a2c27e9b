import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import "./design/base.css"
import { restoreTheme } from "./design/theme.ts"
import { HiveProblem } from "./hive/api.ts"
import { router } from "./router.tsx"
import { trustOwnScripts } from "./trusted.ts"

trustOwnScripts()
restoreTheme()

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The live stream says what changed
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      // A hive that is away comes back; one that says no means it
      retry: (failures, error) =>
        error instanceof HiveProblem && (error.status === 0 || error.status >= 500) && failures < 3
    }
  }
})

const root = document.getElementById("root")
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>
  )
}
