/**
 * Programs to run and to read; each folder is one.
 */
export { answer, NoAnswer } from "./support-agent/Agent.ts"
