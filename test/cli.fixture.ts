/**
 * A program that knows nothing of the hive: it makes one session through the environment it is started in.
 */
import { start, traced } from "@honeyhive/tracing"

const lookUp = traced({ name: "lookUp", type: "tool" }, async (id: number) => {
  if (id === 7) throw new Error("OrderNotFound: no order 7")
  return { id, state: "sent" }
})

const agent = traced({ name: "agent", type: "chain" }, async (question: string) => {
  // Goes on when somebody has seen it
  if (process.argv[4] === "wait") await new Promise((resolve) => process.stdin.once("end", resolve).resume())
  await lookUp(42)
  await lookUp(7).catch(() => undefined)
  return `${question}: sent`
})

const hive = await start({ sessionName: process.argv[2] ?? "support" })
process.stdout.write(`${await agent("refund for order 42?")}\n`)
await hive.close()
process.exitCode = Number(process.argv[3] ?? 0)
