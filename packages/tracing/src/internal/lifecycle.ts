/**
 * The end of a process: what its instances do when it is told to stop, has nothing left to do, or exits.
 *
 * A program that listens to a signal itself decides when it ends; its instances then only send what they have. Without
 * such a listener the signal ends the process as it always would, after the instances have closed; a second one ends it
 * at once.
 */

/** What an instance can do at the end of its process. */
export interface Stoppable {
  /** Whether signals are this instance's business. */
  readonly handlesSignals: boolean
  /** How many spans have ended; tells whether there is anything new. */
  readonly ended: () => number
  /** Sends what has ended, within the flush deadline; never rejects. */
  readonly flush: () => Promise<void>
  /** Closes the instance within the shutdown deadline; never rejects. */
  readonly shutdown: () => Promise<void>
  /** Puts on disk what is still in memory, at once. */
  readonly spill: () => void
}

const signals = ["SIGTERM", "SIGINT"] as const
type Signal = (typeof signals)[number]

/** Watches the end of this process until the returned function is called. */
export const watch = (instances: () => ReadonlyArray<Stoppable>): (() => void) => {
  const flushed = new WeakMap<Stoppable, number>()
  let ending = false

  /** As it would have ended without us. */
  const end = (signal: Signal): void => {
    unwatch()
    process.kill(process.pid, signal)
  }

  const onSignal = (signal: Signal): void => {
    const concerned = instances().filter((instance) => instance.handlesSignals)
    const isOurs = process.listenerCount(signal) === 1
    if (!isOurs) return void Promise.all(concerned.map((instance) => instance.flush()))
    if (ending || concerned.length === 0) return end(signal)
    ending = true
    void Promise.all(concerned.map((instance) => instance.shutdown())).then(() => end(signal))
  }

  // What is flushed here keeps the process alive until it is over, and then this comes again
  const onBeforeExit = (): void => {
    for (const instance of instances()) {
      const ended = instance.ended()
      if (flushed.get(instance) === ended) continue
      flushed.set(instance, ended)
      void instance.flush()
    }
  }

  const onExit = (): void => {
    for (const instance of instances()) instance.spill()
  }

  for (const signal of signals) process.on(signal, onSignal)
  process.on("beforeExit", onBeforeExit)
  process.on("exit", onExit)

  const unwatch = (): void => {
    for (const signal of signals) process.off(signal, onSignal)
    process.off("beforeExit", onBeforeExit)
    process.off("exit", onExit)
  }
  return unwatch
}
