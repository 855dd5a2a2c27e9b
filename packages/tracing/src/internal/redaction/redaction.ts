/**
 * Applies compiled rules to spans, and to what is said of sessions.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Attributes, type AttributeValue } from "@honeyhive/contract/Attributes"
import { Bucket, prefixOf } from "@honeyhive/contract/Bucket"
import { isUuid } from "@honeyhive/contract/Uuid"
import { type Action, FAILED, type Hook, MARKER } from "../../Redaction.ts"
import type { Settings } from "../../TracerConfig.ts"
import { type Compiled, load } from "./rules.ts"

type Values = { [name: string]: unknown }

export interface SpanContent {
  name: string
  attributes: Values
  readonly status: { readonly message?: string | undefined }
  readonly events: Array<{ readonly name: string; readonly attributes?: Values | undefined }>
  readonly links: Array<{ readonly attributes?: Values | undefined }>
}

export interface Redaction {
  /** Redacts a span in place. */
  readonly span: (span: SpanContent) => void
  /** A copy of what is sent of a session over REST, redacted. */
  readonly session: <A extends object>(body: A) => A
  /** What rules by value and the instance's own keys leave of a text. */
  readonly text: (text: string) => string
}

const eventTypes: ReadonlySet<unknown> = new Set(["model", "tool", "chain", "session"])
const isFlag = (value: unknown): boolean => typeof value === "boolean"
const isType = (value: unknown): boolean => eventTypes.has(value)
const any = (): boolean => false

/** What says where a span belongs: no rule takes it away, and what is an id, a flag or a type is no content. */
const routing: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  [Attributes.SESSION_ID, isUuid],
  [Attributes.ASSOCIATION_SESSION_ID, isUuid],
  [Attributes.OTEL_SESSION_ID, isUuid],
  [Attributes.PARENT_ID, isUuid],
  [Attributes.ASSOCIATION_PARENT_ID, isUuid],
  [Attributes.EVENT_ID, isUuid],
  [Attributes.SESSION_AUTO_CREATE, isFlag],
  [Attributes.EVENT_TYPE, isType],
  [Attributes.EVENT_TYPE_RAW, isType],
  [Attributes.SESSION_NAME, any],
  [Attributes.EVENT_NAME, any],
  [Attributes.SOURCE, any],
  [Attributes.PROJECT, any],
  [Attributes.ASSOCIATION_SOURCE, any],
  [Attributes.ASSOCIATION_PROJECT, any]
])

const isAttributeValue = (value: unknown): value is AttributeValue =>
  Array.isArray(value) ? value.every((item) => item === null || item === undefined || isScalar(item)) : isScalar(value)

const isScalar = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"

const MAX_DEPTH = 64
const MAX_KNOWN = 8192
const MAX_KNOWN_LENGTH = 256

/** Remembers answers about names, which recur; names that never do must not fill the memory. */
const remembered = <A>(answer: (name: string) => A): ((name: string) => A) => {
  const known = new Map<string, A>()
  return (name) => {
    if (name.length > MAX_KNOWN_LENGTH) return answer(name)
    const before = known.get(name)
    if (before !== undefined || known.has(name)) return before as A // it is there
    const found = answer(name)
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(name, found)
    return found
  }
}

const secretHeader = /auth|key|token|secret|cookie/i
const MIN_SECRET = 8

/** The keys of this instance, whole; anything shorter than a key would be found in every other word. */
const ownSecrets = (settings: Settings): ReadonlyArray<string> =>
  [
    settings.apiKey === undefined ? "" : Redacted.value(settings.apiKey),
    ...Object.entries(settings.otlpHeaders)
      .filter(([name]) => secretHeader.test(name))
      .map(([, value]) => value.replace(/^\w+ +/, ""))
  ].filter((secret) => secret.length >= MIN_SECRET)

const hooked = (hook: Hook): ((key: string, value: AttributeValue) => unknown) => {
  let running = false
  return (key, value) => {
    // A hook that makes spans itself would be called for them, without end
    if (running) return FAILED
    running = true
    try {
      const said: unknown = hook(key, value)
      return said === undefined || isAttributeValue(said) ? said : FAILED
    } catch {
      return FAILED
    } finally {
      running = false
    }
  }
}

