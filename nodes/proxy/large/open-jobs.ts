// The pool of a proxy: how many processes, and with how much memory.
import { totalmem } from 'node:os'
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import { JobPool } from './job-pool.ts'
import { spawnJobProcess } from './spawn-job-process.ts'

export interface OpenJobsOptions {
  readonly settings: Pick<Settings, 'bodyProcesses' | 'bodyProcessBytes' | 'memoryBytesMax'>
  /** The script of a process. */
  readonly script: URL
  readonly clock: Clock
  readonly notify: Notify
}

export function openJobs({ settings, script, clock, notify }: OpenJobsOptions): JobPool {
  const heapMbMax = Math.floor((settings.bodyProcessBytes ?? usualBytes(settings.memoryBytesMax)) / 2 ** 20)
  return new JobPool({
    open: (events) => spawnJobProcess({ script, heapMbMax }, events),
    processesMax: settings.bodyProcesses,
    clock,
    notify,
  })
}

/** The largest body that may come, 64 MiB of the worst shape, takes 700 MB. */
const bytesMax = 1 << 30
const bytesMin = 128 << 20

/** An eighth of what a node may use. More than one process may need is not there at all times: then the system ends a process, and its
 *  job fails alone. */
function usualBytes(allowed: number | undefined): number {
  const limit = process.constrainedMemory()
  const memory = allowed ?? (limit > 0 ? Math.min(limit, totalmem()) : totalmem())
  return Math.max(bytesMin, Math.min(bytesMax, memory / 8))
}
