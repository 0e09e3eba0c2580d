// The node's own copy of its configuration, so that it can serve while the log is gone or damaged, and need not fold
// its history at a start: a snapshot, and a tail to which every event is appended once it is proven. The tail is not
// synced: it survives a kill, and a power cut only matters when it damages the log at the same moment.
//
// A long tail is followed by a new one, and the snapshot at its beginning is written in the background: until it
// exists, the previous snapshot leads through both tails. The two newest snapshots stay, so that each of them alone
// leads to the head; older ones become checkpoints.
import { join } from 'node:path'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notify } from '../../../shared/notice.ts'
import { type Disk, type DiskFile, fileSystem } from '../../data-folder/disk.ts'
import type { StoredEvent } from '../log/config-log.ts'
import type { LogKey } from '../log/log-key.ts'
import { Checkpoints } from './checkpoints.ts'
import { encodeRecord, foldTail } from './last-good-tail.ts'
import { readState, writeState } from './state-file.ts'

export interface CopyFinding {
  /** The newest state of the copy that verifies. */
  state: ConfigState | undefined
  /** What part of the copy does not verify, if any. */
  damage: string | undefined
}

export interface LastGoodOptions {
  folder: string
  macKey: LogKey
  notify: Notify
  /** The number of events after which a new snapshot replaces a growing tail. */
  tailEventsMax?: number
  disk?: Disk
}

interface Tail {
  /** The revision of the snapshot that the tail follows. */
  base: number
  /** The revision of the last event of the tail. */
  revision: number
  bytes: number
}

export class LastGood {
  readonly #options: LastGoodOptions
  readonly #disk: Disk
  readonly checkpoints: Checkpoints
  /** The tail that was found on disk, which may be continued. */
  #found: Tail | undefined
  #tail: (Tail & { file: DiskFile }) | undefined
  #writing: Promise<void> | undefined
  /** The last snapshot could not be written, so the present tail may follow no snapshot. */
  #isDue = false

