/**
 * Spans out of protobuf bytes in one pass, without the objects in between: the ingest path's reader.
 *
 * It says what `Otlp.spans` says of the request that `OtlpProtobuf.decodeRequest` decodes (a law in its test), and costs
 * about a fifth of it.
 */
import type { AttributeRecord } from "@honeyhive/contract/Attributes"
import type { SpanRecord, Spans } from "@honeyhive/contract/Otlp"
import { isContent, outline, type Outlined } from "@honeyhive/contract/Projection"
import { fields, Reader, tag } from "./protobufReader.ts"

const MAX_DEPTH = 64

const put = (record: Record<string, unknown>, key: string, value: unknown): void => {
  // A name like any other, which an assignment would not make it
  if (key === "__proto__")
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
  else record[key] = value
}

const [STRING, BOOL, INT, DOUBLE, ARRAY, KVLIST, BYTES] = [
  tag(1, 2),
  tag(2, 0),
  tag(3, 0),
  tag(4, 1),
  tag(5, 2),
  tag(6, 2),
  tag(7, 2)
]

const anyValue = (reader: Reader, end: number, depth: number): unknown => {
  let value: unknown = null
  if (depth > MAX_DEPTH) {
    reader.at = end
    return "[nested too deep]"
  }
  while (reader.at < end) {
    const tag = reader.varint()
    switch (tag) {
      case STRING:
        value = reader.text(reader.varint())
        break
      case BOOL:
        value = reader.varint() !== 0
        break
      case INT:
        value = reader.int64()
        break
      case DOUBLE:
        value = reader.double()
        break
      case ARRAY: {
        const values: Array<unknown> = []
        fields(reader, reader.end(), (tag) => {
          if (tag !== STRING) return false
          values.push(anyValue(reader, reader.end(), depth + 1))
          return true
        })
        value = values
        break
      }
      case KVLIST: {
        const record = {}
        fields(reader, reader.end(), (tag) => tag === STRING && keyValue(reader, record, depth + 1))
        value = record
        break
      }
      case BYTES:
        value = reader.base64(reader.varint())
        break
      default:
        reader.skip(tag & 7)
    }
  }
  if (reader.at !== end) throw new RangeError(`a value ends at ${end}, its fields at ${reader.at}`)
  return value
}

const keyValue = (reader: Reader, record: Record<string, unknown>, depth: number): true => {
  const end = reader.end()
  let key = ""
  let value: unknown = null
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === STRING) key = reader.text(reader.varint())
    else if (tag === VALUE) value = anyValue(reader, reader.end(), depth)
    else reader.skip(tag & 7)
  }
  if (reader.at !== end) throw new RangeError(`an attribute ends at ${end}, its fields at ${reader.at}`)
  put(record, key, value)
  return true
}

const VALUE = tag(2, 2)

/** As `keyValue`, but a content that is one text is left where it is. */
const knownKeyValue = (reader: Reader, record: Record<string, unknown>): void => {
  const end = reader.end()
  let key = ""
  let value: unknown = null
  let left = false
  while (reader.at < end) {
    const tag = reader.varint()
    if (tag === STRING) key = reader.text(reader.varint())
    else if (tag === VALUE) {
      const valueEnd = reader.end()
      left = isContent(key) && isText(reader, valueEnd)
      if (left) reader.at = valueEnd
      else value = anyValue(reader, valueEnd, 0)
    } else reader.skip(tag & 7)
  }
  if (reader.at !== end) throw new RangeError(`an attribute ends at ${end}, its fields at ${reader.at}`)
  if (!left) put(record, key, value)
}

/** Whether a value is a text and nothing else; the reader stays where it is, or goes on from there. */
const isText = (reader: Reader, end: number): boolean => {
  const start = reader.at
  const text = reader.at < end && reader.varint() === STRING && reader.varint() === end - reader.at
  reader.at = start
  return text
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] }

const ZERO = /^0*$/
const idOf = (hex: string, digits: number): string | undefined =>
  hex.length === digits && !ZERO.test(hex) ? hex : undefined

/**
 * A span that knows what a list shows of it; its contents are read from the request's bytes when they are asked for. Its
 * attributes are no property of its own, so a copy by `...` is none.
 */
export class LazySpan implements SpanRecord {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly events: SpanRecord["events"]
  readonly links: SpanRecord["links"]
  readonly status: SpanRecord["status"]
  readonly scope: SpanRecord["scope"]
  readonly resource: AttributeRecord
  readonly #place: Place
  readonly #known: AttributeRecord
  #attributes: AttributeRecord | undefined
  #outline: Outlined | undefined

