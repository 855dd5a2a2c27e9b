import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

/** The hive that `pnpm dev` shows. */
const hive = process.env["HH_API_URL"] ?? "http://127.0.0.1:4319"

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react()],
  build: {
    // Shipped as static files of the hive's package
    outDir: fileURLToPath(new URL("../hive/page", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // A module of its own for every lazily loaded view; nothing as a data: address, which the page's policy forbids for scripts
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false }
  },
  worker: { format: "es" },
  server: { proxy: { "/api": hive, "/v1": hive } }
})
