// What a batch has cost counts in limits of cost, however full they are, and in no other limit.
import { expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { LimitSpec } from '../../../shared/config/kinds/limits/spec.ts'
import { testTarget } from '../providers/test-target.ts'
import { testRequest, testSnapshot } from '../request/test-request.ts'
import { Limits } from './limits.ts'

const usd = 0.000001
const target = testTarget({ model: 'gpt-x' })
const rows: [string, LimitSpec, number, boolean][] = [
  ['a limit of cost with room', { per: 'team', usd, window: '1d' }, 900, true],
  ['a limit of cost that is used up', { per: 'team', usd, window: '1d' }, 1_000, false],
  ['a limit of cost that is passed', { per: 'user', usd, window: '1h' }, 5_000, false],
  ['a limit of cost of the model', { per: 'model', usd, window: '1h' }, 1_000, false],
  ['a limit of tokens', { per: 'team', tokens: 10, window: '1m' }, 5_000, true],
  ['a limit of requests', { per: 'team', requests: 1, window: '1m' }, 5_000, true],
]

test.each(rows)('%s', async (_, spec, nanoUsd, hasRoom) => {
  const clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  const snapshot = { ...testSnapshot(), limits: new Map([['one', { spec, revision: 1, origin: 'api' as const }]]) }
  const { request } = testRequest({ snapshot })
  const asked = { ...request, user: 'ann' }
  limits.charge(asked, { model: 'gpt', target, nanoUsd: nanoUsd / 2 })
  limits.charge(asked, { model: 'gpt', target, nanoUsd: nanoUsd / 2 })
  expect((await limits.enter(asked, 'gpt')).type).toBe(hasRoom ? 'proceed' : 'reject')
})

test('a limit by target counts it where it ran', async () => {
  const clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  const spec: LimitSpec = { per: 'provider', usd, window: '1d' }
  const snapshot = { ...testSnapshot(), limits: new Map([['one', { spec, revision: 1, origin: 'api' as const }]]) }
  const { request } = testRequest({ snapshot })
  limits.charge(request, { model: 'gpt', target, nanoUsd: 2_000 })
  const entered = await limits.enter(request, 'gpt')
  const gate = entered.type === 'proceed' ? entered.hold?.gate : undefined
  expect([(await gate?.enter(target))?.type, (await gate?.enter({ ...target, provider: 'other' }))?.type]).toEqual([
    'full',
    'entered',
  ])
})
