import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as fc from "fast-check"
import { type Context, SpanStatusCode } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { backend } from "./internal/backend.fixture.ts"
import type { Redact } from "./Redaction.ts"
import { type Options, TracerConfig } from "./TracerConfig.ts"
import { traced } from "./Traced.ts"

/** Runs a program in an instance and returns its spans. */
const spansOf = <A, E>(options: Options, program: Effect.Effect<A, E, HoneyHive>) =>
  Effect.gen(function* () {
    yield* Effect.exit(program)
    yield* HoneyHive.flush
    return yield* MemoryExporter.use((memory) => memory.spans)
  }).pipe(Effect.provide(HoneyHive.layerMemory(options)))

const attributesOf = (options: Options, attributes: Record<string, unknown>) =>
  spansOf(options, Effect.void.pipe(Effect.withSpan("span", { attributes }))).pipe(
    Effect.map(([span]) => (span as ReadableSpan).attributes)
  )

const attributeOf = (redact: Redact, value: unknown, name = "text") =>
  attributesOf({ redact }, { [name]: value }).pipe(Effect.map((attributes) => attributes[name]))

const letters = (length: number, alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length })

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** Secrets by their shape alone. */
const secret = fc.oneof(
  letters(48).map((_) => `sk-proj-${_}`),
  letters(80).map((_) => `sk-ant-api03-${_}`),
  letters(36).map((_) => `ghp_${_}`),
  letters(60).map((_) => `github_pat_${_}`),
  letters(16, upper).map((_) => `AKIA${_}`),
  letters(35).map((_) => `AIza${_}`),
  letters(24).map((_) => `xoxb-1234567890-${_}`),
  letters(24).map((_) => `sk_live_${_}`),
  letters(40).map((_) => `hh_${_}`),
  fc.tuple(letters(24), letters(64)).map(([id, key]) => `hh_ingst_${id}_${key}`),
  fc.tuple(letters(20), letters(40), letters(43)).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`),
  letters(64).map((_) => `-----BEGIN RSA PRIVATE KEY-----\n${_}\n${_}\n-----END RSA PRIVATE KEY-----`)
)

/** What is secret by where it stands. */
const word = letters(12)
const hidden = word.chain((word) =>
  fc
    .constantFrom(
      `Authorization: Bearer ${word}`,
      `postgres://app:${word}@db.internal/orders`,
      `curl -d password=${word} https://x`,
      `{"login":{"db_password":"${word}"}}`,
      JSON.stringify({
        arguments: JSON.stringify({ api_key: word, n: JSON.stringify({ token: [word, { a: word }] }) })
      }),
      `so I sent {"user":"ada","clientSecret" : "${word}", and then`,
      `{'access_token': '${word}'}`,
      `{"pass\\u0077ord":"${word}"}`
    )
    .map((text) => ({ text, secret: word }))
)

const planted = fc.oneof(
  fc
    .tuple(
      secret,
      fc.constantFrom(
        (s: string) => s,
        (s: string) => `see ${s}, please`,
        (s: string) => `{"a":["x",${JSON.stringify(s)}]}`
      )
    )
    .map(([secret, wrap]) => ({ text: wrap(secret), secret })),
  hidden
)

/** Every way for a text to get into a span or a session. */
const places: ReadonlyArray<(text: string) => Effect.Effect<unknown, unknown, HoneyHive>> = [
  (text) => Effect.void.pipe(Effect.withSpan("span", { attributes: { text, list: ["a", text], nested: { text } } })),
  (text) => Effect.void.pipe(Effect.withSpan("span", { attributes: { [`said.${text}`]: 1 } })),
  (text) => Effect.void.pipe(Effect.withSpan(text)),
  (text) => Effect.fail(new Error(text)).pipe(Effect.withSpan("span")),
  (text) => Effect.die({ detail: [text] }).pipe(Effect.withSpan("span")),
  (text) =>
    HoneyHive.enrichSpan({
      name: text,
      inputs: { deep: { er: [{ text }, 1] }, [text]: true },
      outputs: { json: JSON.stringify({ text }) },
      metadata: { text },
      userProperties: { text }
    }).pipe(Effect.withSpan("span")),
  (text) => Effect.sync(() => traced({ name: "call" }, (given: { text: string }) => [given.text])({ text })),
  (text) =>
    Effect.void.pipe(
      Effect.withSpan("span"),
      HoneyHive.withSession({ name: text, id: text, userId: text, inputs: { text }, metadata: { deep: [{ text }] } })
    ),
  (text) => HoneyHive.enrichSession({ outputs: { text }, feedback: { text: [text] } }).pipe(HoneyHive.withSession()),
  (text) => Effect.fail(new Error(text)).pipe(HoneyHive.withSession()),
  (text) =>
    HoneyHive.use(({ tracerProvider }) =>
      Effect.sync(() => {
        const span = tracerProvider.getTracer("plain").startSpan("span", { attributes: { text } }, root)
        span.addEvent(text, { text, json: JSON.stringify([{ text }]) })
        span.addLink({ context: span.spanContext(), attributes: { text } })
        span.setStatus({ code: SpanStatusCode.ERROR, message: text })
        span.recordException(new Error(text))
        span.updateName(text)
        span.end()
      })
    )
]

