// Owners and targets have a row each, which events refer to. A row that no kept event can refer to goes.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { MoneyEvent } from './money-event.ts'

const knownMax = 10_000

class NameTable {
  readonly #add: StatementSync
  readonly #find: StatementSync
  readonly #use: StatementSync
  readonly #forget: StatementSync
  /** Ids by names, of rows that were used on the present day. */
  readonly #known = new Map<string, number>()
  #day = 0

  constructor(database: DatabaseSync, table: string, columns: readonly string[]) {
    const marks = columns.map(() => '?').join(', ')
    this.#add = database.prepare(
      `INSERT INTO ${table} (day, ${columns.join(', ')}) VALUES (?, ${marks}) ON CONFLICT DO NOTHING`,
    )
    this.#find = database.prepare(`SELECT id FROM ${table} WHERE ${columns.map((name) => `${name} = ?`).join(' AND ')}`)
    this.#use = database.prepare(`UPDATE ${table} SET day = ? WHERE id = ? AND day < ?`)
    this.#forget = database.prepare(`DELETE FROM ${table} WHERE day < ?`)
  }

  idOf(names: readonly string[], day: number): number {
    if (day !== this.#day || this.#known.size >= knownMax) this.#known.clear()
    this.#day = day
    const text = JSON.stringify(names)
    const known = this.#known.get(text)
    if (known !== undefined) return known
    this.#add.run(day, ...names)
    const id = Number(this.#find.get(...names)?.['id'])
    this.#use.run(day, id, day)
    this.#known.set(text, id)
    return id
  }

  forgetBefore(day: number): void {
    this.#forget.run(day)
  }

  /** Drops what a transaction that failed may have made. */
  clear(): void {
    this.#known.clear()
  }
}

export class LedgerNames {
  readonly #owners: NameTable
  readonly #targets: NameTable

  constructor(database: DatabaseSync) {
    this.#owners = new NameTable(database, 'ledgerOwner', ['"key"', 'team', '"user"', 'app', 'costCenter'])
    this.#targets = new NameTable(database, 'ledgerTarget', ['model', 'provider', 'target'])
  }

  ownerOf({ key, team, summedUser, app, costCenter }: MoneyEvent, day: number): number {
    return this.#owners.idOf([key, team, summedUser, app, costCenter], day)
  }

  targetOf({ model, provider, target }: MoneyEvent, day: number): number {
    return this.#targets.idOf([model, provider, target], day)
  }

  forgetBefore(day: number): void {
    this.#owners.forgetBefore(day)
    this.#targets.forgetBefore(day)
  }

  clear(): void {
    this.#owners.clear()
    this.#targets.clear()
  }
}
