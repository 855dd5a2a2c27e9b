/**
 * List prices in US dollars per million tokens. A later row of a model replaces its earlier one from its day on; a longer name is
 * closer than a shorter one. Names end where a next version would begin: a model that is not here costs nothing known rather
 * than what another one costs.
 *
 * Compared on 2026-11-21 with what two public lists say of the providers' own prices: by a script with LiteLLM's
 * (`model_prices_and_context_window.json` of its release 1.109.1), by eye with Pydantic's genai-prices (0.1.8, of 2026-09-23).
 * A model that only LiteLLM has is as it says, and so are DeepSeek's and Mistral's latest, where genai-prices is behind; other
 * models on which they differ are left out (DeepSeek V4, whose price goes by the hour; Grok Code). Days of changed prices in 2026
 * are genai-prices'. From memory of the announcements, as neither list has it any more: days and past prices before 2026 (o1-mini's
 * until January 2025, DeepSeek's of September 2025, o3's cache at first). The first days of models of 2026 whose names have no
 * date are guesses on the early side.
 *
 * The first price of those with two by the length of the prompt; no discounts for batches or by priority; cache writes of five
 * minutes. Text alone: audio, images and fees per call have other prices. Clouds are taken at the provider's own price; Bedrock's
 * regional profiles (`us.`, `eu.`, `apac.`) cost a tenth more.
 */
interface Row {
  readonly model: string
  readonly from: string
  readonly input: number
  readonly output: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
}

type Numbers = readonly [input: number, cacheRead: number | undefined, cacheWrite: number | undefined, output: number]

/** The same price under several names. */
const rows = (from: string, [input, cacheRead, cacheWrite, output]: Numbers, models: string): ReadonlyArray<Row> =>
  models.split(" ").map((model) => ({
    model,
    from,
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite })
  }))

const none = undefined

// https://openai.com/api/pricing, https://platform.openai.com/docs/pricing
const openai = [
  rows("2023-03-14", [30, none, none, 60], "gpt-4 gpt-4-0314 gpt-4-0613"),
  rows("2023-03-14", [60, none, none, 120], "gpt-4-32k*"),
  rows("2023-11-06", [10, none, none, 30], "gpt-4-turbo* gpt-4-1106* gpt-4-0125*"),
  rows("2023-06-13", [1.5, none, none, 2], "gpt-3.5-turbo-0613 gpt-3.5-turbo-instruct*"),
  rows("2023-11-06", [1, none, none, 2], "gpt-3.5-turbo-1106"),
  rows("2024-01-25", [0.5, none, none, 1.5], "gpt-3.5-turbo gpt-3.5-turbo-0125"),
  // Of `gpt-4o` the version changed, and with it the price
  rows("2024-05-13", [5, none, none, 15], "gpt-4o gpt-4o-2024-05-13 chatgpt-4o-latest"),
  rows("2024-08-06", [2.5, 1.25, none, 10], "gpt-4o-2*"),
  rows("2024-10-02", [2.5, 1.25, none, 10], "gpt-4o"),
  rows("2024-07-18", [0.15, 0.075, none, 0.6], "gpt-4o-mini gpt-4o-mini-2*"),
  rows("2025-02-27", [75, 37.5, none, 150], "gpt-4.5-preview*"),
  rows("2025-04-14", [2, 0.5, none, 8], "gpt-4.1 gpt-4.1-2*"),
  rows("2025-04-14", [0.4, 0.1, none, 1.6], "gpt-4.1-mini*"),
  rows("2025-04-14", [0.1, 0.025, none, 0.4], "gpt-4.1-nano*"),
  rows("2024-09-12", [15, 7.5, none, 60], "o1 o1-2* o1-preview*"),
  rows("2024-09-12", [3, 1.5, none, 12], "o1-mini*"),
  rows("2025-01-31", [1.1, 0.55, none, 4.4], "o1-mini* o3-mini*"),
  rows("2025-03-19", [150, none, none, 600], "o1-pro*"),
  rows("2025-04-16", [10, 2.5, none, 40], "o3 o3-2* o3-deep-research*"),
  rows("2025-06-10", [2, 0.5, none, 8], "o3 o3-2*"),
  rows("2025-06-10", [20, none, none, 80], "o3-pro*"),
  rows("2025-04-16", [1.1, 0.275, none, 4.4], "o4-mini o4-mini-2*"),
  rows("2025-06-26", [2, 0.5, none, 8], "o4-mini-deep-research*"),
  rows("2025-08-07", [1.25, 0.125, none, 10], "gpt-5 gpt-5-2* gpt-5-chat* gpt-5-codex gpt-5-codex-2*"),
  rows("2025-08-07", [0.25, 0.025, none, 2], "gpt-5-mini*"),
  rows("2025-08-07", [0.05, 0.005, none, 0.4], "gpt-5-nano*"),
  rows("2025-10-06", [15, none, none, 120], "gpt-5-pro*"),
  rows("2025-11-13", [1.25, 0.125, none, 10], "gpt-5.1 gpt-5.1-2* gpt-5.1-chat* gpt-5.1-codex gpt-5.1-codex-max*"),
  rows("2025-11-13", [0.25, 0.025, none, 2], "gpt-5.1-codex-mini*"),
  rows(
    "2025-12-11",
    [1.75, 0.175, none, 14],
    "gpt-5.2 gpt-5.2-2* gpt-5.2-chat* gpt-5.2-codex* gpt-5.3-chat* gpt-5.3-codex"
  ),
  rows("2025-12-11", [21, none, none, 168], "gpt-5.2-pro*"),
  rows("2026-03-05", [2.5, 0.25, none, 15], "gpt-5.4 gpt-5.4-2*"),
  rows("2026-03-05", [30, none, none, 180], "gpt-5.4-pro*"),
  rows("2026-03-17", [0.75, 0.075, none, 4.5], "gpt-5.4-mini*"),
  rows("2026-03-17", [0.2, 0.02, none, 1.25], "gpt-5.4-nano*"),
  rows("2026-04-23", [5, 0.5, none, 30], "gpt-5.5 gpt-5.5-2*"),
  rows("2026-04-23", [30, none, none, 180], "gpt-5.5-pro*"),
  rows("2026-04-24", [5, 0.5, 6.25, 30], "gpt-5.6 gpt-5.6-sol"),
  rows("2026-08-21", [4, 0.4, 5, 20], "gpt-5.6 gpt-5.6-sol"),
  rows("2026-04-24", [2.5, 0.25, 3.125, 15], "gpt-5.6-terra"),
  rows("2026-07-30", [2, 0.2, 2.5, 12], "gpt-5.6-terra"),
  rows("2026-04-24", [1, 0.1, 1.25, 6], "gpt-5.6-luna"),
  rows("2026-07-30", [0.2, 0.02, 0.25, 1.2], "gpt-5.6-luna"),
  rows("2026-04-24", [10, 1, 12.5, 50], "gpt-6-astra"),
  rows("2026-04-24", [2, 0.2, 2.5, 10], "gpt-6-sol"),
  rows("2026-04-24", [0.1, 0.01, 0.125, 0.5], "gpt-6-luna"),
  rows("2026-09-24", [2, 0.1, 2.5, 10], "gpt-6.1-sol"),
  rows("2026-09-24", [1, 0.05, 1.25, 5], "gpt-6.1-terra"),
  rows("2024-01-25", [0.02, none, none, 0], "text-embedding-3-small*"),
  rows("2024-01-25", [0.13, none, none, 0], "text-embedding-3-large*"),
  rows("2023-06-13", [0.1, none, none, 0], "text-embedding-ada-002*")
]

