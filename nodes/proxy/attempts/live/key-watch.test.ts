import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { Gateway as TestConfig } from '../../../../shared/config/test-config.ts'
import { Callers } from '../../auth/callers.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { testCaller, testRequest, testSnapshot } from '../../request/test-request.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { KeyWatch } from './key-watch.ts'
import { LiveRequests } from './live-requests.ts'

const tokenHash = 'key_1'.padEnd(64, '0')
const expiresAt = '2026-06-01T00:00:02.500Z'

/** Something open under a key that expires in two and a half seconds. */
function watched() {
  const clock = new ManualClock(Date.parse(expiresAt) - 2_500)
  const live = new LiveRequests()
  const cuts: GatewayError[] = []
  const given: { snapshot: Snapshot | { type: string } } = { snapshot: withKey() }
  const { request } = testRequest({ caller: { ...testCaller, tokenHash } })
  const one = {
    request,
    sessionModels: undefined,
    livePrevious: undefined,
    liveNext: undefined,
    cut(error: GatewayError) {
      cuts.push(error)
      live.delete(one)
    },
  }
  live.add(one)
  const watch = new KeyWatch({ live, clock, snapshot: () => given.snapshot })
  watch.start()
  return { clock, cuts, given, watch }
}

function withKey(): Snapshot {
  const config = new TestConfig()
  expect(config.issueKey('key_1', { name: 'one', expiresAt }).ok).toBe(true)
  return { ...testSnapshot(), callers: new Callers(config.state) }
}

test('what is open under a key that expires is cut within a second', () => {
  const { clock, cuts } = watched()
  clock.advance(2_000)
  expect(cuts).toEqual([])
  clock.advance(1_000)
  expect(cuts).toEqual([{ type: 'unknown-key' }])
  clock.advance(10_000)
  expect(cuts).toHaveLength(1)
})

test('under one that was revoked, as soon as the new configuration is looked at', () => {
  const { cuts, given, watch } = watched()
  given.snapshot = testSnapshot()
  watch.look()
  expect(cuts).toEqual([{ type: 'unknown-key' }])
})

test('under one that was revoked and whose token was imported again, for anybody', () => {
  const { cuts, given, watch } = watched()
  const config = new TestConfig()
  config.issueKey('key_1', { name: 'one' })
  const key = config.state.keys.get('key_1')
  if (key === undefined) throw new Error('no key was issued')
  config.settle({ ok: true, value: { type: 'key-revoked', keyId: 'key_1' } })
  config.settle({ ok: true, value: { type: 'key-issued', key: { ...key.spec, id: 'key_2' } } })
  given.snapshot = { ...testSnapshot(), callers: new Callers(config.state) }
  watch.look()
  expect(cuts).toEqual([{ type: 'unknown-key' }])
})

test('without a configuration nothing is cut: it says nothing about keys', () => {
  const { clock, cuts, given } = watched()
  given.snapshot = { type: 'config-damaged' }
  clock.advance(5_000)
  expect(cuts).toEqual([])
})

test('a watch that was stopped looks no more', () => {
  const { clock, cuts, watch } = watched()
  watch.stop()
  clock.advance(10_000)
  expect(cuts).toEqual([])
})
