// What earlier lives of the process left open: intents without an end, as far as their records are not in the spool.
import type { Disk } from '../../../../cluster/data-folder/disk.ts'
import { decodeBatch, scanBatches } from '../../../../shared/telemetry/batch.ts'
import type { AttemptRecord } from '../../../../shared/telemetry/records.ts'
import type { Segment } from '../../telemetry/spool.ts'
import { type IntentFile, intentFilesIn } from './intent-files.ts'
import { type ReadGroup, type ReadIntent, readGroups } from './intent-group.ts'

/** An attempt without the record of its request. */
export interface OpenAttempt extends Pick<ReadIntent, 'request' | 'attempt'> {
  /** Whether its own record is in the spool, because the process was killed between two batches. */
  readonly isRecorded: boolean
}

export interface Leftovers {
  readonly open: readonly OpenAttempt[]
  readonly files: readonly IntentFile[]
  /** Bytes of files that could not be read, other than at their ends. */
  readonly unread: number
}

/** The name of a request, and when it came: callers can use an id again. */
interface Named {
  readonly requestId: string
  readonly atMs: number
}

/** Segments of lives without a journal that are searched: what a life settled that was killed at once. */
const segmentsMax = 4

export function leftoverIntents(folder: string, segments: readonly Segment[], disk: Disk): Leftovers {
  const files = intentFilesIn(folder, disk)
  const open = new Map<string, ReadIntent>()
  let unread = 0
  const spooledTo = new Map<string, number>()
  for (const [epoch, own] of Map.groupBy(files, (file) => file.epoch)) {
    const read = readFiles(own, disk)
    unread += read.unread
    spooledTo.set(epoch, read.spooledTo)
    for (const intent of read.open) open.set(nameOf(intent.attempt), intent)
  }
  const spooled = open.size === 0 ? undefined : spooledIn(segmentsToSearch(segments, spooledTo), disk)
  return { open: [...open].flatMap(([name, intent]) => stillOpen(name, intent, spooled)), files, unread }
}

function stillOpen(name: string, { request, attempt }: ReadIntent, spooled: Spooled | undefined): OpenAttempt[] {
  if (spooled?.requests.has(requestName(request)) === true) return []
  const recorded = spooled?.attempts.get(name)
  return [{ request, attempt: recorded ?? attempt, isRecorded: recorded !== undefined }]
}

/** The intents of one life that have no end. */
function readFiles(files: readonly IntentFile[], disk: Disk) {
  const open = new Map<number, ReadIntent>()
  let spooledTo = 0
  let unread = 0
  const perFile = files.map(({ path }) => readGroups(disk.read(path) ?? Buffer.alloc(0)))
  for (const { groups, unread: rest } of fromCheckpoint(perFile)) {
    for (const group of groups) {
      for (const intent of group.intents) open.set(intent.number, intent)
      for (const number of group.ended) open.delete(number)
      spooledTo = Math.max(spooledTo, group.spooledTo)
    }
    unread += rest
  }
  return { open: [...open.values()], spooledTo, unread }
}

/** The files from the last one on that holds all open intents. */
function fromCheckpoint<File extends { readonly groups: readonly ReadGroup[] }>(files: readonly File[]): File[] {
  const last = files.findLastIndex(({ groups }) => groups.some(({ isCheckpoint }) => isCheckpoint))
  return files.slice(Math.max(0, last))
}

interface Searched {
  readonly path: string
  /** Records up to this sequence need no look. */
  readonly above: number
}

/** The segments that can have records of open intents. */
function segmentsToSearch(segments: readonly Segment[], spooledTo: ReadonlyMap<string, number>): Searched[] {
  const [first = ''] = [...spooledTo.keys()].sort()
  return [...Map.groupBy(segments, ({ epoch }) => epoch)].flatMap(([epoch, own]): Searched[] => {
    const above = spooledTo.get(epoch)
    if (above !== undefined) return own.map(({ path }) => ({ path, above }))
    return epoch < first ? [] : own.slice(0, segmentsMax).map(({ path }) => ({ path, above: 0 }))
  })
}

/** What is in the spool, by names. */
interface Spooled {
  readonly requests: Set<string>
  readonly attempts: Map<string, AttemptRecord>
}

function spooledIn(segments: readonly Searched[], disk: Disk): Spooled {
  const spooled: Spooled = { requests: new Set(), attempts: new Map() }
  for (const { path, above } of segments) {
    const bytes = disk.read(path) ?? Buffer.alloc(0)
    for (const { start, end, firstSequence, count } of scanBatches(bytes).batches)
      if (firstSequence + count - 1 > above) note(bytes.subarray(start, end), spooled)
  }
  return spooled
}

function note(bytes: Uint8Array, { requests, attempts }: Spooled): void {
  const batch = decodeBatch(bytes)
  if (!batch.ok) return
  for (const decoded of batch.value.records) {
    if (decoded?.type === 'request') requests.add(requestName(decoded.record))
    else if (decoded !== undefined) attempts.set(nameOf(decoded.record), decoded.record)
  }
}

function nameOf(attempt: Named & { readonly index: number }): string {
  return `${requestName(attempt)} ${attempt.index}`
}

function requestName({ requestId, atMs }: Named): string {
  return `${requestId} ${atMs}`
}
