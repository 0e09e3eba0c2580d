// Records how each start of a node ended. A configuration that crashes its process would crash it again at each start,
// so a node that crashed three times within a minute goes back to the configuration it served well. The journal is
// written before a configuration is put to use, and not synced: the process is expected to crash, not the machine.
import { renameSync, writeFileSync } from 'node:fs'
import type { Clock, Timer } from '../../shared/clock.ts'
import { fileSystem } from './disk.ts'
import type { Hold } from './hold.ts'
import type { MemoryEnds } from './memory-ends.ts'
import { crashesOf, holdAfter, type Journal, type Start } from './start-rules.ts'

const startsMax = 20
/** A configuration that was served for this long does not crash the process. */
const wellAfterMs = 10_000

export class StartJournal {
  readonly #path: string
  readonly #clock: Clock
  readonly #memory: MemoryEnds
  #journal: Journal
  #start: Start | undefined
  #proving: { revision: number; timer: Timer } | undefined

  constructor(path: string, clock: Clock, memory: MemoryEnds) {
    this.#path = path
    this.#memory = memory
    this.#clock = clock
    this.#journal = read(path)
  }

  /** The number of crashes within the last minute. */
  get crashes(): number {
    return crashesOf(this.#journal, this.#clock.wallMs()).length
  }

  /** Records a start and returns the hold that applies to it. Call it once, before any configuration is put to use. */
  begin(): Hold | undefined {
    const nowMs = this.#clock.wallMs()
    const oomKills = this.#judgeLast()
    const hold = holdAfter(this.#journal, nowMs)
    this.#start = { atMs: nowMs, revision: 0, ended: false, oomKills }
    const starts = [...this.#journal.starts, this.#start].slice(-startsMax)
    this.#write({ ...this.#journal, starts, hold })
    return hold
  }

  /** Records that `revision` is about to be put to use. */
  serving(revision: number): void {
    if (this.#start === undefined || this.#start.revision === revision) return
    this.#start.revision = revision
    this.#write(this.#journal)
    this.#prove()
  }

  /** Ends the hold: the log has a newer configuration. */
  released(): void {
    this.#write({ ...this.#journal, hold: undefined })
  }

  /** Records that the process ends on purpose, so that the start does not count as a crash. */
  end(): void {
    this.#proving?.timer.cancel()
    if (this.#start === undefined) return
    this.#start.ended = true
    this.#write(this.#journal)
  }

  /** Notes whether the last run ended for want of memory. Answers the kernel's count of such ends. */
  #judgeLast(): number | undefined {
    const isMarked = this.#memory.takeMark()
    const oomKills = this.#memory.oomKills()
    const last = this.#journal.starts.at(-1)
    if (last === undefined || last.ended) return oomKills
    const wasKilled = oomKills !== undefined && last.oomKills !== undefined && oomKills > last.oomKills
    if (isMarked || wasKilled) last.byMemory = true
    return oomKills
  }

  #prove(): void {
    if (this.#proving !== undefined || this.#start === undefined) return
    const { revision } = this.#start
    const timer = this.#clock.after(wellAfterMs, () => {
      this.#proving = undefined
      this.#write({ ...this.#journal, well: Math.max(revision, this.#journal.well) })
      if (this.#start?.revision !== revision) this.#prove()
    })
    this.#proving = { revision, timer }
  }

  /** Ignores errors: a journal that cannot be written must not keep the node from serving. */
  #write(journal: Journal): void {
    this.#journal = journal
    try {
      writeFileSync(`${this.#path}.tmp`, JSON.stringify(journal), { mode: 0o600 })
      renameSync(`${this.#path}.tmp`, this.#path)
    } catch {
      // The disk is full or read-only, which other parts report.
    }
  }
}

const none: Journal = { starts: [], well: 0, hold: undefined }

function read(path: string): Journal {
  try {
    const text = fileSystem.read(path)?.toString('utf8')
    const value = text === undefined ? none : (JSON.parse(text) as Journal)
    return Array.isArray(value.starts) && typeof value.well === 'number' ? { ...none, ...value } : none
  } catch {
    return none
  }
}
