// Writes the results of a run of clients into a part of docs/clients/README.md, between two marks.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { clientKinds } from './kinds.ts'

const page = fileURLToPath(new URL('../../docs/clients/README.md', import.meta.url))

/** By client, then by kind of provider: what held. */
export class ClientTable {
  readonly #part: string
  readonly #held = new Map<string, Map<string, string[]>>()

  constructor(part: string) {
    this.#part = part
  }

  /** A client that is run has a row, whatever comes of it. */
  row(client: string): void {
    if (!this.#held.has(client)) this.#held.set(client, new Map())
  }

  holds(client: string, kind: string, what: string): void {
    this.row(client)
    const row = this.#held.get(client)
    row?.set(kind, [...(row.get(kind) ?? []), what])
  }

  /** Whether the page said the same before. */
  write(): boolean {
    const before = readFileSync(page, 'utf8')
    const [head, tail] = [`<!-- ${this.#part}: written by the tests -->\n`, `<!-- end of ${this.#part} -->`]
    const start = before.indexOf(head) + head.length
    const end = before.indexOf(tail)
    if (start < head.length || end < start) throw new Error(`${page} has no part for ${this.#part}`)
    const now = before.slice(0, start) + this.#print(before.slice(start, end)) + before.slice(end)
    if (now !== before) writeFileSync(page, now)
    return now === before
  }

  /** Rows of clients that were not run stay as they were. */
  #print(before: string): string {
    const names = ['client', ...clientKinds.map(({ name }) => `\`${name}\``)]
    const head = [names, names.map(() => '---')].map(printed)
    const kept = before
      .split('\n')
      .slice(head.length)
      .filter((line) => line !== '')
    const rows = new Map(kept.map((line) => [line.split('|')[1]?.trim() ?? '', `${line}\n`]))
    for (const [client, cells] of this.#held) {
      rows.set(client, printed([client, ...clientKinds.map(({ name }) => cells.get(name)?.join(', ') ?? '✗')]))
    }
    return [...head, ...rows.values()].join('')
  }
}

function printed(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`
}
