// An aggregator over a local bus, with a database in a folder of its own, and the proxy that sends it records.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import type { AggregatorQuery, AttemptRecord, NodeHeartbeat, RequestRecord } from '../../shared/telemetry/records.ts'
import { isSingle } from '../../shared/telemetry/single-record.ts'
import { decodeStored, type Stored } from '../../shared/telemetry/stored.ts'
import { type Aggregator, startAggregator } from './main.ts'

export const startMs = Date.UTC(2026, 4, 6, 7, 30)

type Sent = [RequestRecord, AttemptRecord[]]

interface HistoryBounds {
  historyRowsMax: number
  historyDays: number
}

export class TestAggregator {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'headgate-aggregator-'))
  readonly clock = new ManualClock(startMs)
  readonly notices: Notice[] = []
  /** The confirmations that the proxy was sent since the last boot. */
  stored: Stored[] = []
  #bus = new LocalBus()
  #aggregator: Aggregator | undefined
  #sequence = 0

  constructor() {
    this.boot()
  }

  /** Starts an aggregator on a bus of its own. */
  boot(): void {
    this.#bus.close()
    this.#bus = new LocalBus()
    // Its own list: what an earlier bus still delivers does not belong here.
    const heard: Stored[] = []
    this.stored = heard
    this.#bus.subscribe(subjects.telemetryStored, (payload) => void heard.push(decodeStored(payload)!))
    this.start()
  }

  start(bounds?: HistoryBounds, namesPerKeyMax = 1_000): void {
    const { dataDir, clock } = this
    const notify = (notice: Notice): void => void this.notices.push(notice)
    const extra = bounds === undefined ? {} : { bounds }
    this.#aggregator = startAggregator({
      dataDir,
      bus: this.#bus,
      clock,
      notify,
      node: 'aggregator-1',
      ledgerKeys: [new Uint8Array(32)],
      namesPerKeyMax,
      ...extra,
    })
  }

  stop(): void {
    this.#aggregator?.close()
    this.#aggregator = undefined
  }

  restart(bounds?: HistoryBounds): void {
    this.stop()
    this.start(bounds)
  }

  remove(): void {
    this.stop()
    this.#bus.close()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  answered(request: Partial<RequestRecord>, attempt: Partial<AttemptRecord> = {}): Sent {
    const requestId = `request-${this.#sequence + 1}`
    const record = sampleRequest({ requestId, atMs: this.clock.wallMs(), ...request })
    const { atMs, model, stream, tokens, costNanoUsd } = record
    const paid = { requestId: record.requestId, atMs, model, stream, tokens, costNanoUsd }
    return [record, [sampleAttempt({ ...paid, ...attempt })]]
  }

  batchOf(sent: readonly Sent[], noted: readonly AttemptRecord[] = []): Uint8Array {
    const writer = new BatchWriter(Buffer.alloc(200_000))
    writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: this.#sequence + 1 })
    for (const attempt of noted) writer.attempt(attempt)
    this.#sequence += noted.length
    for (const [request, attempts] of sent) {
      const [only] = attempts
      if (attempts.length === 1 && only !== undefined && isSingle(request, only)) writer.single(request, only)
      else {
        for (const attempt of attempts) writer.attempt(attempt)
        this.#sequence += attempts.length
        writer.request(request, attempts.at(-1))
      }
      this.#sequence++
    }
    return new Uint8Array(writer.bytes.subarray(0, writer.offset))
  }

  async send(...sent: Sent[]): Promise<void> {
    await this.publish(this.batchOf(sent))
  }

  async publish(batch: Uint8Array): Promise<void> {
    this.#bus.publish(subjects.telemetryBatch, batch.slice())
    await turn()
  }

  beat(node: string, load: { inFlight: number; health: 'healthy' | 'ejected' }): void {
    const { model, provider, target } = sampleAttempt()
    const heartbeat: NodeHeartbeat = {
      node,
      role: 'proxy',
      region: 'local',
      version: '0',
      revision: 1,
      hash: '',
      lagMs: 0,
      draining: false,
      atMs: this.clock.wallMs(),
      queues: {},
      targets: [{ model, provider, target, weight: 1, ...load }],
    }
    this.#bus.publish(subjects.heartbeat, encodeJson(heartbeat))
  }

  async ask(query: AggregatorQuery): Promise<unknown> {
    return decodeJson(await this.#answerTo(query))
  }

  async names(query: AggregatorQuery, column: string): Promise<unknown[]> {
    const { rows } = (await this.ask(query)) as { rows: Record<string, unknown>[] }
    return rows.map((row) => row[column])
  }

  async requests(query: { limit: number; before?: string; filter?: Record<string, string> }) {
    return (await this.ask({ type: 'requests', ...query })) as { items: { id: string }[]; next?: string }
  }

  async metrics(): Promise<string> {
    return new TextDecoder().decode(await this.#answerTo({ type: 'metrics' }))
  }

  async #answerTo(query: AggregatorQuery): Promise<Uint8Array> {
    const answer = await this.#bus.request(subjects.aggregatorQuery, encodeJson(query), 5_000)
    if (!answer.ok) throw new Error(JSON.stringify(answer.error))
    return answer.value
  }
}

export function refusal(httpStatus: number): Partial<RequestRecord> {
  return { status: 'refused', httpStatus, attempts: 0, tokens: { input: 0, output: 0, cached: 0 } }
}

/** Lets the bus deliver what it holds. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
}
