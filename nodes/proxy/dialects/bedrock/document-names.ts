// Bedrock Converse: names of documents. Each document of a request has a name of its own there, without regard to case.

/** The API accepts no longer names. */
const charactersMax = 200

export class DocumentNames {
  readonly #taken = new Set<string>()

  /** A name that no other document of the request has. */
  write(name: string | undefined): string {
    const plain = plainName(name)
    let written = plain
    for (let n = 2; this.#taken.has(written.toLowerCase()); n++) {
      const ending = ` (${n})`
      written = plain.slice(0, charactersMax - ending.length).trimEnd() + ending
    }
    this.#taken.add(written.toLowerCase())
    return written
  }
}

/** Bedrock refuses names with other characters than letters, digits, single spaces, hyphens and brackets. */
function plainName(name = ''): string {
  const plain = name
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .replace(/[^A-Za-z0-9\s()[\]-]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
  return /[A-Za-z0-9]/.test(plain) ? plain.slice(0, charactersMax).trimEnd() : 'document'
}
