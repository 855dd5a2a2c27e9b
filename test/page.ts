/**
 * Builds the page before the tests, if anything that it is made of has changed.
 */
import { buildPage } from "../scripts/page.ts"

export const setup = async (): Promise<void> => {
  await buildPage()
}
