// Watches the heap of a thread, and in the main thread the memory of the whole process. A heap that is full ends its thread,
// and that of the main thread the process: this is told while there is time.
import { getHeapStatistics } from 'node:v8'
import type { Clock, Timer } from '../../shared/clock.ts'
import { Pressure } from '../../shared/pressure.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { Part } from './part-standing.ts'

export interface MemoryWatchOptions {
  readonly clock: Clock
  /** The thread, as it is told. */
  readonly thread: string
  /** What the process may use; undefined where another thread watches that. */
  readonly processBytesMax?: number | undefined
  readonly measure?: () => MeasuredMemory
}

export interface MeasuredMemory {
  readonly heapBytes: number
  readonly heapBytesMax: number
  readonly rssBytes: number
}

const lookMs = 1_000
const nearlyFull = { from: 0.85, forMs: 10_000 }

export class MemoryWatch implements Part {
  readonly #options: Required<MemoryWatchOptions>
  readonly #heap: Pressure
  readonly #process: Pressure
  #timer: Timer | undefined

  constructor({ clock, thread, processBytesMax, measure = measured }: MemoryWatchOptions) {
    this.#options = { clock, thread, processBytesMax, measure }
    this.#heap = new Pressure({ clock, ...nearlyFull })
    this.#process = new Pressure({ clock, ...nearlyFull })
  }

  start(): void {
    this.#timer = this.#options.clock.every(lookMs, () => this.look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  look(): void {
    const { measure, processBytesMax } = this.#options
    const { heapBytes, heapBytesMax, rssBytes } = measure()
    this.#heap.look(heapBytes, heapBytesMax)
    if (processBytesMax !== undefined) this.#process.look(rssBytes, processBytesMax)
  }

  standing(): { troubles: readonly Trouble[] } {
    const { thread } = this.#options
    const troubles: Trouble[] = []
    const heapForMs = this.#heap.lastingMs
    const heapIsFull = `the heap of the thread ${thread} is nearly full; a full heap ends it. Give the process more memory`
    if (heapForMs !== undefined) troubles.push({ level: 'degraded', reason: heapIsFull, forMs: heapForMs })
    const processForMs = this.#process.lastingMs
    if (processForMs !== undefined) troubles.push({ level: 'degraded', reason: processIsFull, forMs: processForMs })
    return { troubles }
  }
}

const processIsFull = 'the process uses nearly all of the memory that it may use. Give it more'

function measured(): MeasuredMemory {
  const { used_heap_size: heapBytes, heap_size_limit: heapBytesMax } = getHeapStatistics()
  return { heapBytes, heapBytesMax, rssBytes: rss() }
}

/** Returns 0 where it cannot be read, for example without free file descriptors. */
function rss(): number {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}
