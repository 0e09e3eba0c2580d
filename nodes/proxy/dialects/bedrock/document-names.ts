// Bedrock Converse: names of documents. Each document of a request has a name of its own there, without regard to case.
import { DistinctNames } from '../common/distinct-names.ts'

/** The API accepts no longer names. */
const charactersMax = 200

export class DocumentNames {
  readonly #distinct = new DistinctNames((name) => name.toLowerCase())

  /** A name that no other document of the request has. */
  write(name: string | undefined): string {
    const plain = plainName(name)
    const numbered = (n: number) => {
      const ending = ` (${n})`
      return plain.slice(0, charactersMax - ending.length).trimEnd() + ending
    }
    return this.#distinct.take({ name: plain, numbered })
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
