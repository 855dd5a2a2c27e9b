/**
 * The packs of rules that come with this package, as data. They are loaded where a configuration asks for one.
 *
 * @since 0.1.0
 */
import type { Rule } from "./Redaction.ts"

const names = (...lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.flatMap((line) => line.split(" "))

const secretKeys: Rule = {
  key: names(
    "*password *passwd pwd *passphrase *secret *secretkey *apikey *privatekey *accesskey",
    "*signingkey *encryptionkey authorization *proxyauthorization auth bearer token jwt",
    "*accesstoken *refreshtoken *idtoken *authtoken *sessiontoken *securitytoken *csrftoken",
    "*apitoken *bearertoken *secretaccesskey cookie cookies setcookie *credential",
    "*credentials *connectionstring accountkey *clientsecret *webhooksecret"
  )
}

// Where a word is followed by what it names: `password=x`, `"api_key": "x"`, `Authorization: Basic x`
const words =
  "password|passwd|pwd|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|auth|token|credentials?"

/**
 * Credentials: key names (password, authorization, api_key, token, secret, cookie and their like) and the shapes of private
 * keys, JSON web tokens, bearer tokens, passwords in URLs, and keys of clouds, model providers and other common vendors.
 *
 * @example
 * ```ts
 * import * as RedactionPacks from "@honeyhive/tracing/RedactionPacks"
 *
 * // A pack is a list of rules like any other
 * RedactionPacks.secrets.some((rule) => "key" in rule) // => true
 * ```
 *
 * @category packs
 * @since 0.1.0
 */
export const secrets: ReadonlyArray<Rule> = [
  secretKeys,
  {
    value:
      "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)"
  },
  {
    value: `(?i)(authorization["'\\\\]{0,4}\\s{0,4}[:=]\\s{0,4}["'\\\\]{0,4}(?:[a-z]{3,16}\\s{1,4})?)[^\\s"',;\\\\\\[]+`
  },
  { value: "(?i)(\\bbearer\\s{1,4})[a-z0-9._~+/=-]{8,}" },
  { value: `(?i)(cookie["']?:\\s{0,4})[^\\r\\n"']{4,}` },
  {
    value: `(?i)((?:^|[^a-z])(?:[a-z0-9]{1,40}[_.-]){0,5}(?:${words})["'\\\\]{0,4}\\s{0,4}(?:[:=]|=>)\\s{0,4}["'\\\\]{0,4})[^\\s"',;&<>(){}\\[\\]\\\\]{4,}`
  },
  // A URL's password may contain an @ itself
  { value: `(\\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\\s/:@"'<>]{0,256}:)[^\\s/"'<>]{1,512}(@)` },
  { value: "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,3}" },
  // HoneyHive
  { value: "hh_(?:ingst_|fgdp_|ro_)?[A-Za-z0-9][A-Za-z0-9_-]{15,}" },
  // Model providers: OpenAI, Anthropic, OpenRouter, Langfuse and others that begin with sk-; then Groq, xAI, Perplexity,
  // Hugging Face, Replicate, NVIDIA, Fireworks, Tavily, LangSmith
  { value: "((?:^|[^A-Za-z0-9]))sk-[A-Za-z0-9_-]{16,}" },
  {
    value:
      "gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{20,}|\\bhf_[A-Za-z0-9]{20,}|\\br8_[A-Za-z0-9]{20,}"
  },
  { value: "nvapi-[A-Za-z0-9_-]{20,}|\\bfw_[A-Za-z0-9]{20,}|tvly-[A-Za-z0-9-]{16,}|lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}" },
  // Clouds: AWS, Google, Azure, DigitalOcean, Databricks, HashiCorp
  { value: "(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}" },
  { value: "AIza[0-9A-Za-z_-]{35}|ya29\\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}" },
  { value: "((?i:AccountKey|SharedAccessKey|[?&]sig)=)[A-Za-z0-9+/=%]{20,}" },
  { value: "do[opr]_v1_[a-f0-9]{64}|\\bdapi[a-f0-9]{32}|\\bhv[sbr]\\.[A-Za-z0-9_-]{20,}" },
  // Code and packages: GitHub, GitLab, npm, PyPI, Docker
  { value: "gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}" },
  { value: "npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{16,}|dckr_[op]at_[A-Za-z0-9_-]{20,}" },
  // Services: Slack, Stripe, SendGrid, Mailgun, Twilio, Telegram, Shopify, Atlassian, Sentry, Linear, Notion
  { value: "xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|(hooks\\.slack\\.com/services/)[A-Za-z0-9/_-]{20,}" },
  { value: "[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}" },
  {
    value:
      "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}|\\bkey-[0-9a-f]{32}|\\bSK[0-9a-f]{32}|\\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"
  },
  { value: "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|ATATT3[A-Za-z0-9_=-]{20,}|sntry[su]_[A-Za-z0-9_=+/-]{20,}" },
  { value: "lin_api_[A-Za-z0-9]{20,}|ntn_[A-Za-z0-9]{20,}" }
]

/**
 * Personal data: e-mail addresses, telephone numbers, payment cards (by their check digit).
 *
 * @example
 * ```ts
 * import * as RedactionPacks from "@honeyhive/tracing/RedactionPacks"
 *
 * RedactionPacks.pii.filter((rule) => "luhn" in rule).length // => 1
 * ```
 *
 * @category packs
 * @since 0.1.0
 */
export const pii: ReadonlyArray<Rule> = [
  { value: "[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}" },
  { value: "((?:^|[^A-Za-z0-9.-]))[2-6][0-9](?:[ -]?[0-9]){10,16}[0-9]", luhn: true },
  // International, then North American: bare digits could be anything
  {
    value: "((?:^|[^A-Za-z0-9]))\\+[1-9][0-9]{0,2}[ .-]?(?:\\([0-9]{1,4}\\)[ .-]?)?[0-9]{1,4}(?:[ .-]?[0-9]{2,4}){1,4}"
  },
  { value: "((?:^|[^A-Za-z0-9.-]))(?:\\([0-9]{3}\\) ?|[0-9]{3}[.-])[0-9]{3}[ .-][0-9]{4}\\b" }
]

/**
 * What `captureContent: false` keeps back: inputs, outputs, messages, prompts, tool arguments and results, documents, and
 * what errors and logs say. Names, types, times, token counts, models and the types of errors stay.
 *
 * It knows the attributes of HoneyHive, OpenTelemetry GenAI, OpenInference, Traceloop, the Vercel AI SDK and MCP; what an
 * instrumentation of your own writes elsewhere wants a rule of your own.
 *
 * @example
 * ```ts
 * import * as RedactionPacks from "@honeyhive/tracing/RedactionPacks"
 *
 * RedactionPacks.content.length // => 3
 * ```
 *
 * @category packs
 * @since 0.1.0
 */
export const content: ReadonlyArray<Rule> = [
  { path: "honeyhive_metadata.error.kind", action: "keep" },
  {
    path: names(
      "honeyhive_inputs honeyhive_outputs honeyhive_feedback.ground_truth honeyhive_feedback.comment*",
      "honeyhive_config.template honeyhive_config.prompt* honeyhive_config.system* honeyhive_config.tools",
      "honeyhive_config.messages honeyhive_metadata.error.fields",
      "gen_ai.input gen_ai.output gen_ai.prompt gen_ai.completion gen_ai.system_instructions gen_ai.content",
      "gen_ai.tool.definitions gen_ai.tool.call.arguments gen_ai.tool.call.result gen_ai.tool.message",
      "gen_ai.tool.input gen_ai.tool.output gen_ai.event.content gen_ai.request.messages gen_ai.response.text",
      "gen_ai.retrieval gen_ai.memory",
      // Attributes of events that are messages
      "content message body",
      // OpenInference
      "input output llm.input_messages llm.output_messages llm.prompts llm.prompt_template llm.completions llm.tools",
      "llm.function_call llm.invocation_parameters message.content message.contents retrieval.documents",
      "document.content reranker.query reranker.input_documents reranker.output_documents",
      "embedding.text embedding.vector embedding.embeddings tool.parameters",
      // Traceloop
      "traceloop.entity.input traceloop.entity.output traceloop.prompt llm.request.messages",
      // Vercel AI SDK
      "ai.prompt ai.response.text ai.response.object ai.response.toolCalls ai.response.reasoning ai.response.files",
      "ai.toolCall.args ai.toolCall.result ai.toolCall.input ai.toolCall.output ai.schema",
      "ai.value ai.values ai.embedding ai.embeddings ai.result ai.input ai.output",
      // MCP
      "mcp.request.argument* mcp.request.params mcp.tool.arguments mcp.tool.result mcp.response"
    ),
    action: "remove"
  },
  // What an error says may quote content; that there was one must show
  {
    path: names(
      "honeyhive_error honeyhive_metadata.error exception.message exception.stacktrace status.message log.message effect.cause"
    ),
    action: "mask"
  }
]
