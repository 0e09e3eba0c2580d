// Encodes a user-chosen name as one token of a subject. It must be encoded because dots separate tokens, blanks end a
// subject, and `*` and `>` are wildcards. Two names never get the same token.

/** Most names are their own token; `=` begins an escaped byte. */
export function subjectToken(name: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(name)) return name
  const bytes = new TextEncoder().encode(name)
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9_-]/.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
