// The node's own copy of its configuration, so that it can serve with the log gone or damaged: a snapshot file, and a tail
// file to which every event is appended after it was applied. The tail is not synced: it survives a kill, and a power cut
// only matters when it damages the log at the same moment. The two newest snapshots stay, and the older one's tail ends
// where the newer one begins, so that either snapshot alone leads to the head.
import { join } from 'node:path'
import { stateFromJson, stateToJson } from '../../shared/config/snapshot.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'
import { writeFileAtomically } from '../data-folder/atomic-file.ts'
import { type Disk, type DiskFile, fileSystem } from '../data-folder/disk.ts'
import type { StoredEvent } from './config-log.ts'
import { macOf, sameMac } from './event-codec.ts'
import { encodeRecord, foldTail } from './last-good-tail.ts'

export interface CopyFinding {
  /** The newest state that verifies. */
  state: ConfigState | undefined
  /** What of the copy does not verify, if anything. */
  damage: string | undefined
}

export interface LastGoodOptions {
  folder: string
  macKey: Uint8Array
  notify: Notify
  /** Events after which a new snapshot replaces a growing tail. */
  tailEventsMax?: number
  disk?: Disk
}

interface Tail {
  file: DiskFile
  events: number
  bytes: number
}

export class LastGood {
  readonly #options: LastGoodOptions
  readonly #disk: Disk
  #tail: Tail | undefined

  constructor(options: LastGoodOptions) {
    this.#options = options
    this.#disk = options.disk ?? fileSystem
  }

  read(): CopyFinding {
    const revisions = this.#list('json')
    const tails = this.#list('tail')
    const finding: CopyFinding = { state: undefined, damage: undefined }
    for (const revision of revisions.toReversed()) {
      finding.state = this.#readSnapshot(revision)
      if (finding.state !== undefined) break
      finding.damage ??= `last-good-${revision}.json does not verify`
    }
    if (finding.state === undefined && tails.length > 0)
      finding.damage ??= 'the snapshots of the last good copy are gone'
    for (const revision of tails) this.#readTail(revision, finding)
    return finding
  }

  /** Keeps `state`, which was folded from `events` on top of what was kept before. A failure is told, not thrown. */
  record(state: ConfigState, events: readonly StoredEvent[]): void {
    try {
      // Into the old tail first, also when a snapshot follows: it has to lead up to the new one.
      if (this.#tail !== undefined) this.#append(this.#tail, events)
      if (this.#tail === undefined || this.#isLong(this.#tail)) this.#writeSnapshot(state)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** A new snapshot, unless the newest one is already of this revision. */
  snapshot(state: ConfigState): void {
    if (this.#tail?.events === 0) return
    try {
      this.#writeSnapshot(state)
    } catch (error) {
      this.#failed(error)
    }
  }

  close(): void {
    this.#tail?.file.close()
    this.#tail = undefined
  }

  #isLong({ events, bytes }: Tail): boolean {
    return events >= (this.#options.tailEventsMax ?? tailEventsMax) || bytes > tailBytesMax
  }

  #failed(error: unknown): void {
    // The tail may end in half a record now: nothing may follow it.
    this.close()
    const message = error instanceof Error ? error.message : String(error)
    this.#options.notify({ type: 'warning', message: `the last good copy could not be written: ${message}` })
  }

  #append(tail: Tail, events: readonly StoredEvent[]): void {
    const records = Buffer.concat(events.map(encodeRecord))
    tail.file.write(records)
    tail.events += events.length
    tail.bytes += records.byteLength
  }

  #writeSnapshot(state: ConfigState): void {
    const text = JSON.stringify(stateToJson(state))
    const { revision, hash } = state
    const head = JSON.stringify({ version: 1, revision, hash, mac: this.#mac(text) })
    writeFileAtomically(this.#path(revision, 'json'), `${head}\n${text}\n`, { disk: this.#disk })
    this.close()
    this.#tail = { file: this.#disk.open(this.#path(revision, 'tail'), 'replace'), events: 0, bytes: 0 }
    this.#prune(revision)
  }

  // What lies above a state that the log just proved is debris.
  #prune(revision: number): void {
    const kept = this.#list('json').filter((one) => one <= revision)
    const oldest = kept.at(-2) ?? revision
    for (const kind of ['json', 'tail'] as const) {
      for (const one of this.#list(kind)) {
        if (one < oldest || one > revision) this.#disk.remove(this.#path(one, kind))
      }
    }
  }

  #readSnapshot(revision: number): ConfigState | undefined {
    try {
      const content = this.#disk.read(this.#path(revision, 'json'))?.toString('utf8') ?? ''
      const end = content.indexOf('\n')
      const text = content.slice(end + 1, -1)
      const head = JSON.parse(content.slice(0, end)) as Record<string, unknown>
      const expected = { version: 1, revision, hash: head['hash'], mac: this.#mac(text) }
      if (!sameMac(content.slice(0, end), JSON.stringify(expected))) return undefined
      const state = stateFromJson(JSON.parse(text))
      if (!state.ok || state.value.revision !== revision || state.value.hash !== head['hash']) return undefined
      return content.endsWith('\n') ? state.value : undefined
    } catch {
      return undefined
    }
  }

  #readTail(revision: number, finding: CopyFinding): void {
    const { state } = finding
    if (state === undefined || revision < state.revision) return
    const name = `last-good-${revision}.tail`
    if (revision > state.revision) {
      finding.damage ??= `nothing leads from revision ${state.revision} to ${name}`
      return
    }
    const damage = this.#foldTail(revision, state)
    if (damage !== undefined) finding.damage ??= `${name}: ${damage}`
  }

  #foldTail(revision: number, state: ConfigState): string | undefined {
    try {
      const content = this.#disk.read(this.#path(revision, 'tail')) ?? Buffer.alloc(0)
      return foldTail(state, content, this.#options.macKey)
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Revisions of which there is a file of this kind, ascending. */
  #list(kind: 'json' | 'tail'): number[] {
    const pattern = kind === 'json' ? /^last-good-(\d{1,15})\.json$/ : /^last-good-(\d{1,15})\.tail$/
    const names = this.#disk.list(this.#options.folder)
    const revisions = names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number)
    return revisions.sort((a, b) => a - b)
  }

  #path(revision: number, kind: 'json' | 'tail'): string {
    return join(this.#options.folder, `last-good-${revision}.${kind}`)
  }

  #mac(text: string): string {
    return macOf(`last-good ${text}`, this.#options.macKey)
  }
}

const tailEventsMax = 1_000
const tailBytesMax = 8 << 20
