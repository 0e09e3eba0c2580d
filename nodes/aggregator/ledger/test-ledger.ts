// A committer with a ledger in a folder of its own, and senders whose batches come as a test wants: again, late, out of order.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../../shared/clock.ts'
import type { LedgerItem } from '../../../shared/telemetry/answers/ledger-pages.ts'
import type { VerifyFault, VerifySlice } from '../../../shared/telemetry/answers/ledger-verify.ts'
import { BatchWriter } from '../../../shared/telemetry/codec.ts'
import type { AttemptRecord, RequestRecord } from '../../../shared/telemetry/records.ts'
import { isSingle } from '../../../shared/telemetry/single-record.ts'
import { LedgerAnswers } from '../answers/ledger.ts'
import { usagePart } from '../answers/usage.ts'
import { Folds } from '../fold.ts'
import { openUsageStore } from '../store/usage-store.ts'
import { UsageCommitter } from '../usage-committer.ts'
import { Ledger } from './ledger.ts'

export const startMs = Date.UTC(2026, 9, 30, 7, 30)
const key = new Uint8Array(32)

export type Sent = readonly [request: RequestRecord, attempts: readonly AttemptRecord[]]

/** A record as it is sent: an attempt, or a request with the attempt whose answer was used. */
export interface Written {
  readonly request?: RequestRecord
  readonly attempt: AttemptRecord | undefined
  /** Both travel as one record. */
  readonly isOne?: boolean
}

export function recordsOf([request, attempts]: Sent): Written[] {
  const [only] = attempts
  const attempt = attempts.at(-1)
  if (attempts.length === 1 && only !== undefined && isSingle(request, only)) return [{ request, attempt, isOne: true }]
  return [...attempts.map((one): Written => ({ attempt: one })), { request, attempt }]
}

export class TestLedger {
  readonly folder = mkdtempSync(join(tmpdir(), 'headgate-ledger-'))
  readonly clock = new ManualClock(startMs)
  readonly warnings: string[] = []
  readonly days: number
  keys: readonly [Uint8Array, ...Uint8Array[]] = [key]
  ledger!: Ledger
  folds!: Folds
  committer!: UsageCommitter
  #answers!: LedgerAnswers
  readonly #sequences = new Map<string, number>()

  constructor(days = 400) {
    this.days = days
    this.open()
  }

  open(): void {
    const { clock, keys, days } = this
    const notify = (notice: { type: string; message?: string }) =>
      void this.warnings.push(notice.message ?? notice.type)
    this.ledger = new Ledger({ keys, days, notify })
    this.folds = new Folds({ clock, ledger: this.ledger })
    const path = join(this.folder, 'usage.sqlite')
    const openStore = () =>
      openUsageStore({ path, wallMs: clock.wallMs(), onAside: () => {} }, { historyRowsMax: 1e6, historyDays: 7 })
    const said = { ask: () => {}, onCommitted: () => {}, notify }
    this.committer = new UsageCommitter({ openStore, folds: this.folds, tallies: [this.ledger], clock, ...said })
    const { committer, ledger } = this
    this.#answers = new LedgerAnswers({ committer, ledger, keys, boot: '', wallMs: () => clock.wallMs() })
  }

  /** Ends as a kill does: what was not committed is gone. */
  kill(): void {
    this.committer.store?.close()
    this.open()
  }

  close(): void {
    this.committer.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A batch of a sender's boot, under the next sequences of it. */
  batch(boot: string, sent: readonly Sent[]): Uint8Array {
    return this.batchOf(boot, sent.flatMap(recordsOf))
  }

  batchOf(boot: string, records: readonly Written[]): Uint8Array {
    const first = (this.#sequences.get(boot) ?? 0) + 1
    this.#sequences.set(boot, first + records.length - 1)
    const writer = new BatchWriter(Buffer.alloc(400_000))
    writer.begin({ node: 'proxy-1', epoch: boot, firstSequence: first })
    for (const { request, attempt, isOne } of records) {
      if (request === undefined) writer.attempt(attempt as AttemptRecord)
      else if (attempt !== undefined && isOne === true) writer.single(request, attempt)
      else writer.request(request, attempt)
    }
    return new Uint8Array(writer.bytes.subarray(0, writer.offset))
  }

  take(bytes: Uint8Array): void {
    this.committer.take({ partition: 3, bytes, atMs: this.clock.wallMs() })
  }

  send(boot: string, ...sent: Sent[]): void {
    this.take(this.batch(boot, sent))
  }

  items(filter: Readonly<Record<string, string>> = {}): LedgerItem[] {
    const part = this.#answers.part({ type: 'ledger', limit: 1_000, filter }, [3], [3])
    if (part.type !== 'ledger') throw new Error(JSON.stringify(part))
    return part.page.items.map(([, item]) => item)
  }

  get answers(): LedgerAnswers {
    return this.#answers
  }

  /** The cost in nano-dollars by the ledger and by usage. */
  sums(): { ledger: bigint; usage: bigint; requests: number } {
    const ledger = this.items().reduce((sum, item) => sum + BigInt(String(item['costNanoUsd'])), 0n)
    const sources = { unstored: [], store: this.committer.store, wallMs: this.clock.wallMs() }
    const part = usagePart({ type: 'usage', groupBy: [] }, [3], sources)
    if (part.type !== 'usage') throw new Error(part.type)
    const [row] = part.rows
    return { ledger, usage: BigInt(row?.[1][8] ?? 0), requests: Number(row?.[1][0] ?? 0) }
  }

  verify(): { faults: VerifyFault[]; events: number; compared: number; hours: number; slices: VerifySlice[] } {
    const slices: VerifySlice[] = []
    let after: string | undefined
    do {
      const part = this.#answers.part(
        { type: 'ledger-verify', partition: 3, ...(after === undefined ? {} : { after }) },
        [3],
        [3],
      )
      if (part.type !== 'ledger-verify' || part.slice === undefined) throw new Error(JSON.stringify(part))
      slices.push(part.slice)
      after = part.slice.next
    } while (after !== undefined)
    const sum = (of: (slice: VerifySlice) => number | undefined) =>
      slices.reduce((all, slice) => all + (of(slice) ?? 0), 0)
    return {
      slices,
      faults: slices.flatMap(({ faults }) => faults),
      events: sum(({ events }) => events),
      compared: sum(({ compared }) => compared),
      hours: sum(({ hours }) => hours?.length),
    }
  }
}
