// Keeps states of the past (former last good copies), so that going back to a revision starts from the nearest of them
// and not from the beginning. Their number and their bytes are bounded; when there are too many, those go that stand
// closest to others, so that the rest stays spread over the whole history.
import { join } from 'node:path'
import type { ConfigState } from '../../../shared/config/state.ts'
import { type Disk, fileSystem } from '../../data-folder/disk.ts'
import type { LogKey } from '../log/log-key.ts'
import { readStateGently, writeState } from './state-file.ts'

export interface CheckpointOptions {
  folder: string
  macKey: LogKey
  disk?: Disk
  most?: number
  bytesMax?: number
}

export class Checkpoints {
  readonly #options: CheckpointOptions
  readonly #disk: Disk
  #adding = false

  constructor(options: CheckpointOptions) {
    this.#options = options
    this.#disk = options.disk ?? fileSystem
  }

  /** Returns the newest kept state up to `revision`, from checkpoints and last good copies alike. */
  async nearest(revision: number): Promise<ConfigState | undefined> {
    const kept = (['checkpoint', 'last-good'] as const).flatMap((kind) =>
      this.#list(kind).map((one) => ({ revision: one, path: this.#path(kind, one) })),
    )
    const older = kept.filter((one) => one.revision <= revision).sort((a, b) => b.revision - a.revision)
    for (const one of older) {
      const state = await this.#read(one.path, one.revision)
      if (state !== undefined) return state
    }
    return undefined
  }

  /** Turns the last good copy of this revision, which is no longer needed as such, into a checkpoint. */
  keep(revision: number): void {
    this.#disk.rename(this.#path('last-good', revision), this.#path('checkpoint', revision))
    this.#thinOut(revision)
  }

  /** Keeps a state that took long to fold; one at a time. Nobody may fold it on meanwhile. */
  async add(state: ConfigState): Promise<void> {
    if (this.#adding) return
    this.#adding = true
    try {
      const { macKey } = this.#options
      await writeState(this.#path('checkpoint', state.revision), state, { disk: this.#disk, macKey })
      this.#thinOut(state.revision)
    } finally {
      this.#adding = false
    }
  }

  #thinOut(revision: number): void {
    const { most = checkpointsMax, bytesMax = checkpointBytesMax } = this.#options
    const revisions = this.#list('checkpoint')
    // All checkpoints are about as large as the newest, which is usually the largest.
    const size = Math.max(1, this.#sizeOf(revision))
    const fitting = Math.max(1, Math.min(most, Math.floor(bytesMax / size)))
    for (const one of superfluous(revisions, fitting)) this.#disk.remove(this.#path('checkpoint', one))
  }

  async #read(path: string, revision: number): Promise<ConfigState | undefined> {
    try {
      const content = this.#disk.read(path)
      return content === undefined ? undefined : await readStateGently(content, revision, this.#options.macKey)
    } catch {
      return undefined // the caller goes on with the next older one
    }
  }

  #sizeOf(revision: number): number {
    const file = this.#disk.open(this.#path('checkpoint', revision), 'keep')
    try {
      return file.size()
    } finally {
      file.close()
    }
  }

  #list(kind: 'checkpoint' | 'last-good'): number[] {
    const pattern = new RegExp(`^${kind}-(\\d{1,15})\\.json$`)
    const names = this.#disk.list(this.#options.folder)
    return names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number)
  }

  #path(kind: 'checkpoint' | 'last-good', revision: number): string {
    return join(this.#options.folder, `${kind}-${revision}.json`)
  }
}

/** Returns the checkpoints to remove so that `most` stay: never the newest, and each time the one whose removal leaves
 *  the smallest gap. */
export function superfluous(revisions: readonly number[], most: number): number[] {
  const kept = [...revisions].sort((a, b) => a - b)
  const given: number[] = []
  while (kept.length > Math.max(1, most)) {
    let least = 0
    for (let at = 0; at < kept.length - 1; at++) if (gapWithout(kept, at) < gapWithout(kept, least)) least = at
    given.push(...kept.splice(least, 1))
  }
  return given
}

function gapWithout(kept: readonly number[], at: number): number {
  return kept[at + 1]! - (kept[at - 1] ?? 0)
}

const checkpointsMax = 32
const checkpointBytesMax = 512 << 20
