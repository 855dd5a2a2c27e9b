/**
 * The evaluators that come with the package, each in a module of its own.
 *
 * @since 0.1.0
 */
export { bleu } from "./evaluators/Bleu.ts"
export { composite } from "./evaluators/Composite.ts"
export { contains } from "./evaluators/Contains.ts"
export { cost } from "./evaluators/Cost.ts"
export { type Embed, embeddingSimilarity } from "./evaluators/EmbeddingSimilarity.ts"
export { exactMatch } from "./evaluators/ExactMatch.ts"
export { jsonValid } from "./evaluators/JsonValid.ts"
export { latency } from "./evaluators/Latency.ts"
export { levenshtein } from "./evaluators/Levenshtein.ts"
export { llmJudge } from "./evaluators/LlmJudge.ts"
export { numericTolerance } from "./evaluators/NumericTolerance.ts"
export { regex } from "./evaluators/Regex.ts"
export { rouge } from "./evaluators/Rouge.ts"
export { tokens } from "./evaluators/Tokens.ts"
export { toolCalls, type ToolExpectations } from "./evaluators/ToolCalls.ts"
