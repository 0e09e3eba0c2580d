// Writes and reads a state as a file: a head with a MAC over all of it, then one row a line. Large states are written
// and read in pieces, because the thread may have requests to serve.
import { createHmac, type Hmac } from 'node:crypto'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { emptyState } from '../../../shared/config/fold.ts'
import { addRow, countRows, rowsOfState, stateFromJson } from '../../../shared/config/snapshot.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Disk, DiskFile } from '../../data-folder/disk.ts'
import { macOf, sameMac } from '../log/event-codec.ts'
import { currentKey, keysAt, type LogKey, someKeyAt } from '../log/log-key.ts'

const pieceBytes = 64 << 10
const rowsPerPiece = 256

/** Writes a state; the file is durable under its name when the call resolves. `state` must not be folded on
 *  meanwhile. */
export async function writeState(
  path: string,
  state: ConfigState,
  { disk, macKey }: { disk: Disk; macKey: LogKey },
): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const file = disk.open(temporary, 'replace')
    try {
      await writeRows(file, state, currentKey(macKey))
      await file.settle()
    } finally {
      file.close()
    }
    disk.rename(temporary, path)
    await disk.settleFolder(dirname(path))
  } catch (error) {
    disk.remove(temporary)
    throw error
  }
}

async function writeRows(file: DiskFile, state: ConfigState, macKey: Uint8Array): Promise<void> {
  const mac = macOfRows(state, macKey)
  file.write(Buffer.from(headOf(state, unknownMac)))
  let piece = ''
  const flush = () => {
    const bytes = Buffer.from(piece)
    mac.update(bytes)
    piece = ''
    return file.push(bytes)
  }
  for (const row of rowsOfState(state)) {
    piece += `${JSON.stringify(row)}\n`
    if (piece.length < pieceBytes) continue
    await flush()
    await nextTurn()
  }
  await flush()
  // The head stands first, but its MAC is known last; its length does not change.
  file.write(Buffer.from(headOf(state, mac.digest('hex'))), 0)
}

/** Returns undefined for anything but the state of this revision, written under this key. */
export function readState(content: Buffer, revision: number, macKey: LogKey): ConfigState | undefined {
  const steps = readInSteps(content, revision, macKey)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Does the same in steps, so that other work of the thread gets its turns. */
export async function readStateGently(
  content: Buffer,
  revision: number,
  macKey: LogKey,
): Promise<ConfigState | undefined> {
  const steps = readInSteps(content, revision, macKey)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await nextTurn()
  }
}

function* readInSteps(
  content: Buffer,
  revision: number,
  macKey: LogKey,
): Generator<undefined, ConfigState | undefined> {
  const end = content.indexOf(newline)
  const head = parse(content.toString('utf8', 0, Math.max(0, end))) as Head | undefined
  if (head?.version === 1) return readFirstFormat(content, revision, macKey)
  const state = emptyState()
  if (head?.version !== 2 || head.revision !== revision || typeof head.hash !== 'string') return undefined
  const claimed = { revision, hash: head.hash }
  if (!(yield* isOurs(content, { ...claimed, rows: head.rows }, macKey))) return undefined
  let rows = 0
  for (let at = end + 1; at < content.byteLength; ) {
    const lineEnd = content.indexOf(newline, at)
    if (lineEnd < 0 || !addRow(state, parse(content.toString('utf8', at, lineEnd)))) return undefined
    at = lineEnd + 1
    if (++rows % rowsPerPiece === 0) yield
  }
  return rows === head.rows ? Object.assign(state, claimed) : undefined
}

/** Whether the head carries the MAC of the whole content, under a key that this revision may have. */
function* isOurs(content: Buffer, claimed: Claimed, macKey: LogKey): Generator<undefined, boolean> {
  const end = content.indexOf(newline)
  for (const key of keysAt(macKey, claimed.revision)) {
    const mac = macOfRows(claimed, key)
    for (let at = end + 1; at < content.byteLength; at += 1 << 20) {
      mac.update(content.subarray(at, at + (1 << 20)))
      yield
    }
    if (sameMac(content.toString('utf8', 0, end + 1), headOf(claimed, mac.digest('hex')))) return true
  }
  return false
}

/** Reads the format of the first release, which holds the whole state as one text. */
function readFirstFormat(content: Buffer, revision: number, macKey: LogKey): ConfigState | undefined {
  const whole = content.toString('utf8')
  const end = whole.indexOf('\n')
  const text = whole.slice(end + 1, -1)
  const { hash } = parse(whole.slice(0, end)) as Head
  const expected = (key: Uint8Array) =>
    JSON.stringify({ version: 1, revision, hash, mac: macOf(`last-good ${text}`, key) })
  const isOurs = someKeyAt(macKey, revision, (key) => sameMac(whole.slice(0, end), expected(key)))
  if (!whole.endsWith('\n') || !isOurs) return undefined
  const state = stateFromJson(parse(text))
  return state.ok && state.value.revision === revision && state.value.hash === hash ? state.value : undefined
}

interface Head {
  version: unknown
  revision: unknown
  hash: unknown
  rows: number
}

type Claimed = { revision: number; hash: string; rows: number } | ConfigState

const newline = 10
const unknownMac = '0'.repeat(64)

function headOf(claimed: Claimed, mac: string): string {
  const { revision, hash } = claimed
  return `${JSON.stringify({ version: 2, revision, hash, rows: rowsIn(claimed), mac })}\n`
}

function macOfRows(claimed: Claimed, macKey: Uint8Array): Hmac {
  const { revision, hash } = claimed
  return createHmac('sha256', macKey).update(`state v2 ${revision} ${hash} ${rowsIn(claimed)}\n`)
}

function rowsIn(claimed: Claimed): number {
  return 'rows' in claimed ? claimed.rows : countRows(claimed)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
