// What an upstream says may quote the credential that it was shown: echo servers do, and providers in errors about keys.
// Nobody but the operator may see that.

import { holdsSecret } from '../../../shared/config/kinds/providers/header-problem.ts'

const secretCharactersMin = 8
const replacement = '[redacted]'

/** The secrets in the header lines of an attempt: values of headers, and what stands behind a scheme such as `Bearer`. */
export function secretsIn(headerLines: string): string[] {
  const secrets: string[] = []
  for (const line of headerLines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 0 || !holdsSecret(line.slice(0, colon).toLowerCase())) continue
    const value = line.slice(colon + 1).trim()
    const parts = [value, value.slice(value.indexOf(' ') + 1)]
    for (const part of parts) if (part.length >= secretCharactersMin && !secrets.includes(part)) secrets.push(part)
  }
  // A long one may contain a short one.
  return secrets.sort((a, b) => b.length - a.length)
}

/** The same bytes where they quote none of the secrets. */
export function redactedBytes(bytes: Buffer, secrets: readonly string[]): Buffer {
  const found = secrets.filter((secret) => bytes.includes(secret))
  return found.length === 0 ? bytes : Buffer.from(redacted(bytes.toString('latin1'), found), 'latin1')
}

export function redacted(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) clean = clean.replaceAll(secret, replacement)
  return clean
}

export function redactedWords(words: string | undefined, secrets: readonly string[]): string | undefined {
  return words === undefined ? undefined : redacted(words, secrets)
}
