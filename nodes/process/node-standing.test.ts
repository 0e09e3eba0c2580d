import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { NodeStanding } from './node-standing.ts'

const standing = () => new NodeStanding({ node: 'n', role: 'proxy', clock: new ManualClock(0) })
const thread = (troubles: Trouble[], restarts = 0) => ({ part: 'link', restarts, standing: () => ({ troubles }) })

test('a node serves from the moment that it says so until it drains', () => {
  const node = standing()
  expect(node.look().status).toBe('unready')
  node.stage = 'serving'
  expect(node.look().status).toBe('ok')
  node.stage = 'draining'
  expect(node.look()).toMatchObject({ status: 'unready', reasons: [expect.stringContaining('draining')] })
})

test('the troubles of parts and of threads are its own', () => {
  const node = standing()
  node.stage = 'serving'
  node.add('proxy', { standing: () => ({ troubles: [{ level: 'degraded', reason: 'of a part' }] }) })
  node.watch([thread([{ level: 'degraded', reason: 'of a thread' }])])
  expect(node.look()).toMatchObject({ status: 'degraded' })
  expect(node.look().reasons).toEqual([expect.stringContaining('of a part'), expect.stringContaining('of a thread')])
})

test('restarts of threads and notices to the operator are metrics', () => {
  const node = standing()
  node.watch([thread([], 3)])
  const passedOn: unknown[] = []
  const notify = node.counting((notice) => void passedOn.push(notice))
  notify({ type: 'warning', message: 'w' })
  expect(passedOn).toEqual([{ type: 'warning', message: 'w' }])
  expect(node.metrics(false)).toContain('headgate_thread_restarts_total{node="n",part="link"} 3\n')
  expect(node.metrics(false)).toContain('headgate_notices_total{node="n",type="warning",level="warn"} 1\n')
})

test('what is wrong with a part is logged while the node serves, once and with its end', () => {
  const clock = new ManualClock(0)
  const node = new NodeStanding({ node: 'n', role: 'proxy', clock })
  const troubles: Trouble[] = [{ level: 'degraded', reason: 'full' }]
  node.add('process', { standing: () => ({ troubles }) })
  const told: unknown[] = []
  const watch = node.watchTroubles((notice) => void told.push(notice))
  clock.advance(5_000)
  expect(told).toEqual([])
  node.stage = 'serving'
  clock.advance(5_000)
  expect(told).toEqual([{ type: 'trouble', reason: 'full' }])
  expect(node.look().reasons).toEqual(['full (since 1970-01-01T00:00:01Z)'])
  troubles.pop()
  clock.advance(5_000)
  expect(told.slice(1)).toEqual([{ type: 'trouble-over', reason: 'full', lastedMs: 5_000 }])
  watch.cancel()
})
