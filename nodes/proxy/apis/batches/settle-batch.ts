// Settles one batch, as far as it can be settled now: asks its provider how it stands, reads its output file, claims it and books it.
import type { Clock } from '../../../../shared/clock.ts'
import { ObjectAnswers, type ProviderObject } from '../../provider-objects/object-answers.ts'
import type { Mark, ObjectIds, Payer } from '../../provider-objects/object-ids.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import { accountNamed } from '../files/account.ts'
import type { BatchClaims, Claim } from './batch-claims.ts'
import { batchModels } from './batch-models.ts'
import type { BatchNote } from './batch-notes.ts'
import { LineReader, readOutputLine, usageOfBatch } from './batch-output.ts'
import { type BatchCost, BatchSums } from './batch-sums.ts'
import { type BookTools, bookBatch } from './book-batch.ts'
import { type Got, getFromProvider } from './provider-get.ts'

export interface SettleTools extends BookTools {
  readonly node: string
  readonly clock: Clock
  readonly ids: ObjectIds
  readonly claims: BatchClaims
  snapshot(): Snapshot | undefined
  upstreamOf(target: Target): Upstream
  /** Keeps that a batch is about to be booked. */
  booking(note: BatchNote): void
}

/** `later`: it is looked at again. `lost`: nothing tells what it cost. */
export type Settled = 'booked' | 'free' | 'elsewhere' | 'later' | 'lost'

const endings: ReadonlySet<unknown> = new Set(['completed', 'failed', 'expired', 'cancelled'])

/** A batch has 16 pairs of metadata and a few errors. */
const batchBytesMax = 1 << 20

/** A batch that was just made may not be found everywhere at its provider. */
const missingMs = 3_600_000

/** Whether a batch is over, so that its output file grows no more. */
export function isOver(batch: ProviderObject): boolean {
  return endings.has(batch['status'])
}

interface Looked {
  readonly note: BatchNote
  readonly snapshot: Snapshot
  readonly account: Target
  readonly batch: ProviderObject
  readonly mark: Mark & { readonly payer: Payer }
}

export async function settleBatch(tools: SettleTools, note: BatchNote): Promise<Settled> {
  const looked = await look(tools, note)
  if (typeof looked === 'string') return looked
  const outputId = looked.batch['output_file_id']
  if (typeof outputId !== 'string') return 'free'
  const claimed = { owner: looked.mark.owner, settlementId: tools.ids.settlementId(note) }
  const standing = await tools.claims.read(claimed)
  if (standing === 'away') return 'later'
  if (standing !== undefined && !isOwn(standing, tools, note)) return 'elsewhere'
  const costs = await costsOf(tools, looked, outputId)
  if (typeof costs === 'string') return costs
  const bookedAtMs = note.bookedAtMs ?? tools.clock.wallMs()
  tools.booking({ ...note, bookedAtMs })
  const claim = standing ?? (await tools.claims.make(claimed, { node: tools.node, bookedAtMs }))
  if (claim === 'away') return 'later'
  if (!isOwn(claim, tools, { ...note, bookedAtMs })) return 'elsewhere'
  const { mark, snapshot } = looked
  const { owner, payer } = mark
  const nowMs = tools.clock.monotonicMs()
  bookBatch(tools, { id: claimed.settlementId, owner, payer, snapshot, atMs: bookedAtMs, nowMs }, costs)
  return costs.length === 0 ? 'free' : 'booked'
}

/** A claim of this node under another time is one that it has booked before. */
function isOwn({ node, bookedAtMs }: Claim, tools: SettleTools, note: BatchNote): boolean {
  return node === tools.node && bookedAtMs === note.bookedAtMs
}

async function look(tools: SettleTools, note: BatchNote): Promise<Looked | Settled> {
  const { clock, ids } = tools
  const snapshot = tools.snapshot()
  const account = snapshot === undefined ? undefined : accountNamed(snapshot, note.provider, note.credential)
  if (snapshot === undefined || account === undefined) return 'later'
  const pieces: Uint8Array[] = []
  let bytes = 0
  const upstream = tools.upstreamOf(account)
  const get = { account, upstream, clock, path: `/batches/${encodeURIComponent(note.id)}` }
  const got = await getFromProvider(get, (chunk) => {
    bytes += chunk.length
    if (bytes <= batchBytesMax) pieces.push(Uint8Array.from(chunk))
  })
  if (got === 404) return clock.wallMs() - note.notedAtMs < missingMs ? 'later' : 'lost'
  const answers = new ObjectAnswers(ids, note)
  const batch = isSuccess(got) ? answers.read(Buffer.concat(pieces)) : undefined
  if (batch === undefined || !isOver(batch)) return 'later'
  const mark = answers.markOf('batch', batch)
  if (mark?.payer === undefined) return 'lost'
  return { note, snapshot, account, batch, mark: { ...mark, payer: mark.payer } }
}

async function costsOf(
  tools: SettleTools,
  { note, snapshot, account, batch, mark }: Looked,
  outputId: string,
): Promise<BatchCost[] | Settled> {
  const sums = new BatchSums(batchModels(snapshot, account, mark.models), createdAtMs(batch) ?? note.notedAtMs)
  const unread = { model: '', usage: undefined }
  const reader = new LineReader((line) => {
    const use = readOutputLine(line)
    if (use !== undefined) sums.add(use)
  })
  const path = `/files/${encodeURIComponent(outputId)}/content`
  const get = { account, path, upstream: tools.upstreamOf(account), clock: tools.clock }
  const got = await getFromProvider(get, (chunk) => reader.push(chunk))
  if (isSuccess(got)) {
    reader.end()
    for (let line = 0; line < reader.tooLong; line++) sums.add(unread)
    return sums.costs()
  }
  if (got !== 404) return 'later'
  // The file was deleted: what the batch itself tells is the price of one model, where it has no other.
  sums.add(mark.models.length === 1 ? { model: '', usage: usageOfBatch(batch) } : unread)
  return sums.costs()
}

function isSuccess(got: Got): boolean {
  return got !== 'failed' && got >= 200 && got <= 299
}

export function createdAtMs({ created_at }: ProviderObject): number | undefined {
  return typeof created_at === 'number' ? created_at * 1_000 : undefined
}
