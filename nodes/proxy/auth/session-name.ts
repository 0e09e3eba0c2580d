// The session or run that a caller names, so that its requests can be counted and stopped together.

export interface NamedHeaders {
  header(name: string): string | undefined
}

/** '' where the caller names none. */
export function sessionIn(head: NamedHeaders): string {
  return head.header('x-headgate-session-id') ?? ''
}
