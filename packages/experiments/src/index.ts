/**
 * Evaluate an AI application over a dataset.
 *
 * @since 0.1.0
 */
export * as Dataset from "./Dataset.ts"
