/**
 * Tracing never changes the program: whatever goes wrong on our side, or in what a program hands us to read (a getter, a
 * revoked proxy, a hook), stays here.
 *
 * @returns `otherwise` where it throws
 */
export const safely: {
  <A>(evaluate: () => A): A | undefined
  <A>(evaluate: () => A, otherwise: A): A
} = <A>(evaluate: () => A, otherwise?: A) => {
  try {
    return evaluate()
  } catch {
    // The overloads above tell callers which of the two they get
    return otherwise as A
  }
}
