// The newest alert events, and whether their webhooks have been told: in memory, and in `usage.sqlite`, so that neither a
// restart nor another publisher begins an alert a second time or forgets to tell of one. Every aggregator keeps them: the
// publisher says them again each second, and an event is known by its id.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ActiveAlert, AlertDelivery, AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import type { Tally } from '../transactional-sum.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS alert (
    id TEXT PRIMARY KEY, atMs INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`
const eventsMax = 1_000

export class AlertLog implements Tally {
  /** Alert events by id, oldest first. */
  readonly #events = new Map<string, AlertEvent>()
  readonly #unsaved = new Set<string>()
  #statements: { save: StatementSync; prune: StatementSync } | undefined

  open(database: DatabaseSync): void {
    database.exec(schema)
    this.#statements = {
      save: database.prepare('INSERT OR REPLACE INTO alert (id, atMs, body) VALUES (?, ?, ?)'),
      prune: database.prepare(
        'DELETE FROM alert WHERE id NOT IN (SELECT id FROM alert ORDER BY atMs DESC, id DESC LIMIT ?)',
      ),
    }
    const stored = database.prepare('SELECT body FROM alert ORDER BY atMs, id').all()
    const known = [...this.#events.values()]
    this.#events.clear()
    for (const row of stored) this.#keep(JSON.parse(String(row['body'])) as AlertEvent)
    // What this node learned while the database was away.
    for (const event of known) this.put(event)
  }

  /** Oldest first. */
  events(): AlertEvent[] {
    return [...this.#events.values()]
  }

  waiting(): AlertEvent[] {
    return this.events().filter(({ delivery }) => delivery === 'waiting')
  }

  /** A delivery never goes back to waiting: a message that is late knows less. */
  put(event: AlertEvent): void {
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

  /** Alerts that began and have not ended, by objective. */
  active(nowMs: number): Map<string, ActiveAlert[]> {
    const open = new Map<string, AlertEvent>()
    for (const event of this.#events.values()) {
      if (event.type === 'firing') open.set(event.alertId, event)
      else open.delete(event.alertId)
    }
    const active = new Map<string, ActiveAlert[]>()
    for (const { alertId: id, slo, severity, sinceMs, factor, longMs } of open.values()) {
      const alerts = active.get(slo) ?? []
      active.set(slo, [...alerts, { id, severity, sinceMs, factor, longMs, lastHeldMs: nowMs }])
    }
    return active
  }

  add(): void {}
  write(): void {}
  committed(): void {}
  forget(): void {}

  #keep(event: AlertEvent): void {
    this.#events.set(event.id, event)
    if (this.#events.size > eventsMax) this.#events.delete(this.#events.keys().next().value!)
  }

  /** A disk that refuses is tried again with the next event; memory and the other aggregators have them meanwhile. */
  #save(): void {
    try {
      for (const id of this.#unsaved) {
        const event = this.#events.get(id)
        if (event !== undefined) this.#statements?.save.run(id, event.atMs, JSON.stringify(event))
        this.#unsaved.delete(id)
      }
      this.#statements?.prune.run(eventsMax)
    } catch {
      // The committer, which writes each second into the same file, tells the operator.
    }
  }
}