  constructor(options: LastGoodOptions) {
    this.#options = options
    this.#disk = options.disk ?? fileSystem
    this.checkpoints = new Checkpoints({ folder: options.folder, macKey: options.macKey, disk: this.#disk })
  }

  read(): CopyFinding {
    const revisions = this.#list('json')
    const tails = this.#list('tail')
    const finding: CopyFinding = { state: undefined, damage: undefined }
    this.#found = undefined
    for (const revision of revisions.toReversed()) {
      finding.state = this.#readSnapshot(revision)
      if (finding.state !== undefined) break
      finding.damage ??= `last-good-${revision}.json does not verify`
    }
    if (finding.state === undefined && tails.length > 0)
      finding.damage ??= 'the snapshots of the last good copy are gone'
    for (const revision of tails) this.#readTail(revision, finding)
    if (finding.damage !== undefined) this.#found = undefined
    return finding
  }

  /** Appends events that follow the kept ones. A failure is reported, not thrown. */
  append(events: readonly StoredEvent[]): void {
    const [first] = events
    if (first === undefined) return
    try {
      this.#resume(first.revision - 1)
      if (this.#tail?.revision !== first.revision - 1) return this.#drop()
      const records = Buffer.concat(events.map(encodeRecord))
      this.#tail.file.write(records, this.#tail.bytes)
      this.#tail.revision += events.length
      this.#tail.bytes += records.byteLength
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Called when every event up to `state` was appended; nobody may fold `state` on. Begins a new snapshot when one is
   *  due. */
  settle(state: ConfigState): void {
    try {
      this.#resume(state.revision)
      if (this.#tail?.revision !== state.revision) this.#drop()
      if (this.#writing !== undefined) return
      if (this.#isDue || this.#tail === undefined || this.#isLong(this.#tail)) this.#begin(state)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Keeps a state of the past that took long to fold. */
  keepForTravel(state: ConfigState): void {
    this.checkpoints.add(state).catch((error) => this.#tell(error))
  }

  /** Resolves once the snapshot under way is written. */
  async settled(): Promise<void> {
    await this.#writing
  }

  /** Closes the copy. `state` is the one that the next start has to find, whatever went wrong before. */
  async close(state?: ConfigState): Promise<void> {
    await this.#writing
    if (state !== undefined) this.settle(state)
    await this.#writing
    const file = this.#tail?.file
    this.#tail = undefined
    try {
      await file?.settle()
    } catch (error) {
      this.#failed(error)
    }
    file?.close()
  }

  #isLong({ base, revision, bytes }: Tail): boolean {
    return revision - base >= (this.#options.tailEventsMax ?? tailEventsMax) || bytes > tailBytesMax
  }

  /** Continues the tail that was found on disk, if it leads to `revision`. */
  #resume(revision: number): void {
    const found = this.#found
    this.#found = undefined
    if (this.#tail !== undefined || found?.revision !== revision) return
    const file = this.#disk.open(this.#path(found.base, 'tail'), 'keep')
    this.#tail = { ...found, file }
  }

  #failed(error: unknown): void {
    // The tail may end in half a record: nothing may follow it.
    this.#drop()
    this.#tell(error)
  }

  #tell(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#options.notify({ type: 'warning', message: `the last good copy could not be written: ${message}` })
  }

  #drop(): void {
    this.#tail?.file.close()
    this.#tail = undefined
  }

  #begin(state: ConfigState): void {
    this.#drop()
    const { revision } = state
    const file = this.#disk.open(this.#path(revision, 'tail'), 'replace')
    this.#tail = { base: revision, revision, bytes: 0, file }
    this.#isDue = false
    this.#writing = this.#write(state).finally(() => {
      this.#writing = undefined
    })
  }

  async #write(state: ConfigState): Promise<void> {
    try {
      await writeState(this.#path(state.revision, 'json'), state, { disk: this.#disk, macKey: this.#options.macKey })
      this.#prune(state.revision)
    } catch (error) {
      this.#isDue = true
      this.#tell(error)
    }
  }

  // Removes all files above a state that the log has just proven, and turns older snapshots into checkpoints.
  #prune(revision: number): void {
    const snapshots = this.#list('json')
    const kept = snapshots.filter((one) => one <= revision)
    const oldest = kept.at(-2) ?? revision
    for (const one of kept) if (one < oldest) this.checkpoints.keep(one)
    for (const one of snapshots) if (one > revision) this.#disk.remove(this.#path(one, 'json'))
    for (const one of this.#list('tail')) {
      if (one < oldest || one > revision) this.#disk.remove(this.#path(one, 'tail'))
    }
  }

  #readSnapshot(revision: number): ConfigState | undefined {
    try {
      const content = this.#disk.read(this.#path(revision, 'json'))
      return content === undefined ? undefined : readState(content, revision, this.#options.macKey)
    } catch {
      return undefined
    }
  }

  #readTail(base: number, finding: CopyFinding): void {
    const { state } = finding
    if (state === undefined || base < state.revision) return
    const name = `last-good-${base}.tail`
    if (base > state.revision) {
      finding.damage ??= `nothing leads from revision ${state.revision} to ${name}`
      return
    }
    try {
      const content = this.#disk.read(this.#path(base, 'tail')) ?? Buffer.alloc(0)
      const damage = foldTail(state, content, this.#options.macKey)
      if (damage !== undefined) finding.damage ??= `${name}: ${damage}`
      this.#found = { base, revision: state.revision, bytes: content.byteLength }
    } catch (error) {
      finding.damage ??= `${name}: ${(error as Error).message}`
    }
  }

  /** Returns the revisions that have a file of this kind, ascending. */
  #list(kind: 'json' | 'tail'): number[] {
    const names = this.#disk.list(this.#options.folder)
    const pattern = kind === 'json' ? /^last-good-(\d{1,15})\.json$/ : /^last-good-(\d{1,15})\.tail$/
    const revisions = names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number)
    return revisions.sort((a, b) => a - b)
  }

  #path(revision: number, kind: 'json' | 'tail'): string {
    return join(this.#options.folder, `last-good-${revision}.${kind}`)
  }
}

/** The most events of a tail: a start folds them in about a tenth of a second. */
const tailEventsMax = 10_000
const tailBytesMax = 8 << 20
