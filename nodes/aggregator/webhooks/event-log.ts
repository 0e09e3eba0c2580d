// The newest alert events, and whether their webhooks have been told: in memory, and in `usage.sqlite`, so that neither a
// restart nor another publisher begins an alert a second time or forgets to tell of one. Every aggregator keeps them: the
// publisher says them again each second, and an event is known by its id.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AlertDelivery } from '../../../shared/telemetry/slo-state.ts'
import type { Tally } from '../transactional-sum.ts'

export interface KeptEvent {
  readonly id: string
  readonly atMs: number
  readonly delivery: AlertDelivery
}

export class EventLog<Event extends KeptEvent> implements Tally {
  readonly #table: 'alert' | 'budgetAlert'
  readonly #eventsMax: number
  /** Alert events by id, oldest first. */
  readonly #events = new Map<string, Event>()
  readonly #unsaved = new Set<string>()
  #statements: { save: StatementSync; prune: StatementSync } | undefined

  constructor(table: 'alert' | 'budgetAlert', eventsMax: number) {
    this.#table = table
    this.#eventsMax = eventsMax
  }

  open(database: DatabaseSync): void {
    const table = this.#table
    database.exec(`CREATE TABLE IF NOT EXISTS ${table} (
      id TEXT PRIMARY KEY, atMs INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`)
    this.#statements = {
      save: database.prepare(`INSERT OR REPLACE INTO ${table} (id, atMs, body) VALUES (?, ?, ?)`),
      prune: database.prepare(
        `DELETE FROM ${table} WHERE id NOT IN (SELECT id FROM ${table} ORDER BY atMs DESC, id DESC LIMIT ?)`,
      ),
    }
    const stored = database.prepare(`SELECT body FROM ${table} ORDER BY atMs, id`).all()
    const known = [...this.#events.values()]
    this.#events.clear()
    for (const row of stored) this.#keep(JSON.parse(String(row['body'])) as Event)
    // What this node learned while the database was away.
    for (const event of known) this.put(event)
  }

  /** Oldest first. */
  events(): Event[] {
    return [...this.#events.values()]
  }

  has(id: string): boolean {
    return this.#events.has(id)
  }

  waiting(): Event[] {
    return this.events().filter(({ delivery }) => delivery === 'waiting')
  }

  /** A delivery never goes back to waiting: a message that is late knows less. */
  put(event: Event): void {
    const known = this.#events.get(event.id)
    if (known !== undefined && (known.delivery === event.delivery || known.delivery !== 'waiting')) return
    this.#keep(event)
    this.#unsaved.add(event.id)
    this.#save()
  }

  mark(id: string, delivery: AlertDelivery): void {
    const event = this.#events.get(id)
    if (event !== undefined) this.put({ ...event, delivery })
  }

  add(): void {}
  write(): void {}
  committed(): void {}
  forget(): void {}

  #keep(event: Event): void {
    this.#events.set(event.id, event)
    if (this.#events.size > this.#eventsMax) this.#events.delete(this.#events.keys().next().value!)
  }

  /** A disk that refuses is tried again with the next event; memory and the other aggregators have them meanwhile. */
  #save(): void {
    try {
      for (const id of this.#unsaved) {
        const event = this.#events.get(id)
        if (event !== undefined) this.#statements?.save.run(id, event.atMs, JSON.stringify(event))
        this.#unsaved.delete(id)
      }
      this.#statements?.prune.run(this.#eventsMax)
    } catch {
      // The committer, which writes each second into the same file, tells the operator.
    }
  }
}
