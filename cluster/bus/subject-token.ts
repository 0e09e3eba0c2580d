// A name that somebody chose, as one token of a subject: dots separate tokens, blanks end a subject, and `*` and `>` match
// others. Two names never become the same token.

/** Names are seldom longer than their token; `=` begins an escaped byte. */
export function subjectToken(name: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(name)) return name
  const bytes = new TextEncoder().encode(name)
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9_-]/.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
