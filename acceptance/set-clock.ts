// Processes whose wall clock is off, and is set while they run: libfaketime, told by a file. Their monotonic clock goes on,
// as it does when an operator sets a real one.
import { execFileSync } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SetClock {
  readonly environment: Record<string, string>
  /** Sets how far the clock is off; the process sees it within a second. */
  set(offSeconds: number): void
}

/** Path of libfaketime; undefined where it is not installed. */
export function findFaketime(): string | undefined {
  try {
    const environment = execFileSync('faketime', ['-m', '-f', '+0s', 'env'], { encoding: 'utf8' })
    return /^LD_PRELOAD=(.+)$/m.exec(environment)?.[1]
  } catch {
    return undefined
  }
}

export function setClock(library: string, folder: string, name: string, offSeconds = 0): SetClock {
  const file = join(folder, `clock-${name}`)
  const clock: SetClock = {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set(off) {
      writeFileSync(`${file}.next`, `${off < 0 ? '' : '+'}${off}s\n`)
      renameSync(`${file}.next`, file)
    },
  }
  clock.set(offSeconds)
  return clock
}