// https://www.anthropic.com/pricing#api, https://docs.claude.com/en/docs/about-claude/pricing
const anthropic = [
  rows("2024-03-04", [15, 1.5, 18.75, 75], "claude-3-opus*"),
  rows("2024-03-04", [3, 0.3, 3.75, 15], "claude-3-sonnet* claude-3-5-sonnet* claude-3-7-sonnet*"),
  rows("2024-03-13", [0.25, 0.03, 0.3, 1.25], "claude-3-haiku*"),
  rows("2024-11-04", [0.8, 0.08, 1, 4], "claude-3-5-haiku*"),
  // A whole name, an alias, or a day; not a next version
  rows(
    "2025-05-22",
    [15, 1.5, 18.75, 75],
    "claude-opus-4 claude-opus-4-2* claude-opus-4@* claude-opus-4-0* claude-opus-4-1*"
  ),
  rows("2025-05-22", [15, 1.5, 18.75, 75], "claude-4-opus*"),
  rows("2025-05-22", [3, 0.3, 3.75, 15], "claude-sonnet-4 claude-sonnet-4-2* claude-sonnet-4@* claude-sonnet-4-0*"),
  rows("2025-05-22", [3, 0.3, 3.75, 15], "claude-4-sonnet* claude-sonnet-4-5* claude-sonnet-4-6*"),
  rows("2025-10-15", [1, 0.1, 1.25, 5], "claude-haiku-4-5*"),
  rows("2025-11-24", [5, 0.5, 6.25, 25], "claude-opus-4-5* claude-opus-4-6* claude-opus-4-7* claude-opus-4-8*"),
  rows("2026-04-16", [5, 0.5, 6.25, 25], "claude-opus-5 claude-opus-5-2* claude-opus-5@*"),
  rows("2026-04-16", [4, 0.2, 5, 20], "claude-opus-5-5*"),
  rows("2026-04-16", [2, 0.2, 2.5, 10], "claude-sonnet-5 claude-sonnet-5-2* claude-sonnet-5@*"),
  rows("2026-04-16", [2, 0.1, 2.5, 10], "claude-sonnet-5-5*"),
  rows("2026-09-24", [0.1, 0.01, 0.125, 0.5], "claude-haiku-5-5*"),
  rows("2026-04-16", [10, 1, 12.5, 50], "claude-fable-5 claude-fable-5-2* claude-fable-5@*"),
  rows("2026-04-16", [10, 0.25, 12.5, 50], "claude-fable-5-1*")
]