const root = { getValue: () => undefined } as unknown as Context // no active span

const apiKey = "hh_0123456789abcdef"

describe("Redactor", () => {
  it.live(
    "a secret planted anywhere is in nothing that is sent",
    () =>
      Effect.gen(function* () {
        const { requests, url } = yield* backend(() => ({ status: 200, body: "{}" }))
        const samples = fc.sample(fc.tuple(planted, fc.constantFrom(...places)), { numRuns: 1000, seed: 42 })
        yield* Effect.forEach(samples, ([{ text }, place]) => Effect.exit(place(text)), { discard: true }).pipe(
          Effect.provide(
            HoneyHive.layer({ apiKey, url, redact: { packs: ["secrets"] }, shutdownTimeout: "30 seconds" })
          )
        )
        const sent = requests.map((request) => request.path + request.body.toString()).join("\n")
        const spans = requests
          .filter((request) => request.path.endsWith("/traces"))
          .flatMap((request) => request.body.toString().match(/"spanId"/g) ?? [])
        assert.isAbove(spans.length, 800)
        assert.isAbove(requests.filter((request) => request.path.startsWith("/v1/")).length, 200)
        const leaks = samples.flatMap(([{ secret, text }]) => {
          // A line of a private key tells as much as all of it
          const tell = secret.split("\n")[1] ?? secret
          const at = sent.indexOf(tell)
          return at === -1 ? [] : [{ text, sent: sent.slice(at - 60, at + 60) }]
        })
        assert.deepStrictEqual(leaks, [])
      }),
    60_000
  )

  it.effect("masks the instance's own key always, and content only when told to", () =>
    Effect.gen(function* () {
      const attributes = yield* attributesOf({ apiKey }, { text: `I use ${apiKey}`, password: "p", n: 5 })
      assert.strictEqual(attributes["text"], "I use [redacted]")
      assert.strictEqual(attributes["password"], "p")
      const headers = { otlpHeaders: { authorization: "Bearer other-backend", "x-tenant": "production" } }
      const other = yield* attributesOf(headers, { text: "other-backend in production" })
      assert.strictEqual(other["text"], "[redacted] in production")
    })
  )

  it.effect("leaves what belongs to a span and what only looks like a secret", () =>
    Effect.gen(function* () {
      const redact = {
        packs: ["secrets", "pii"],
        rules: [{ key: "session_id" }, { path: "honeyhive.*", action: "remove" }]
      } as const
      const innocent = {
        "gen_ai.usage.input_tokens": 12_345,
        max_tokens: 4096,
        text: "a task-force on tokens: bearer of news; at 1790000000000 ms, order 1234567890123",
        id: "5b8efff7-9803-4103-9269-b633813fc60c",
        json: '{"tokens": 5, "author":"Ada",  "max_tokens":1}'
      }
      const attributes = yield* attributesOf({ redact, sessionName: "nightly", source: "ci" }, innocent)
      for (const [name, value] of Object.entries(innocent)) assert.deepStrictEqual(attributes[name], value, name)
      assert.match(String(attributes["honeyhive.session_id"]), /^[0-9a-f-]{36}$/)
      assert.strictEqual(attributes["honeyhive.session_auto_create"], true)
      assert.strictEqual(attributes["honeyhive_event_type"], "tool")
      assert.isDefined(attributes["honeyhive.source"])
    })
  )

  it.effect("matches keys whatever their spelling, at any depth and in JSON text, and paths with what is below", () =>
    Effect.gen(function* () {
      const redact: Redact = {
        rules: [
          { key: "apiKey" },
          { keyPattern: "^x-.*-id$", action: "hash" },
          { path: "honeyhive_inputs._params_.card.*", action: "remove" },
          { path: "honeyhive_inputs.open", action: "keep" },
          { key: ["open"] }
        ]
      }
      const attributes = yield* attributesOf(
        { redact },
        {
          "a.API-KEY.0": 1,
          api_key: true,
          "x-user-id": "u1",
          "honeyhive_inputs._params_.card.number": "4111",
          "honeyhive_inputs._params_.cardinal": "kept",
          "honeyhive_inputs.open": "yes",
          "honeyhive_outputs.open": "no",
          json: '{"n": 12345678901234567890, "list":[{"Api Key":{"a":[1,"}"]},"b":2}], "apikey": null}',
          quoted: JSON.stringify({ args: JSON.stringify({ api_key: 'a "quoted" \\ text', b: 1 }) }),
          cut: '{"apiKey":"never en'
        }
      )
      assert.deepInclude(attributes, {
        "a.API-KEY.0": "[redacted]",
        api_key: "[redacted]",
        "x-user-id": "[sha256:" + createHash("sha256").update("u1").digest("hex").slice(0, 16) + "]",
        "honeyhive_inputs._params_.cardinal": "kept",
        "honeyhive_inputs.open": "yes",
        "honeyhive_outputs.open": "[redacted]",
        json: '{"n": 12345678901234567890, "list":[{"Api Key":"[redacted]","b":2}], "apikey": "[redacted]"}',
        quoted: JSON.stringify({ args: JSON.stringify({ api_key: "[redacted]", b: 1 }) }),
        cut: '{"apiKey":"[redacted]"'
      })
      assert.notProperty(attributes, "honeyhive_inputs._params_.card.number")
    })
  )

  it.effect("knows personal data by its shape", () =>
    Effect.gen(function* () {
      const pii = (value: unknown) => attributeOf({ packs: ["pii"] }, value)
      assert.strictEqual(yield* pii("mail ada+x@example.co.uk now"), "mail [redacted] now")
      assert.strictEqual(yield* pii("card 4111 1111 1111 1111."), "card [redacted].")
      assert.strictEqual(yield* pii("card 4111 1111 1111 1112."), "card 4111 1111 1111 1112.")
      assert.strictEqual(yield* pii(5_555_555_555_554_444), "[redacted]")
      assert.strictEqual(yield* pii("call +44 20 7946 0958 or (415) 555-2671"), "call [redacted] or [redacted]")
      assert.deepStrictEqual(yield* pii(["a@b.io", "c"]), ["[redacted]", "c"])
    })
  )

  it.effect("a rule for keys called name does not mean the span's; a path does", () =>
    Effect.gen(function* () {
      const program = Effect.void.pipe(Effect.withSpan("span", { attributes: { "user.name": "Ada" } }))
      const [byKey] = yield* spansOf({ redact: { rules: [{ key: "name" }] } }, program)
      assert.deepStrictEqual([byKey?.name, byKey?.attributes["user.name"]], ["span", "[redacted]"])
      const [byPath] = yield* spansOf({ redact: { rules: [{ path: "name" }] } }, program)
      assert.deepStrictEqual([byPath?.name, byPath?.attributes["user.name"]], ["[redacted]", "Ada"])
    })
  )

  it.effect("takes rules by value, with what stands around", () =>
    Effect.gen(function* () {
      const rules = [
        { value: "(acct-)[0-9]{6,}", action: "hash" },
        { value: "(?i)project \\w+", action: "remove" }
      ] as const
      assert.strictEqual(
        yield* attributeOf({ rules }, "of Project Zeus: acct-123456"),
        "of : acct-[sha256:8d969eef6ecad3c2]"
      )
    })
  )

  it.effect(
    "no pattern takes more than linear time",
    () =>
      Effect.gen(function* () {
        const redact: Redact = {
          packs: ["secrets", "pii"],
          rules: [{ value: "(a+)+$" }, { value: "(.*a){25}" }, { keyPattern: "(a|a)*b" }]
        }
        const evil = "a".repeat(100_000)
        const texts = [
          `${evil}!`,
          `"${'a":'.repeat(30_000)}`,
          "\\".repeat(100_000),
          '{"'.repeat(50_000),
          "@.".repeat(50_000),
          "1 ".repeat(50_000)
        ]
        // A backtracking engine would not come back from the first
        for (const text of texts) assert.isString(yield* attributeOf(redact, text))
      }),
    60_000
  )

  it.effect("refuses rules that cannot be used, naming them", () =>
    Effect.gen(function* () {
      const error = (options: unknown, env = {}) =>
        Effect.flip(TracerConfig.make(options as Options)).pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
          Effect.map((error) => error.source)
        )
      assert.strictEqual(yield* error({ redact: { rules: [{ key: "a" }, { value: "(" }] } }), "option redact.rules[1]")
      assert.strictEqual(yield* error({ redact: { rules: [{ value: "a*" }] } }), "option redact.rules[0]")
      assert.strictEqual(yield* error({ redact: { rules: [{ keyPattern: "(?=x)" }] } }), "option redact.rules[0]")
      assert.strictEqual(yield* error({ redact: { rules: [{ kye: "a" }] } }), "option redact")
      assert.strictEqual(yield* error({ redact: { rules: [{ key: "a", path: "b" }] } }), "option redact")
      assert.strictEqual(yield* error({ redact: { hook: "no" } }), "option redact")
      assert.strictEqual(yield* error({}, { HH_REDACT: "secrets,unknown" }), "environment variable HH_REDACT")
      const { redact } = yield* TracerConfig.make().pipe(
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ HH_REDACT: '{"packs":["pii"],"rules":[{"key":"a"}]}' })
        )
      )
      assert.deepStrictEqual({ ...redact }, { packs: ["pii"], rules: [{ key: "a" }] })
    })
  )

  it.effect("a hook has the first look, and fails closed", () =>
    Effect.gen(function* () {
      const hook = (key: string, value: unknown) => {
        if (key === "throws") throw new Error("hook")
        if (key === "promise") return Promise.resolve("x") as unknown as string
        if (key === "gone") return undefined
        if (key === "spans") return traced({ name: "inner" }, () => "said")()
        return typeof value === "string" ? value.toUpperCase() : (value as string)
      }
      const given = {
        throws: "secret",
        promise: "secret",
        gone: "secret",
        spans: "secret",
        text: "hi",
        password: "x",
        n: 7
      }
      const spans = yield* spansOf(
        { redact: { hook, packs: ["secrets"] } },
        Effect.void.pipe(Effect.withSpan("span", { attributes: given }))
      )
      const outer = spans.find((span) => span.name === "SPAN")!.attributes
      assert.deepInclude(outer, {
        throws: "[redaction failed]",
        promise: "[redaction failed]",
        spans: "said",
        text: "HI",
        password: "[redacted]",
        n: 7
      })
      assert.notProperty(outer, "gone")
      assert.isTrue(spans.every((span) => !JSON.stringify(span.attributes).includes("secret")))
    })
  )

  it.effect("a span that cannot be looked at keeps only what says where it belongs", () =>
    Effect.gen(function* () {
      const [span] = yield* spansOf(
        { redact: { packs: ["secrets"] } },
        HoneyHive.use(({ tracerProvider }) =>
          Effect.sync(() => {
            const span = tracerProvider.getTracer("plain").startSpan("span", {}, root)
            span.setAttribute("text", "content")
            Object.defineProperty(span, "events", {
              value: new Proxy([], {
                get: () => {
                  throw new Error("events")
                }
              }),
              writable: true
            })
            span.end()
          })
        )
      )
      assert.strictEqual(span?.attributes["text"], "[redaction failed]")
      assert.strictEqual(span?.name, "[redaction failed]")
      assert.match(String(span?.attributes["honeyhive.session_id"]), /^[0-9a-f-]{36}$/)
      assert.strictEqual(span?.attributes["honeyhive_event_type"], "tool")
    })
  )

  it.live("without captureContent, no content leaves; names, types, times and tokens do", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(() => ({ status: 200, body: "{}" }))
      const said = "what was said"
      yield* HoneyHive.enrichSpan({
        type: "model",
        inputs: { chat_history: [{ role: "user", content: said }] },
        outputs: { content: said },
        config: { model: "m-1", template: said },
        metadata: { prompt_tokens: 77 },
        feedback: { rating: 5, comment: said }
      }).pipe(
        Effect.andThen(Effect.sync(() => traced({ name: "call" }, (question: string) => question)(said))),
        Effect.andThen(Effect.logWarning(said)),
        Effect.andThen(Effect.fail(new TypeError(said))),
        Effect.withSpan("chat", {
          attributes: {
            "gen_ai.input.messages": said,
            "gen_ai.prompt.0.content": said,
            "llm.input_messages.0.message.content": said,
            "ai.prompt.messages": said,
            "ai.response.text": said,
            "traceloop.entity.input": said,
            "input.value": said,
            "gen_ai.usage.input_tokens": 78,
            "gen_ai.request.model": "m-2"
          }
        }),
        HoneyHive.withSession({ name: "support", inputs: { said }, metadata: { plan: "pro" } }),
        Effect.exit,
        Effect.provide(Logger.layer([Logger.tracerLogger])),
        Effect.provide(HoneyHive.layer({ apiKey, url })),
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ HH_CAPTURE_CONTENT: "false" })
        )
      )
      const sent = requests.map((request) => request.body.toString()).join("\n")
      assert.notInclude(sent, said)
      for (const kept of [
        "chat",
        "call",
        "support",
        "model",
        "m-1",
        "m-2",
        "77",
        "78",
        "TypeError",
        "failure",
        "pro",
        "rating"
      ]) {
        assert.include(sent, kept)
      }
      assert.include(sent, "effect.logLevel")
      assert.include(sent, '"honeyhive_error","value":{"stringValue":"[redacted]"}')
    })
  )
})
