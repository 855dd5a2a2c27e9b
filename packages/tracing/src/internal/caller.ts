import { basename } from "node:path"

/**
 * Where this package and its sisters lie: a call from there is not the program's. Unknown inside a bundle, which is the
 * program's own file; in one for CommonJS there is not even an address.
 */
const packages = /^(.*\/)tracing\/(?:src|dist)\/internal\/caller\.[jt]s$/.exec(String(import.meta.url))?.[1]

const isOurs = (file: string): boolean =>
  packages !== undefined && file.startsWith(packages) && !/\.test\.[cm]?[jt]s$/.test(file)

/**
 * The file, without its folder and ending, that called a function; `undefined` for calls from libraries, from this
 * project's own packages, and where there is no file.
 */
export const callerOf = (callee: (...args: never) => unknown): string | undefined => {
  const limit = Error.stackTraceLimit
  const trace: { stack?: string } = {}
  Error.stackTraceLimit = 1
  Error.captureStackTrace(trace, callee)
  Error.stackTraceLimit = limit
  const file = /(?:\(|\bat (?:async )?)([^()]+):\d+:\d+\)?$/.exec(trace.stack?.split("\n")[1] ?? "")?.[1]
  if (file === undefined || !/[\\/]/.test(file) || /^node:|[\\/]node_modules[\\/]/.test(file)) return undefined
  try {
    if (isOurs(file.startsWith("file:") ? file : `file://${file}`)) return undefined
    return basename(decodeURI(file)).replace(/\.[cm]?[jt]sx?$/, "") || undefined
  } catch {
    // A bundle, or a path that is no URI: the program's own name serves as well
    return undefined
  }
}