// https://ai.google.dev/gemini-api/docs/pricing
const google = [
  rows("2024-10-01", [1.25, 0.3125, none, 5], "gemini-1.5-pro*"),
  rows("2024-08-12", [0.075, 0.01875, none, 0.3], "gemini-1.5-flash*"),
  rows("2024-10-03", [0.0375, 0.01, none, 0.15], "gemini-1.5-flash-8b*"),
  rows("2025-02-05", [0.1, 0.025, none, 0.4], "gemini-2.0-flash gemini-2.0-flash-0*"),
  rows("2025-02-25", [0.075, none, none, 0.3], "gemini-2.0-flash-lite*"),
  rows("2025-04-04", [1.25, 0.125, none, 10], "gemini-2.5-pro gemini-2.5-pro-preview-0*"),
  rows("2025-06-17", [0.3, 0.03, none, 2.5], "gemini-2.5-flash gemini-2.5-flash-0* gemini-2.5-flash-preview-09*"),
  rows(
    "2025-07-22",
    [0.1, 0.01, none, 0.4],
    "gemini-2.5-flash-lite gemini-2.5-flash-lite-0* gemini-2.5-flash-lite-preview-0*"
  ),
  rows("2025-11-18", [2, 0.2, none, 12], "gemini-3-pro-preview gemini-3.1-pro-preview*"),
  rows("2025-12-17", [0.5, 0.05, none, 3], "gemini-3-flash-preview"),
  rows("2026-01-01", [0.25, 0.025, none, 1.5], "gemini-3.1-flash-lite gemini-3.1-flash-lite-preview"),
  rows("2026-01-01", [1.5, 0.15, none, 9], "gemini-3.5-flash"),
  rows("2026-01-01", [0.3, 0.03, none, 2.5], "gemini-3.5-flash-lite"),
  rows("2026-01-01", [0.75, 0.075, none, 3.75], "gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash"),
  // Announced
  rows("2027-01-01", [1.5, 0.15, none, 7.5], "gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash"),
  rows("2026-09-24", [2, 0.1, none, 10], "gemini-4-argon")
]

// https://api-docs.deepseek.com/quick_start/pricing, https://mistral.ai/pricing, https://docs.x.ai/docs/models
const others = [
  rows("2025-02-08", [0.27, 0.07, none, 1.1], "deepseek-chat"),
  rows("2025-02-08", [0.55, 0.14, none, 2.19], "deepseek-reasoner"),
  rows("2025-09-05", [0.56, 0.07, none, 1.68], "deepseek-chat deepseek-reasoner"),
  rows("2025-09-29", [0.28, 0.028, none, 0.42], "deepseek-chat deepseek-reasoner"),
  rows("2024-11-18", [2, none, none, 6], "mistral-large-24* mistral-large-latest pixtral-large*"),
  rows("2025-12-02", [0.5, 0.05, none, 1.5], "mistral-large-2512 mistral-large-latest"),
  rows("2025-05-07", [0.4, 0.04, none, 2], "mistral-medium-25* mistral-medium-latest"),
  rows("2026-06-16", [1.5, 0.15, none, 7.5], "mistral-medium-latest mistral-medium-2604"),
  rows("2025-01-30", [0.1, none, none, 0.3], "mistral-small-25* mistral-small-latest"),
  rows("2026-03-01", [0.15, 0.015, none, 0.6], "mistral-small-2603 mistral-small-latest"),
  rows("2025-08-01", [0.3, 0.03, none, 0.9], "codestral-2508 codestral-latest"),
  rows("2025-02-17", [3, 0.75, none, 15], "grok-3 grok-4 grok-4-0709"),
  rows("2025-02-17", [0.3, 0.075, none, 0.5], "grok-3-mini"),
  rows("2025-09-19", [0.2, 0.05, none, 0.5], "grok-4-fast* grok-4-1-fast*"),
  rows(
    "2026-01-01",
    [1.25, 0.2, none, 2.5],
    "grok-4.20 grok-4.20-0* grok-4.20-reasoning* grok-4.20-non-reasoning* grok-4.3*"
  ),
  rows("2026-01-01", [2, 0.3, none, 6], "grok-4.5*"),
  rows("2026-01-01", [2, 0.5, none, 6], "grok-4.6*")
]

export const listed = { updated: "2026-11-21", prices: [...openai, ...anthropic, ...google, ...others].flat() }
