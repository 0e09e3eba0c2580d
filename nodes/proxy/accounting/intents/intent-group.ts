// The unit of the journal of intents: one write. A head, the intents as a batch of records, and the numbers of those that are over.
import { crc32 } from 'node:zlib'
import { decodeBatch } from '../../../../shared/telemetry/batch.ts'
import type { AttemptRecord, RequestRecord } from '../../../../shared/telemetry/records.ts'

/** Magic, flags, length of the batch, number of ends, a sequence, checksum. */
export const groupHeadBytes = 28
export const endBytes = 8
const magic = 0x31_49_47_48
const isCheckpointFlag = 1
const checksumAt = 24

export interface GroupFacts {
  readonly batchBytes: number
  /** How many intents are over. */
  readonly ends: number
  /** Records of this boot up to this sequence are in the spool, and the ends of what they settle in the journal. */
  readonly spooledTo: number
  /** Whether the file holds all open intents from here on, so that earlier files say nothing more. */
  readonly isCheckpoint: boolean
}

/** An intent as it is read. */
export interface ReadIntent {
  readonly number: number
  readonly request: RequestRecord
  readonly attempt: AttemptRecord
}

export interface ReadGroup extends Pick<GroupFacts, 'spooledTo' | 'isCheckpoint'> {
  readonly intents: readonly ReadIntent[]
  readonly ended: readonly number[]
}

/** Writes the head of a group whose batch and ends stand behind it. Returns the length of the whole. */
export function sealGroup(bytes: Buffer, { batchBytes, ends, spooledTo, isCheckpoint }: GroupFacts): number {
  const length = groupHeadBytes + batchBytes + ends * endBytes
  bytes.writeUInt32LE(magic, 0)
  bytes.writeUInt32LE(isCheckpoint ? isCheckpointFlag : 0, 4)
  bytes.writeUInt32LE(batchBytes, 8)
  bytes.writeUInt32LE(ends, 12)
  bytes.writeDoubleLE(spooledTo, 16)
  bytes.writeUInt32LE(0, checksumAt)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, length)), checksumAt)
  return length
}

/** The groups of a file. `unread` is the number of bytes behind the last whole one, which a process left that was killed. */
export function readGroups(bytes: Buffer): { readonly groups: readonly ReadGroup[]; readonly unread: number } {
  const groups: ReadGroup[] = []
  let offset = 0
  for (let group = groupAt(bytes, offset); group !== undefined; group = groupAt(bytes, offset)) {
    groups.push(group.read)
    offset += group.length
  }
  return { groups, unread: bytes.length - offset }
}

function groupAt(file: Buffer, offset: number): { read: ReadGroup; length: number } | undefined {
  const bytes = file.subarray(offset)
  if (bytes.length < groupHeadBytes || bytes.readUInt32LE(0) !== magic) return undefined
  const batchBytes = bytes.readUInt32LE(8)
  const ends = bytes.readUInt32LE(12)
  const length = groupHeadBytes + batchBytes + ends * endBytes
  if (length > bytes.length || !isWhole(bytes.subarray(0, length))) return undefined
  const batchEnd = groupHeadBytes + batchBytes
  const ended = Array.from({ length: ends }, (_, index) => bytes.readDoubleLE(batchEnd + index * endBytes))
  const intents = batchBytes === 0 ? [] : intentsOf(bytes.subarray(groupHeadBytes, batchEnd))
  const isCheckpoint = (bytes.readUInt32LE(4) & isCheckpointFlag) !== 0
  return { read: { intents, ended, spooledTo: bytes.readDoubleLE(16), isCheckpoint }, length }
}

function isWhole(group: Buffer): boolean {
  const checksum = group.readUInt32LE(checksumAt)
  const copy = Buffer.from(group)
  copy.writeUInt32LE(0, checksumAt)
  return crc32(copy) === checksum
}

/** An intent has the number of its last record. */
function intentsOf(bytes: Buffer): ReadIntent[] {
  const batch = decodeBatch(bytes)
  if (!batch.ok) return []
  const intents: ReadIntent[] = []
  let apart: AttemptRecord | undefined
  for (const [index, decoded] of batch.value.records.entries()) {
    if (decoded?.type === 'attempt') apart = decoded.record
    if (decoded?.type !== 'request') continue
    const attempt = decoded.attempt ?? apart
    apart = undefined
    if (attempt !== undefined)
      intents.push({ number: batch.value.firstSequence + index, request: decoded.record, attempt })
  }
  return intents
}
