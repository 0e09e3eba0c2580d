import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { testCaller, testRequest, testSnapshot } from '../request/test-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { KeyWatch } from './key-watch.ts'
import { LiveRequests } from './live-requests.ts'

function watched() {
  const clock = new ManualClock(0)
  const live = new LiveRequests()
  const cuts: GatewayError[] = []
  const given: { snapshot: Snapshot | { type: string } } = { snapshot: knowing(2_500) }
  const { request } = testRequest()
  const one = {
    request,
    sessionModel: undefined,
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

/** A configuration that knows the caller until `expiresAtMs`. */
function knowing(expiresAtMs: number): Snapshot {
  const caller = { ...testCaller, expiresAtMs }
  const callers = { get: (tokenHash: string) => (tokenHash === caller.tokenHash ? caller : undefined) }
  return { ...testSnapshot(), callers: callers as Snapshot['callers'] }
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
