// What somebody threw, as text for operators.

/** The stack where there is one. */
export function textOfThrown(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
