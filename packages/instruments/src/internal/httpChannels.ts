/**
 * What Node's diagnostics channels say of requests, told to the spans. Messages come from outside, so each field is looked
 * at before it is used.
 */
import * as Predicate from "effect/Predicate"
import type { HttpSpans } from "./httpSpans.ts"

const read = (from: unknown, key: string): unknown => (Predicate.hasProperty(from, key) ? from[key] : undefined)

const text = (from: unknown, key: string): string | undefined => {
  const value = read(from, key)
  return typeof value === "string" ? value : undefined
}

type Handler = (spans: HttpSpans, request: object, message: unknown) => void

const undiciUrl = (request: object): URL | null => {
  const origin = read(request, "origin")
  return URL.parse(text(request, "path") ?? "", typeof origin === "string" ? origin : String(read(origin, "origin")))
}

const header = (request: object, name: string): string | undefined => {
  const getHeader = read(request, "getHeader")
  const value: unknown = typeof getHeader === "function" ? getHeader.call(request, name) : undefined
  return typeof value === "string" ? value : undefined
}

/** Effect's client makes the request before its span is the current one, but the headers name that span, twice. */
const isEffects = (request: object): boolean => {
  const [, traceId, spanId] = header(request, "traceparent")?.split("-") ?? []
  return traceId !== undefined && header(request, "b3")?.startsWith(`${traceId}-${spanId}-`) === true
}

const nodeUrl = (request: object): URL | null => {
  const host = header(request, "host") ?? text(request, "host") ?? "localhost"
  return URL.parse(text(request, "path") ?? "/", `${text(request, "protocol") ?? "http:"}//${host}`)
}

const add = (request: object, method: string, isTraced: boolean, headers: Record<string, string> | undefined): void => {
  const set = read(request, method)
  if (headers === undefined || isTraced || typeof set !== "function") return
  for (const [name, value] of Object.entries(headers)) set.call(request, name, value)
}

const peer = (socket: unknown): { readonly [name: string]: string | number } => {
  const [address, port] = [read(socket, "remoteAddress"), read(socket, "remotePort")]
  return {
    ...(typeof address === "string" ? { "network.peer.address": address } : {}),
    ...(typeof port === "number" ? { "network.peer.port": port } : {})
  }
}

const status = (spans: HttpSpans, request: object, message: unknown): void => {
  const code = read(read(message, "response"), "statusCode")
  if (typeof code === "number") spans.status(request, code)
}

const fail: Handler = (spans, request, message) => spans.fail(request, read(message, "error"))

const beginNode: Handler = (spans, request) => {
  const method = text(request, "method") ?? "GET"
  if (method === "CONNECT" || isEffects(request)) return
  add(
    request,
    "setHeader",
    header(request, "traceparent") !== undefined,
    spans.begin(request, method, nodeUrl(request))
  )
  const once = read(request, "once")
  // The last that a request says, after its response or its failure
  if (typeof once === "function") once.call(request, "close", () => spans.end(request))
}

const handlers: { readonly [channel: string]: Handler } = {
  "undici:request:create": (spans, request) => {
    const method = text(request, "method") ?? "GET"
    if (method === "CONNECT") return
    const names = read(request, "headers")
    const isTraced = Array.isArray(names) && names.some((name) => String(name).toLowerCase() === "traceparent")
    add(request, "addHeader", isTraced, spans.begin(request, method, undiciUrl(request)))
  },
  "undici:client:sendHeaders": (spans, request, message) => {
    const socket = read(message, "socket")
    const version = text(socket, "alpnProtocol") === "h2" ? "2" : "1.1"
    spans.set(request, { ...peer(socket), "network.protocol.version": version })
  },
  "undici:request:headers": status,
  "undici:request:trailers": (spans, request) => spans.end(request),
  "undici:request:error": fail,
  "http.client.request.created": beginNode,
  "http.client.response.finish": (spans, request, message) => {
    const response = read(message, "response")
    const version = text(response, "httpVersion")
    spans.set(request, {
      ...peer(read(response, "socket")),
      ...(version === undefined ? {} : { "network.protocol.version": version })
    })
    status(spans, request, message)
  },
  "http.client.request.error": fail
}

/** Listeners by channel. None throws: Node would end the program. */
export const channels = (spans: HttpSpans): { readonly [channel: string]: (message: unknown) => void } =>
  Object.fromEntries(
    Object.entries(handlers).map(([channel, handle]) => [
      channel,
      (message: unknown) => {
        try {
          const request = read(message, "request")
          if (Predicate.isObject(request)) handle(spans, request, message)
        } catch {
          // Tracing never changes the program
        }
      }
    ])
  )
