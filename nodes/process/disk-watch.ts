// Watches the room on the disk of the data folder. A full disk stops writes in every part, each with an error of its own;
// this names the cause, also in a process that has nothing to write at the moment.
import { statfs } from 'node:fs/promises'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { Part } from './part-standing.ts'

export interface DiskRoom {
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface DiskWatchOptions {
  readonly folder: string
  readonly clock: Clock
  readonly measure?: (folder: string) => Promise<DiskRoom>
}

const lookMs = 2_000
const freeBytesMin = 32 << 20
/** The free part of a small disk below which it counts as full. */
const freePartMin = 0.02

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
      const { freeBytes, totalBytes } = await this.#options.measure(this.#options.folder)
      this.#isFull = freeBytes < Math.min(freeBytesMin, totalBytes * freePartMin)
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

async function roomOn(folder: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}
