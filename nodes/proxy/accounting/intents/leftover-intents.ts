// What earlier lives of the process left open: intents without an end, as far as their records are not in the spool.
import type { Disk } from '../../../../cluster/data-folder/disk.ts'
import { decodeBatch, scanBatches } from '../../../../shared/telemetry/batch.ts'
import type { Segment } from '../../telemetry/spool.ts'
import { type IntentFile, intentFilesIn } from './intent-files.ts'
import { type ReadGroup, type ReadIntent, readGroups } from './intent-group.ts'

export interface Leftovers {
  readonly open: readonly ReadIntent[]
  readonly files: readonly IntentFile[]
  /** Bytes of files that could not be read, other than at their ends. */
  readonly unread: number
}

/** The name of a money event, and when its request came: callers can use the id of a request again. */
interface Named {
  readonly requestId: string
  readonly atMs: number
  readonly index: number
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
  if (open.size > 0) dropSpooled(open, segmentsToSearch(segments, spooledTo), disk)
  return { open: [...open.values()], files, unread }
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

function dropSpooled(open: Map<string, ReadIntent>, segments: readonly Searched[], disk: Disk): void {
  for (const { path, above } of segments) {
    const bytes = disk.read(path) ?? Buffer.alloc(0)
    for (const { start, end, firstSequence, count } of scanBatches(bytes).batches) {
      if (firstSequence + count - 1 <= above) continue
      for (const name of namesIn(bytes.subarray(start, end))) open.delete(name)
    }
  }
}

function namesIn(bytes: Uint8Array): string[] {
  const batch = decodeBatch(bytes)
  if (!batch.ok) return []
  return batch.value.records.flatMap((decoded) => {
    const attempt = decoded?.type === 'attempt' ? decoded.record : decoded?.attempt
    return attempt === undefined ? [] : nameOf(attempt)
  })
}

function nameOf({ requestId, atMs, index }: Named): string {
  return `${requestId} ${atMs} ${index}`
}
