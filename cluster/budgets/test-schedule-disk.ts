// The disk of a process in a schedule: what is not synced is lost, or a part of it, when the process is killed, and sometimes it is full.

import type { Disk, DiskFile } from '../data-folder/disk.ts'
import type { Dice } from '../simulation/engine/dice.ts'
import type { ScheduleLife, ScheduleTime } from './test-schedule-time.ts'

interface Stored {
  written: Buffer
  syncedBytes: number
}

export class ScheduleDisk {
  isFull = false
  #files = new Map<string, Stored>()
  readonly #time: ScheduleTime
  readonly #dice: Dice

  constructor(time: ScheduleTime, dice: Dice) {
    this.#time = time
    this.#dice = dice
  }

  /** What is left for the next life. */
  lose(): void {
    const lost = new Map<string, Stored>()
    for (const [path, { written, syncedBytes }] of this.#files) {
      const kept = this.#dice.between(syncedBytes, written.length)
      lost.set(path, { written: written.subarray(0, kept), syncedBytes: kept })
    }
    this.#files = lost
  }

  /** The disk as one life sees it. Writes of a life that has ended do not end. */
  of(life: ScheduleLife): Disk {
    const files = this.#files
    return {
      read: (path) => files.get(path)?.written,
      list: () => [],
      open: (path) => this.#open(files, path, life),
      rename: (from, to) => {
        const file = files.get(from)
        if (file === undefined) throw new Error('ENOENT')
        files.delete(from)
        files.set(to, file)
      },
      remove: (path) => void files.delete(path),
      syncFolder: () => {},
      settleFolder: async () => {},
    }
  }

  #open(files: Map<string, Stored>, path: string, life: ScheduleLife): DiskFile {
    const file: Stored = { written: Buffer.alloc(0), syncedBytes: 0 }
    files.set(path, file)
    const sync = () => {
      file.syncedBytes = file.written.length
    }
    const write = (bytes: Uint8Array) => {
      if (this.isFull) throw new Error('ENOSPC')
      file.written = Buffer.concat([file.written, bytes])
    }
    return {
      write,
      push: (bytes) => this.#later(life, () => write(bytes)),
      size: () => file.written.length,
      truncate: () => {},
      syncData: sync,
      sync,
      settle: () => this.#later(life, sync),
      close: () => {},
    }
  }

  #later(life: ScheduleLife, run: () => void): Promise<void> {
    return new Promise((settle, refuse) => {
      this.#time.at(this.#time.nowMs + this.#dice.between(1, 20), () =>
        life.does(() => {
          try {
            run()
            settle()
          } catch (error) {
            refuse(error)
          }
        }),
      )
    })
  }
}
