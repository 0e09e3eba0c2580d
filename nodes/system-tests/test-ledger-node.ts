// A control node and an aggregator on one bus, and a proxy's records.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { systemClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import type { AttemptRecord, NodeHeartbeat, RequestRecord } from '../../shared/telemetry/records.ts'
import { startAggregator } from '../aggregator/main.ts'
import { type CheckDescribed, describedBy } from '../control/testing/described.ts'
import { ask, type StartedControl, startedControl, type Told } from '../control/testing/started-control.ts'

export interface LedgerNode {
  readonly control: StartedControl
  readonly databasePath: string
  /** Sends requests with one attempt each. */
  send(...requests: Partial<RequestRecord & AttemptRecord>[]): void
  beat(over: Partial<NodeHeartbeat>): void
  /** The answer, which is what the OpenAPI document says. */
  get(path: string, headers?: Record<string, string>): Promise<Told>
  post(path: string, body: unknown): Promise<Told>
  remove(): Promise<void>
}

export async function ledgerNode(): Promise<LedgerNode> {
  const control = await startedControl()
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-ledger-'))
  const aggregator = startAggregator({
    dataDir,
    bus: control.bus,
    clock: systemClock,
    notify: () => {},
    node: 'aggregator-1',
    ledgerKeys: [new Uint8Array(32)],
  })
  const check: CheckDescribed = describedBy((await ask(`${control.url}/openapi.json`, 'GET')).json)
  let sequence = 0
  return {
    control,
    databasePath: join(dataDir, 'usage.sqlite'),
    send(...requests) {
      const writer = new BatchWriter(Buffer.alloc(1_200_000))
      writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: sequence + 1 })
      for (const over of requests) {
        const requestId = `request-${++sequence}`
        const common = { requestId, atMs: systemClock.wallMs(), ...over }
        writer.single(sampleRequest(common), sampleAttempt(common))
      }
      control.bus.publish(subjects.telemetryBatch, new Uint8Array(writer.bytes.subarray(0, writer.offset)))
    },
    beat(over) {
      const names = { node: 'proxy-1', role: 'proxy', region: 'local', version: '0', hash: '' } as const
      const numbers = { revision: 1, lagMs: 0, atMs: systemClock.wallMs() }
      const heartbeat: NodeHeartbeat = { ...names, ...numbers, draining: false, queues: {}, ...over }
      control.bus.publish(subjects.heartbeat, encodeJson(heartbeat))
    },
    async get(path, headers) {
      const told = await control.admin('GET', path, undefined, headers)
      check('GET', `/api/v1${path}`, told)
      return told
    },
    async post(path, body) {
      const told = await control.admin('POST', path, body)
      check('POST', `/api/v1${path}`, told)
      return told
    },
    async remove() {
      await aggregator.close()
      await control.remove()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
