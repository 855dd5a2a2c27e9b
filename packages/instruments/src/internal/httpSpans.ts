/**
 * The spans of requests under way, by OpenTelemetry's stable conventions for HTTP clients.
 */
import {
  type Attributes as OtelAttributes,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer
} from "@opentelemetry/api"
import * as Predicate from "effect/Predicate"
import { Attributes } from "@honeyhive/contract/Attributes"
import { currentSpan } from "@honeyhive/tracing/Instrumentation"
import { inject } from "@honeyhive/tracing/Propagation"

const methods = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"])

// How the names of parameters end that hold a secret: `api_key`, `accessToken`, `X-Goog-Signature`
const secret = /(?:key|keyid|token|secret|sig|signature|password|passwd|pwd|auth|credentials?)$/i

/** A URL as it may be shown. */
export const redacted = (url: URL): string => {
  const shown = new URL(url)
  if (shown.username !== "") shown.username = "REDACTED"
  if (shown.password !== "") shown.password = "REDACTED"
  for (const name of new Set(shown.searchParams.keys())) {
    if (secret.test(name)) shown.searchParams.set(name, "REDACTED")
  }
  shown.hash = ""
  return shown.href
}

const defaultPorts: { readonly [protocol: string]: number } = { "http:": 80, "https:": 443 }

const describe = (method: string, url: URL): OtelAttributes => {
  const known = methods.has(method.toUpperCase())
  return {
    "http.request.method": known ? method.toUpperCase() : "_OTHER",
    ...(known && method === method.toUpperCase() ? {} : { "http.request.method_original": method }),
    "server.address": url.hostname,
    "server.port": url.port === "" ? (defaultPorts[url.protocol] ?? 0) : Number(url.port),
    "url.full": redacted(url)
  }
}

/** Effect's `HttpClient` makes a span of its own around the request that is seen here. */
const isEffects = (): boolean => {
  const span = currentSpan()
  return span?._tag === "Span" && span.kind === "client" && span.attributes.has("http.request.method")
}

const typeOf = (error: unknown): string => {
  if (Predicate.hasProperty(error, "code") && typeof error.code === "string") return error.code
  return error instanceof Error ? error.name : "_OTHER"
}

interface SpanOptions {
  readonly requireParent?: boolean | undefined
  readonly propagateTo?: ((url: URL) => boolean) | undefined
}

/** The headers for a request whose span is known: its child on the other side is that span's. */
const headersBelow = (span: Span): Record<string, string> => {
  const { spanId, traceFlags, traceId } = span.spanContext()
  return { ...inject(), traceparent: `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}` }
}

export class HttpSpans {
  private readonly known = new WeakMap<object, Span>()
  private readonly open = new Set<Span>()
  private readonly tracer: Tracer
  private readonly options: SpanOptions

  constructor(tracer: Tracer, options: SpanOptions) {
    this.tracer = tracer
    this.options = options
  }

  /** Called in the context of whoever makes the request; returns the headers that are to be added to it. */
  begin(request: object, method: string, url: URL | null): Record<string, string> | undefined {
    if (url === null || this.known.has(request) || isEffects()) return undefined
    if (this.options.requireParent === true && currentSpan() === undefined) return undefined
    const attributes = describe(method, url)
    const name = attributes["http.request.method"] === "_OTHER" ? "HTTP" : method.toUpperCase()
    const span = this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes })
    if (!span.isRecording()) return undefined
    this.known.set(request, span)
    this.open.add(span)
    return this.options.propagateTo?.(url) === true ? headersBelow(span) : undefined
  }

  set(request: object, attributes: OtelAttributes): void {
    this.known.get(request)?.setAttributes(attributes)
  }

  status(request: object, status: number): void {
    const span = this.known.get(request)
    if (span === undefined) return
    span.setAttribute("http.response.status_code", status)
    if (status >= 400) this.recordError(span, String(status), `HTTP ${status}`)
  }

  fail(request: object, error: unknown): void {
    const span = this.known.get(request)
    if (span === undefined) return
    const type = typeOf(error)
    // A request that the program called off did not fail
    if (type !== "AbortError" && type !== "ABORT_ERR") {
      const message = error instanceof Error && error.message !== "" ? `${type}: ${error.message}` : type
      if (error instanceof Error) span.recordException(error)
      this.recordError(span, type, message)
    }
    this.end(request)
  }

  private recordError(span: Span, type: string, message: string): void {
    span.setAttributes({ "error.type": type, [Attributes.ERROR]: message, [Attributes.ERROR_TYPE]: type })
    span.setStatus({ code: SpanStatusCode.ERROR, message })
  }

  end(request: object): void {
    const span = this.known.get(request)
    if (span === undefined) return
    this.known.delete(request)
    this.open.delete(span)
    span.end()
  }

  /** Ends what nobody has read to its end. */
  close(): void {
    for (const span of this.open) span.end()
    this.open.clear()
  }
}
