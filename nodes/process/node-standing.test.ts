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
