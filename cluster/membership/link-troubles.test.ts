import { expect, test } from 'vitest'
import type { ReplicationState } from '../config-log/replication/replication-state.ts'
import { linkTroubles, logTroubles } from './link-troubles.ts'

const link = (isConnected: boolean) => ({
  status: { isConnected, forMs: 7_000, reconnects: 0, trouble: isConnected ? undefined : 'h:1: cannot be reached' },
})
const log = (type: ReplicationState['type'], isAlarm: boolean) => ({
  state: {
    type,
    isAlarm,
    message: 'why',
    forMs: 5_000,
    streamRevision: 9,
    copyRevision: 7,
    copyHash: '',
    lagMs: 0,
  },
})

test('a link that is connected is no trouble; one that is away says why and since when', () => {
  expect(linkTroubles(link(true))).toEqual([])
  expect(linkTroubles(link(false))).toEqual([
    { level: 'degraded', reason: 'NATS is away: h:1: cannot be reached', forMs: 7_000 },
  ])
})

test.each([
  ['following', 'following', false, true, 0],
  ['away while NATS is there', 'away', false, true, 1],
  ['away with all of NATS, which the link tells', 'away', false, false, 0],
  ['an alarm, whatever the link', 'rewound', true, false, 1],
  ['a copy that cannot be written, whatever the link', 'copy-failed', false, false, 1],
] as const)('%s', (_what, type, isAlarm, isConnected, troubles) => {
  expect(logTroubles(log(type, isAlarm), link(isConnected))).toHaveLength(troubles)
})
