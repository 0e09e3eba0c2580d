import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { encodeJson, subjects } from '../bus/bus.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { RevisionsHeard } from './revisions-heard.ts'

let bus: LocalBus
afterEach(() => bus.close())

function listening() {
  bus = new LocalBus()
  const clock = new ManualClock()
  const heard = new RevisionsHeard(bus, clock)
  const beat = async (node: string, revision: unknown) => {
    bus.publish(subjects.heartbeat, encodeJson({ node, role: 'proxy', revision, hash: 'x', queues: {} }))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { heard, clock, beat }
}

test('the newest revision of all nodes counts, and the last word of each', async () => {
  const { heard, beat } = listening()
  expect(heard.newest()).toBe(0)
  await beat('one', 5)
  await beat('two', 9)
  expect(heard.newest()).toBe(9)
  await beat('two', 7)
  await beat('three', 1.5)
  expect(heard.newest()).toBe(7)
})

test('a node that was not heard for ten seconds counts no more', async () => {
  const { heard, clock, beat } = listening()
  await beat('gone', 9)
  clock.advance(6_000)
  await beat('there', 4)
  clock.advance(6_000)
  expect(heard.newest()).toBe(4)
})
