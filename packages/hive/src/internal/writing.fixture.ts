/**
 * Threads that do not do what a writer does: named by the path they are given.
 */
import { parentPort, workerData } from "node:worker_threads"

if (workerData === "throws at once") throw new Error("cannot start")

parentPort?.on("message", (message: { readonly id: number } | "close") => {
  if (message === "close") parentPort?.close()
  else if (workerData === "exits") process.exit(7)
  else if (workerData === "throws") throw new Error("broken")
})
