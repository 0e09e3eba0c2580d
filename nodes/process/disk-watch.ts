// Watches the room on the disk of the data folder. A full disk stops writes in every part, each with an error of its own;
// this names the cause, also in a process that has nothing to write at the moment.
import { type DiskRoom, isFull, roomOn } from '../../cluster/data-folder/disk-room.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { Part } from './part-standing.ts'

export interface DiskWatchOptions {
  readonly folder: string
  readonly clock: Clock
  readonly measure?: (folder: string) => Promise<DiskRoom>
}

const lookMs = 2_000

export class DiskWatch implements Part {
  readonly #options: Required<DiskWatchOptions>
  #timer: Timer | undefined
  #isFull = false

  constructor(options: DiskWatchOptions) {
    this.#options = { measure: roomOn, ...options }
  }

  start(): void {
    void this.look()
    this.#timer = this.#options.clock.every(lookMs, () => void this.look())
  }

  async look(): Promise<void> {
    try {
      this.#isFull = isFull(await this.#options.measure(this.#options.folder))
    } catch {
      // A file system that cannot be asked; writes that fail on it are reported by those who write.
    }
  }

  stop(): void {
    this.#timer?.cancel()
  }

  standing(): { troubles: readonly Trouble[] } {
    return { troubles: this.#isFull ? [diskFull] : [] }
  }
}

const diskFull: Trouble = {
  level: 'degraded',
  reason:
    'the disk of the data folder is full: changes are refused, and new usage records may have to wait in memory. Free disk space',
}
