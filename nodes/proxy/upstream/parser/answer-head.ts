// The head of an answer as one string. A request reads two or three of its fields, so fields are looked up when they are
// needed, and no object of headers is ever made.

import type { UpstreamHead } from '../upstream.ts'
import { isBlank } from './character-tables.ts'

export class AnswerHead implements UpstreamHead {
  readonly status: number
  /** Status line and field lines, each ending in CRLF, then the empty line. The parser has checked them. */
  readonly #text: string
  #lowered: string | undefined

  constructor(status: number, text: string) {
    this.status = status
    this.#text = text
  }

  header(name: string): string | undefined {
    if (name === 'set-cookie') return undefined
    // In latin1 no character changes its length in lower case, so places in one string are places in the other.
    this.#lowered ??= this.#text.toLowerCase()
    const found = this.#lowered.indexOf(`\r\n${name}:`)
    return found < 0 ? undefined : fieldValue(this.#text, found + name.length + 3)
  }

  headersLike(prefix: string): string[] {
    this.#lowered ??= this.#text.toLowerCase()
    const found: string[] = []
    for (
      let at = this.#lowered.indexOf(`\r\n${prefix}`);
      at >= 0;
      at = this.#lowered.indexOf(`\r\n${prefix}`, at + 2)
    ) {
      const nameEnd = this.#lowered.indexOf(':', at)
      found.push(this.#lowered.slice(at + 2, nameEnd), fieldValue(this.#text, nameEnd + 1))
    }
    return found
  }
}

/** Returns the value that starts at `from` and runs to the end of its line, without the blanks around it. `trim()` would
 *  remove a no-break space too. */
export function fieldValue(head: string, from: number): string {
  let start = from
  let end = head.indexOf('\r', from)
  while (start < end && isBlank(head.charCodeAt(start))) start++
  while (end > start && isBlank(head.charCodeAt(end - 1))) end--
  return head.slice(start, end)
}
