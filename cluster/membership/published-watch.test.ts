import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { WeightsMessage } from '../../shared/telemetry/weights.ts'
import { encodeJson, subjects } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { PublishedWatch } from './published-watch.ts'

async function rig() {
  const clock = new ManualClock()
  const bus = new LocalBus()
  const watch = new PublishedWatch(bus, clock)
  const say = async (epoch: number, revision: number) => {
    const message: WeightsMessage = { publisher: `p${epoch}`, epoch, revision, atMs: 0, targets: [] }
    bus.publish(subjects.weights, encodeJson(message))
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  return { clock, watch, say }
}

test('the later publisher is shown, with the age of its last word', async () => {
  const { clock, watch, say } = await rig()
  expect(watch.weights).toBeUndefined()
  await say(2, 1)
  await say(1, 9)
  clock.advance(5_000)
  expect(watch.weights).toMatchObject({ message: { publisher: 'p2' }, ageMs: 5_000, isStale: false })
  clock.advance(1)
  expect(watch.weights?.isStale).toBe(true)
  await say(3, 1)
  expect(watch.weights).toMatchObject({ message: { publisher: 'p3' }, ageMs: 0, isStale: false })
})

test('after a long silence whoever speaks is shown', async () => {
  const { clock, watch, say } = await rig()
  await say(9, 1)
  clock.advance(30_001)
  await say(3, 1)
  expect(watch.weights?.message.publisher).toBe('p3')
})
