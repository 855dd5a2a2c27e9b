/**
 * Threads that do not do what a writer does: named by the path they are given.
 */
import { parentPort, workerData } from "node:worker_threads"
import type { Opening } from "./writerThread.ts"

const { path }: Opening = workerData

if (path === "throws at once") throw new Error("cannot start")

parentPort?.on("message", (message: { readonly id: number } | "close") => {
  if (message === "close") parentPort?.close()
  else if (path === "exits") process.exit(7)
  else if (path === "throws") throw new Error("broken")
})