const build = ({ finders, matchers, replaceValues, standIn, suspects }: Compiled, settings: Settings): Redaction => {
  const secrets = ownSecrets(settings)
  const hook = settings.redact.hook === undefined ? undefined : hooked(settings.redact.hook)
  // Most instances have their own keys to hide and nothing else
  const plain = finders.length === 0 && matchers.length === 0 && hook === undefined
  const idle = plain && secrets.length === 0

  const decide = (matches: (matcher: Compiled["matchers"][number]) => boolean): Action | undefined => {
    const action = matchers.find(matches)?.action
    return action === "keep" ? undefined : action
  }
  const actionOf = remembered((name) => {
    const parts = name.split(".")
    return decide((matcher) => matcher.path(parts))
  })
  const keyAction = remembered((key) => {
    const action = decide((matcher) => matcher.key(key))
    return action === undefined ? undefined : (value: string) => standIn(action, value)
  })

  const text = (value: string): string => {
    let out = matchers.length > 0 && value.includes('"') ? replaceValues(value, keyAction) : value
    for (const secret of secrets) if (out.includes(secret)) out = out.replaceAll(secret, MARKER)
    if (finders.length > 0 && suspects(out)) for (const finder of finders) out = finder.replace(out)
    return out
  }
  const nameOf = remembered(text)

  /** A single value; only long numbers can be worth hiding. */
  const scalar = (value: unknown): unknown => {
    if (typeof value === "string") return text(value)
    if (finders.length === 0 || typeof value !== "number" || Math.abs(value) < 1000) return value
    const before = String(value)
    const after = text(before)
    return after === before ? value : after
  }

  const act = (action: Action, value: unknown): unknown =>
    action === "remove" ? undefined : standIn(action, typeof value === "string" ? value : JSON.stringify(value))

  const tells = (value: unknown): boolean =>
    typeof value === "string"
      ? secrets.some((secret) => value.length >= secret.length && value.includes(secret))
      : Array.isArray(value) && value.some(tells)

  const tellsOf = (values: Values | undefined): boolean => {
    for (const name in values) if (tells(values[name]) || tells(name)) return true
    return false
  }

  /** Whether a span has one of the instance's own keys in it. */
  const exposes = (span: SpanContent): boolean =>
    tellsOf(span.attributes) ||
    tells(span.name) ||
    tells(span.status.message) ||
    span.events.some((event) => tells(event.name) || tellsOf(event.attributes)) ||
    span.links.some((link) => tellsOf(link.attributes))

  const value = (name: string, given: unknown, path = name): unknown => {
    try {
      const said = hook === undefined || !isAttributeValue(given) ? given : hook(name, given)
      if (said === undefined || said === FAILED) return said
      const action = routing.has(name) ? undefined : actionOf(path)
      if (action !== undefined) return act(action, said)
      return Array.isArray(said) ? said.map(scalar) : scalar(said)
    } catch {
      return FAILED
    }
  }

  const record = (attributes: Values): void => {
    for (const name of Object.keys(attributes)) {
      const before = attributes[name]
      const isRouting = routing.get(name)
      if (isRouting?.(before) === true) continue
      const after = value(name, before) ?? (isRouting === undefined ? undefined : MARKER)
      const named = nameOf(name)
      if (after === undefined || named !== name) delete attributes[name]
      if (after !== undefined && (after !== before || named !== name)) attributes[named] = after
    }
  }

  const copied = (attributes: Values | undefined): Values => {
    const copy = { ...attributes }
    record(copy)
    return copy
  }

  /** What a span says outside its attributes: it has a path, but a rule for keys called `name` does not mean it. */
  const line = (path: string, text: string): string => {
    const parts = path.split(".")
    const action = decide((matcher) => matcher.isPath && matcher.path(parts))
    const after = action === undefined ? value(path, text, "") : act(action, text)
    return typeof after === "string" ? after : MARKER
  }

  // What Effect logs inside a span becomes an event that is named by the message
  const lineOf = (event: SpanContent["events"][number]): string =>
    event.attributes !== undefined && "effect.logLevel" in event.attributes ? "log.message" : "event.name"

  const span = (span: SpanContent): void => {
    record(span.attributes)
    span.name = line("name", span.name)
    if (span.status.message !== undefined) {
      Object.assign(span, { status: { ...span.status, message: line("status.message", span.status.message) } })
    }
    span.events.forEach((event, index) => {
      span.events[index] = { ...event, name: line(lineOf(event), event.name), attributes: copied(event.attributes) }
    })
    span.links.forEach((link, index) => {
      if (link.attributes !== undefined) span.links[index] = { ...link, attributes: copied(link.attributes) }
    })
  }

  /** Of a span that could not be looked at, what says where it belongs is left, and how much there was. */
  const conceal = (span: SpanContent): void => {
    Object.assign(span, { events: [], links: [], name: FAILED, status: { ...span.status, message: FAILED } })
    const attributes: Values = {}
    for (const name of Object.keys(span.attributes)) {
      const kept = routing.get(name)?.(span.attributes[name]) === true
      attributes[routing.has(name) ? name : nameOf(name)] = kept ? span.attributes[name] : FAILED
    }
    span.attributes = attributes
  }

  const content = (given: unknown, path: string, depth: number): unknown => {
    if (depth > MAX_DEPTH) return FAILED
    const action = actionOf(path)
    if (action !== undefined) return act(action, given)
    if (typeof given !== "object" || given === null) return value(path, given)
    if ("toJSON" in given && typeof given.toJSON === "function") return content(given.toJSON(), path, depth + 1)
    if (Array.isArray(given)) {
      return given.map((item, index) => content(item, `${path}.${index}`, depth + 1) ?? null)
    }
    return Object.fromEntries(
      Object.entries(given)
        .map(([key, item]) => [nameOf(key), content(item, `${path}.${key}`, depth + 1)] as const)
        .filter(([, item]) => item !== undefined)
    )
  }

  const field = (name: string, given: unknown): unknown => {
    if (name === "session_name" || name === "event_name") return value(Attributes.SESSION_NAME, given) ?? MARKER
    if (typeof given === "string") return isUuid(given) ? given : text(given)
    if (!buckets.has(name) || given === null) return given
    try {
      return content(given, prefixOf(name as Bucket).slice(0, -1), 0) // it is one of the buckets
    } catch {
      return { redaction: FAILED }
    }
  }

  return {
    text,
    span: (given) => {
      if (idle) return
      try {
        if (!plain || exposes(given)) span(given)
      } catch {
        conceal(given)
      }
    },
    session: <A extends object>(body: A): A => {
      if (idle) return body
      const entries = Object.entries(body).map(([name, given]) => [name, field(name, given)] as const)
      // Every field keeps its type: texts stay texts, objects objects
      return Object.fromEntries(entries.filter(([, given]) => given !== undefined)) as A
    }
  }
}

const buckets: ReadonlySet<string> = new Set(Bucket.literals)

/** Patterns were looked at when the configuration was decoded; one that is bad now must not leave content unredacted. */
export const make = (settings: Settings): Effect.Effect<Redaction> =>
  load(settings).pipe(
    Effect.map((compiled) => build(compiled, settings)),
    Effect.orDie
  )
