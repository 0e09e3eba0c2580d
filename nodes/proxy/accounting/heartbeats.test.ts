import { expect, test } from 'vitest'
import { subjects } from '../../../cluster/bus/bus.ts'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { decodeHeartbeat } from '../../../cluster/membership/decode-heartbeat.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { NodeHeartbeat } from '../../../shared/telemetry/records.ts'
import { startHeartbeats } from './heartbeats.ts'

const bodies = { bytes: 1, bytesMax: 2, refusals: { all: 3, team: 4, key: 5 } }
const trouble = (reason: string): Trouble => ({ level: 'degraded', reason })

test('a heartbeat names the troubles of the configuration, of the spool and of the other parts of the process', async () => {
  const bus = new LocalBus()
  const heard: NodeHeartbeat[] = []
  bus.subscribe(subjects.heartbeat, (payload) => {
    const heartbeat = decodeHeartbeat(payload)
    if (heartbeat !== undefined) heard.push(heartbeat)
  })
  const status = { revision: 4, hash: 'h', lagMs: 0, unknownSkipped: 0 }
  const config = { status, snapshot: undefined, nowMs: 0, troubles: () => [trouble('the log')] }
  const beats = startHeartbeats(
    {
      bus,
      clock: new ManualClock(),
      node: { name: 'n', role: 'proxy', version: '1' },
      settings: { region: 'r' },
      masterKeys: [new Uint8Array(32)],
    },
    () => ({
      config,
      recorder: { queues: () => ({}), troubles: () => [trouble('the spool')] },
      unpriced: new Map([['new', 2]]),
      rejections: new Map([['unknown_path', 3]]),
      limitsExceeded: new Map([['daily enforce', 2]]),
      budgets: { monthly: { limitUsd: 5, spentUsd: 1, leasedUsd: 0.5, rejected: 2 } },
      quotas: { limits: [], queues: [], waits: [1], waitedMs: 7, sheds: 3 },
      server: { openRequests: 2 },
      link: { state: undefined },
      memory: { troubles: () => [trouble('the memory')], use: () => ({ bodies, parsed: bodies }) },
      isDraining: true,
      otherTroubles: [trouble('the disk')],
      refusedMessages: [{ channel: 'bus', kind: 'forged', count: 2 }],
    }),
  )
  await expect.poll(() => heard.length).toBe(1)
  expect(heard[0]).toMatchObject({
    node: 'n',
    revision: 4,
    draining: true,
    refusals: { unknown_path: 3 },
    quotas: { sheds: 3 },
    bodyMemory: { bodies },
    limits: { 'daily enforce': 2 },
    budgets: { monthly: { limitUsd: 5, spentUsd: 1, leasedUsd: 0.5, rejected: 2 } },
    troubles: ['the log', 'the spool', 'the memory', 'the disk'],
  })
  beats.stop()
  bus.close()
})