  constructor(span: SpanRecord, place: Place) {
    this.traceId = span.traceId
    this.spanId = span.spanId
    this.parentSpanId = span.parentSpanId
    this.name = span.name
    this.kind = span.kind
    this.startTimeUnixNano = span.startTimeUnixNano
    this.endTimeUnixNano = span.endTimeUnixNano
    this.events = span.events
    this.links = span.links
    this.status = span.status
    this.scope = span.scope
    this.resource = span.resource
    this.#known = span.attributes
    this.#place = place
  }

  /** The request that the span came in. */
  get request(): Uint8Array {
    return this.#place.request
  }

  /** Where it is in there, for `openSpans`. */
  get offset(): number {
    return this.#place.offset
  }

  get attributes(): AttributeRecord {
    return (this.#attributes ??= attributesAt(this.#place))
  }

  /** What a list shows of its event. */
  get outline(): Outlined {
    return (this.#outline ??= outline(this, this.#known))
  }
}

interface Place {
  readonly request: Uint8Array
  /** Of its length, which its fields follow. */
  readonly offset: number
  readonly reader: Reader
  readonly start: number
  readonly end: number
}

const attributesAt = ({ end, reader, start }: Place): AttributeRecord => {
  const attributes: Record<string, unknown> = {}
  reader.at = start
  fields(reader, end, (field) => field === ATTRIBUTE && keyValue(reader, attributes, 0))
  return attributes
}

const ATTRIBUTE = tag(9, 2)

/** A span whose length is next; one of a request is lazy. */
const span = (
  reader: Reader,
  scope: SpanRecord["scope"],
  resource: AttributeRecord,
  request: Uint8Array | undefined,
  withContents = request === undefined
): SpanRecord | string => {
  const offset = reader.at
  const end = reader.end()
  const start = reader.at
  let traceId = ""
  let spanId = ""
  let parentSpanId: string | undefined
  let name = ""
  let kind = 0
  let startTimeUnixNano = 0n
  let endTimeUnixNano = 0n
  let status = { code: 0, message: "" }
  const attributes: Record<string, unknown> = {}
  const events: Array<SpanRecord["events"][number]> = []
  const links: Array<SpanRecord["links"][number]> = []
  while (reader.at < end) {
    const field = reader.varint()
    switch (field) {
      case tag(1, 2):
        traceId = reader.sameHex(reader.varint())
        break
      case tag(2, 2):
        spanId = reader.hex(reader.varint())
        break
      case tag(4, 2):
        parentSpanId = idOf(reader.hex(reader.varint()), 16)
        break
      case tag(5, 2):
        name = reader.text(reader.varint())
        break
      case tag(6, 0):
        kind = reader.int32()
        break
      case tag(7, 1):
        startTimeUnixNano = reader.fixed64()
        break
      case tag(8, 1):
        endTimeUnixNano = reader.fixed64()
        break
      case ATTRIBUTE:
        if (withContents) keyValue(reader, attributes, 0)
        else knownKeyValue(reader, attributes)
        break
      case tag(11, 2):
        events.push(event(reader))
        break
      case tag(13, 2):
        links.push(link(reader))
        break
      case tag(15, 2):
        status = statusOf(reader)
        break
      default:
        reader.skip(field & 7)
    }
  }
  if (reader.at !== end) throw new RangeError(`a span ends at ${end}, its fields at ${reader.at}`)
  const refused = (reason: string) => `span ${JSON.stringify(name)}: ${reason}`
  if (idOf(traceId, 32) === undefined) return refused("trace id must be 32 hexadecimal digits, not all zero")
  if (idOf(spanId, 16) === undefined) return refused("span id must be 16 hexadecimal digits, not all zero")
  const found = {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes,
    events,
    links,
    status,
    scope,
    resource
  }
  return request === undefined ? found : new LazySpan(found, { request, offset, reader, start, end })
}

const event = (reader: Reader): SpanRecord["events"][number] => {
  const attributes = {}
  const found: Mutable<SpanRecord["events"][number]> = { name: "", timeUnixNano: 0n, attributes }
  fields(reader, reader.end(), (field) => {
    if (field === tag(1, 1)) found.timeUnixNano = reader.fixed64()
    else if (field === tag(2, 2)) found.name = reader.text(reader.varint())
    else if (field === tag(3, 2)) keyValue(reader, attributes, 0)
    else return false
    return true
  })
  return found
}

const link = (reader: Reader): SpanRecord["links"][number] => {
  const attributes = {}
  const found: Mutable<SpanRecord["links"][number]> = { traceId: "", spanId: "", attributes }
  fields(reader, reader.end(), (field) => {
    if (field === tag(1, 2)) found.traceId = reader.hex(reader.varint())
    else if (field === tag(2, 2)) found.spanId = reader.hex(reader.varint())
    else if (field === tag(4, 2)) keyValue(reader, attributes, 0)
    else return false
    return true
  })
  return found
}

const statusOf = (reader: Reader): SpanRecord["status"] => {
  const found = { code: 0, message: "" }
  fields(reader, reader.end(), (field) => {
    if (field === tag(2, 2)) found.message = reader.text(reader.varint())
    else if (field === tag(3, 0)) found.code = reader.int32()
    else return false
    return true
  })
  return found
}

const scopeOf = (reader: Reader): SpanRecord["scope"] => {
  const found = { name: "", version: "" }
  fields(reader, reader.end(), (field) => {
    if (field === tag(1, 2)) found.name = reader.text(reader.varint())
    else if (field === tag(2, 2)) found.version = reader.text(reader.varint())
    else return false
    return true
  })
  return found
}

/** Takes a request apart; throws a `RangeError` that says what is wrong with the bytes. */
export const readSpans = (bytes: Uint8Array): Spans => {
  const accepted: Array<SpanRecord> = []
  return { accepted, rejected: read(bytes, undefined, (span) => accepted.push(span)) }
}

/** The same, at less than half the cost where nobody asks for the contents. */
export const readLazySpans = (
  bytes: Uint8Array
): { readonly accepted: ReadonlyArray<LazySpan>; readonly rejected: ReadonlyArray<string> } => {
  const accepted: Array<LazySpan> = []
  const keep = (span: SpanRecord) => void (span instanceof LazySpan && accepted.push(span))
  return { accepted, rejected: read(bytes, bytes, keep) }
}

const read = (
  bytes: Uint8Array,
  request: Uint8Array | undefined,
  keep: (span: SpanRecord) => void
): ReadonlyArray<string> => {
  const reader = new Reader(bytes)
  const rejected: Array<string> = []
  eachScope(reader, (end, scope, resource) =>
    fields(reader, end, (field) => {
      if (field !== SPAN) return false
      const result = span(reader, scope, resource, request)
      if (typeof result === "string") rejected.push(result)
      else keep(result)
      return true
    })
  )
  return rejected
}

/** Reads single spans of a request that was read before, each where it was found; without contents at half the cost. */
export const openSpans = (bytes: Uint8Array): ((offset: number, withContents: boolean) => SpanRecord) => {
  const reader = new Reader(bytes)
  const scopes: Array<{
    readonly end: number
    readonly scope: SpanRecord["scope"]
    readonly resource: AttributeRecord
  }> = []
  eachScope(reader, (end, scope, resource) => {
    scopes.push({ end, scope, resource })
    reader.at = end
  })
  let last = 0
  let before = 0
  return (offset, withContents) => {
    // Most are read in the order in which they came
    if (offset < before) last = 0
    before = offset
    while ((scopes[last]?.end ?? Infinity) <= offset) last++
    const { resource, scope } = scopes[last] ?? {}
    if (scope === undefined || resource === undefined) throw new Error(`a request has no span at ${offset}`)
    reader.at = offset
    const found = span(reader, scope, resource, undefined, withContents)
    if (typeof found === "string") throw new Error(found)
    return found
  }
}

const SPAN = tag(2, 2)

/** Calls `use` where the spans of one scope begin; it reads on to their end. */
const eachScope = (
  reader: Reader,
  use: (end: number, scope: SpanRecord["scope"], resource: AttributeRecord) => void
): void => {
  const scopeSpans = (resource: AttributeRecord): void => {
    const end = reader.end()
    const start = reader.at
    let scope: SpanRecord["scope"] = { name: "", version: "" }
    // A message's fields come in any order: the scope is looked for first
    fields(reader, end, (field) => {
      if (field !== tag(1, 2)) return false
      scope = scopeOf(reader)
      return true
    })
    reader.at = start
    use(end, scope, resource)
  }

  fields(reader, reader.length, (field) => {
    if (field !== tag(1, 2)) return false
    const end = reader.end()
    const start = reader.at
    let resource: Record<string, unknown> = {}
    fields(reader, end, (field) => {
      if (field !== tag(1, 2)) return false
      const attributes = {}
      fields(reader, reader.end(), (field) => field === tag(1, 2) && keyValue(reader, attributes, 0))
      resource = attributes
      return true
    })
    reader.at = start
    fields(reader, end, (field) => {
      if (field !== tag(2, 2)) return false
      scopeSpans(resource)
      return true
    })
    return true
  })
}
