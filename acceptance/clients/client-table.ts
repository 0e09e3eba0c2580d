// Writes the results of a run of clients into a part of docs/clients/README.md, between two marks.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { clientKinds } from './kinds.ts'

const page = fileURLToPath(new URL('../../docs/clients/README.md', import.meta.url))

/** The results by client and kind of provider. Cells that were not run stay as the page has them. */
export class ClientTable {
  readonly #part: string
  readonly #cells = new Map<string, Map<string, string[]>>()

  constructor(part: string) {
    this.#part = part
  }

  /** Begins a cell, which shows the results of this run and no longer those of the page. */
  runs(client: string, kind: string): void {
    const row = this.#cells.get(client) ?? new Map<string, string[]>()
    if (!row.has(kind)) row.set(kind, [])
    this.#cells.set(client, row)
  }

  holds(client: string, kind: string, what: string): void {
    this.#cells.get(client)?.get(kind)?.push(what)
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

  #print(before: string): string {
    const names = ['client', ...clientKinds.map(({ name }) => `\`${name}\``)]
    const head = [names, names.map(() => '---')].map(printed)
    const rows = rowsIn(before)
    for (const [client, cells] of this.#cells) {
      const old = rows.get(client) ?? []
      const now = clientKinds.map(({ name }, i) => toldOf(cells.get(name)) ?? old[i] ?? '–')
      rows.set(client, now)
    }
    return [...head, ...[...rows].map(([client, cells]) => printed([client, ...cells]))].join('')
  }
}

function toldOf(held: readonly string[] | undefined): string | undefined {
  return held?.length === 0 ? '✗' : held?.join(', ')
}

/** The rows of a table by client, without the two lines of the table's head. */
function rowsIn(table: string): Map<string, readonly string[]> {
  const lines = table
    .split('\n')
    .slice(2)
    .filter((line) => line !== '')
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return new Map(cells.map(([client = '', ...rest]) => [client, rest]))
}

function printed(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`
}
