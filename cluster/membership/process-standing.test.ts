import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { LocalBus } from '../bus/local-bus.ts'
import { hearOtherParts, publishProcessStanding } from './process-standing.ts'

const trouble = (reason: string): Trouble => ({ level: 'degraded', reason })

test('a part hears the troubles of the others within a second, and not its own', async () => {
  const bus = new LocalBus()
  const clock = new ManualClock()
  let proxy = [trouble('the spool')]
  const timer = publishProcessStanding({ bus, clock }, () => ({ proxy, control: [trouble('the log')], process: [] }))
  const heard = hearOtherParts(bus, 'control')
  expect(heard.troubles()).toEqual([])
  clock.advance(1_000)
  await expect.poll(() => heard.troubles()).toEqual([trouble('the spool')])
  proxy = []
  clock.advance(1_000)
  await expect.poll(() => heard.troubles()).toEqual([])
  heard.stop()
  timer.cancel()
  bus.close()
})
