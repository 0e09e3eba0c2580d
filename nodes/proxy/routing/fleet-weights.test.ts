import { expect, test } from 'vitest'
import { encodeJson } from '../../../cluster/bus/bus.ts'
import type { WeightsMessage } from '../../../shared/telemetry/weights.ts'
import { WeightsIntake } from './fleet-weights.ts'
import { LatencyEstimates } from './latency-estimates.ts'

const name = { model: 'fast', provider: 'up', target: 'm' }

function weights(epoch: number, revision: number, firstMs: number): Uint8Array {
  const target = {
    ...name,
    firstUs: firstMs * 1_000,
    firstCount: 9,
    tokenUs: 0,
    tokenCount: 0,
    multiplier: 1,
    factors: {},
  }
  const message: WeightsMessage = { publisher: 'a', epoch, revision, atMs: 0, targets: [target] }
  return encodeJson(message)
}

function rig() {
  const latencyEstimates = new LatencyEstimates()
  const latency = latencyEstimates.of(name)
  const intake = new WeightsIntake(latencyEstimates)
  return { intake, latencyEstimates, knownMs: (nowMs = 0) => latency.estimateUs('first', nowMs) / 1_000 }
}

test('the later publisher is believed, and of one publisher the later word', () => {
  const { intake, knownMs } = rig()
  const heard = [weights(2, 5, 100), weights(1, 99, 200), weights(2, 4, 300), weights(2, 5, 400)]
  for (const payload of heard) intake.take(payload, 0)
  expect(knownMs()).toBe(100)
  intake.take(weights(3, 1, 500), 0)
  expect(knownMs()).toBe(500)
})

test('after a long silence whoever speaks is believed', () => {
  const { intake, knownMs } = rig()
  intake.take(weights(9, 1, 100), 0)
  intake.take(weights(3, 1, 200), 30_000)
  expect(knownMs()).toBe(100)
  intake.take(weights(3, 2, 200), 30_001)
  expect(knownMs(30_001)).toBe(200)
})

test.each([
  ['no JSON', new Uint8Array([1, 2, 3])],
  ['no message', encodeJson([])],
  [
    'an infinite estimate',
    encodeJson({ ...JSON.parse(new TextDecoder().decode(weights(9, 9, 1))), targets: [{ ...name, firstUs: null }] }),
  ],
  [
    'a multiplier of nothing',
    encodeJson({
      publisher: 'a',
      epoch: 9,
      revision: 1,
      atMs: 0,
      targets: [{ ...name, firstUs: 1, firstCount: 1, tokenUs: 1, tokenCount: 1, multiplier: 0 }],
    }),
  ],
])('%s changes nothing', (_, payload) => {
  const { intake, knownMs } = rig()
  intake.take(weights(1, 1, 100), 0)
  intake.take(payload, 0)
  expect(knownMs()).toBe(100)
})

test('a pace outlives a configuration change, and goes with its target', () => {
  const { latencyEstimates } = rig()
  const latency = latencyEstimates.of(name)
  latencyEstimates.renew()
  expect(latencyEstimates.of(name)).toBe(latency)
  latencyEstimates.renew()
  expect(latencyEstimates.find(name)).toBeUndefined()
  latencyEstimates.renew()
  expect(latencyEstimates.of(name)).not.toBe(latency)
})
