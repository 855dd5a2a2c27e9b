/**
 * The environment of tests, and of the programs that they start: without what a developer has set for tracing.
 */
const isOurs = (name: string): boolean => /^(?:HH_|HONEYHIVE_|OTEL_)/.test(name) || name === "DISABLE_HTTP_TRACING"

/** An environment without the variables that configure tracing, with those that a test sets. */
export const environment = (set: Record<string, string> = {}): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name))),
  ...set
})

/** Removes them from this process; its workers inherit that. */
export const clearEnvironment = (): void => {
  for (const name of Object.keys(process.env)) if (isOurs(name)) delete process.env[name]
}
