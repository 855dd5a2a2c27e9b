/**
 * Adapters that turn other libraries' activity into spans.
 *
 * @since 0.1.0
 */
export * as EffectAi from "./EffectAi.ts"
export * as Http from "./Http.ts"
