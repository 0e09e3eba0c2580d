// The history that a repair builds, in a file of its own beside the node's copy: it is complete and on disk before
// anything else is changed. The file of an interrupted repair is a source for the next one.
import { existsSync, renameSync, rmSync } from 'node:fs'
import type { StoredEvent } from '../log/config-log.ts'
import { SqliteLog } from '../sqlite/sqlite-log.ts'
import type { ChainSource } from './chain-track.ts'

const interruptedName = 'an interrupted repair'

export class RepairHistory {
  readonly #path: string
  readonly #interrupted: string
  #log: SqliteLog | undefined

  /** `logPath` is the path of the node's copy. */
  constructor(logPath: string) {
    this.#path = `${logPath}.repair`
    this.#interrupted = `${logPath}.repair-interrupted`
    // When both files exist, the older one is complete: it was a source of the newer.
    if (existsSync(this.#path) && !existsSync(this.#interrupted)) renameDatabase(this.#path, this.#interrupted)
    removeDatabase(this.#path)
  }

  get path(): string {
    return this.#path
  }

  get log(): SqliteLog {
    this.#log ??= new SqliteLog({ path: this.#path })
    return this.#log
  }

  /** Returns the history of an interrupted repair. The caller closes it. */
  leftover(): (ChainSource & { log: SqliteLog }) | undefined {
    if (!existsSync(this.#interrupted)) return undefined
    return { name: interruptedName, log: new SqliteLog({ path: this.#interrupted, readOnly: true }) }
  }

  /** Appends events. Throws when the disk fails. */
  async keep(events: StoredEvent[]): Promise<void> {
    const answers = await Promise.all(events.map((event) => this.log.append(event, event.revision - 1)))
    const refused = answers.find((answer) => !answer.ok)
    if (refused?.ok === false) throw new Error(`${this.#path} could not be written: ${refused.error.type}`)
  }

  async close(): Promise<void> {
    await this.#log?.close()
    this.#log = undefined
  }

  /** Removes the file, once the repair is done or when nothing was begun. */
  async discard(): Promise<void> {
    await this.close()
    removeDatabase(this.#path)
  }

  forgetLeftover(): void {
    removeDatabase(this.#interrupted)
  }
}

const parts = ['', '-wal', '-shm'] as const

/** Renames a database together with SQLite's files beside it. */
export function renameDatabase(from: string, to: string): void {
  for (const part of parts) if (existsSync(from + part)) renameSync(from + part, to + part)
}

function removeDatabase(path: string): void {
  for (const part of parts) rmSync(path + part, { force: true })
}
