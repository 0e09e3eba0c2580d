// Whether the last run ended because memory ran out. That says nothing about its configuration: callers can bring it about
// under any. The kernel counts the processes that it has killed; a process whose memory is nearly used up leaves a mark.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../../shared/clock.ts'

export interface MemoryEnds {
  /** Processes that the kernel has killed for want of memory since it started; undefined where it does not count them. */
  oomKills(): number | undefined
  /** Whether the last run ended with its memory nearly used up. Asked once: the mark is removed. */
  takeMark(): boolean
}

export function memoryMarkIn(folder: string): string {
  return join(folder, 'memory-nearly-used-up')
}

export function memoryEnds(folder: string): MemoryEnds {
  const path = memoryMarkIn(folder)
  return {
    oomKills() {
      const count = /^oom_kill (\d+)$/m.exec(textOf('/proc/vmstat') ?? '')?.[1]
      return count === undefined ? undefined : Number(count)
    },
    takeMark() {
      const isMarked = textOf(path) !== undefined
      if (isMarked) ignoringErrors(() => rmSync(path, { force: true }))
      return isMarked
    },
  }
}

export interface MemoryMarkOptions {
  readonly path: string
  /** Memory with which the process cannot go on: the heap of its main thread, or all that the machine gives it. */
  readonly limitBytes: number
  readonly clock: Clock
  readonly rss: () => number
}

const lookMs = 250
/** The part in use from which a heap fills within moments. */
const nearlyUsedUp = 0.7

/** Keeps the mark while memory is nearly used up. It runs in a thread beside the main one, which has no time for timers
 *  when its heap is full. */
export function keepMemoryMark({ path, limitBytes, clock, rss }: MemoryMarkOptions): Timer {
  let isMarked = false
  const look = () => {
    const isHigh = rss() > limitBytes * nearlyUsedUp
    if (isHigh === isMarked) return
    isMarked = isHigh
    if (isHigh) writeFileSync(path, '', { mode: 0o600 })
    else rmSync(path, { force: true })
  }
  return clock.every(lookMs, () => ignoringErrors(look))
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** A folder that cannot be written, or the lack of file descriptors, is reported by others. */
function ignoringErrors(run: () => void): void {
  try {
    run()
  } catch {
    // Without a mark the end counts as any other.
  }
}
