// Which headers a provider may send with every request: neither those that frame a message nor those that hold a secret.

/** `header` is in lower case; `seen` are the names before it. */
export function headerProblem(header: string, seen: ReadonlySet<string>): string | undefined {
  if (seen.has(header)) return 'this header stands here twice'
  if (framingHeaders.test(header)) return 'this header is set by the gateway'
  if (holdsSecret(header)) return 'headers are stored readable: a secret belongs into credentials'
  return undefined
}

/** Whether a header of this name, in lower case, holds a secret. */
export function holdsSecret(header: string): boolean {
  return secretHeaders.test(header)
}

const framingHeaders =
  /^(host|connection|content-length|content-type|transfer-encoding|te|trailer|upgrade|keep-alive|expect)$/
const secretHeaders =
  /^(authorization|proxy-authorization|cookie|api-key|x-api-key|x-goog-api-key)$|(^|-)(secret|token|password|apikey)$/
