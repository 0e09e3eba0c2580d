// Settles what earlier lives of the process were paying for when they were killed: one record for each request, with the most that
// its attempts can have cost. All of it happens within one turn of the event loop: the records are in the spool before the files
// go, and nothing can take them out of the spool before that. A life that is killed in between is found out by its records.
import type { Disk } from '../../../../cluster/data-folder/disk.ts'
import type { Notify } from '../../../../shared/notice.ts'
import type { AttemptRecord, RequestRecord } from '../../../../shared/telemetry/records.ts'
import type { Recorder } from '../../telemetry/recorder.ts'
import type { Segment } from '../../telemetry/spool.ts'
import { isUnpriced, totalCost } from '../request-records.ts'
import { leftoverIntents, type OpenAttempt } from './leftover-intents.ts'

export interface SettleOptions {
  readonly folder: string
  /** Segments of the spool that earlier lives left. */
  readonly segments: readonly Segment[]
  readonly recorder: Pick<Recorder, 'finish' | 'spool' | 'troubles'>
  readonly disk: Disk
  readonly notify: Notify
}

const nanoPerUsd = 1e9

/** A failure leaves the files for the next start. */
export function settleInterrupted(options: SettleOptions): void {
  try {
    settle(options)
  } catch (error) {
    options.notify({ type: 'intents-failed', message: error instanceof Error ? error.message : 'unknown' })
  }
}

function settle({ folder, segments, recorder, disk, notify }: SettleOptions): void {
  const { open, files, unread } = leftoverIntents(folder, segments, disk)
  if (files.length === 0) return
  // Records that wait in memory would be delivered, and settled again at the next start.
  if (open.length > 0 && recorder.troubles().length > 0) throw new Error('interrupted attempts wait for the spool')
  for (const intents of Map.groupBy(open, ({ request }) => `${request.requestId} ${request.atMs}`).values()) {
    const { request, attempts } = recordsOf(intents)
    recorder.finish(request, attempts, nothing)
  }
  if (open.length > 0 && !recorder.spool()) throw new Error('interrupted attempts are not in the spool')
  for (const { path } of files) disk.remove(path)
  if (unread > 0) notify({ type: 'intents-failed', message: `${unread} bytes of the journal could not be read` })
  if (open.length > 0) notify(settledNotice(open))
}

/** The record of a request with those of its attempts that have none yet. */
function recordsOf(open: readonly OpenAttempt[]): { request: RequestRecord; attempts: AttemptRecord[] } {
  const ordered = open.toSorted((a, b) => a.attempt.index - b.attempt.index)
  const all = ordered.map(({ attempt }) => attempt)
  const attempts = ordered.filter(({ isRecorded }) => !isRecorded).map(({ attempt }) => attempt)
  const last = ordered.at(-1) as OpenAttempt
  const request = { ...last.request, costNanoUsd: totalCost(all), unpriced: isUnpriced(all) }
  return { request, attempts }
}

function settledNotice(open: readonly OpenAttempt[]) {
  const attempts = open.filter(({ isRecorded }) => !isRecorded).map(({ attempt }) => attempt)
  const unpriced = attempts.filter(({ settlement }) => settlement === 'unpriced').length
  return {
    type: 'intents-settled',
    attempts: attempts.length,
    unpriced,
    costUsd: totalCost(attempts) / nanoPerUsd,
  } as const
}

function nothing(): void {}
