import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { Notice } from '../../shared/notice.ts'
import type { NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { Agreement, disagreements } from './agreement.ts'

const node = (name: string, revision: number, hash: string) => ({ node: name, revision, hash }) as NodeHeartbeat

test('nodes at different revisions agree as long as the log has what each of them says', () => {
  const hashes = new Map([
    [3, 'c'],
    [4, 'd'],
  ])
  expect(disagreements([node('a', 3, 'c'), node('b', 4, 'd')], hashes)).toEqual([])
})

test('a node with another hash than the log is named, also when it is alone at its revision', () => {
  expect(disagreements([node('a', 3, 'x'), node('b', 4, 'd')], new Map([[3, 'c']]))).toEqual([
    { revision: 3, nodes: ['a'] },
  ])
})

test('beyond the log nobody is right: all who differ are named', () => {
  expect(disagreements([node('b', 9, 'x'), node('a', 9, 'y')], new Map())).toEqual([{ revision: 9, nodes: ['a', 'b'] }])
  expect(disagreements([node('b', 9, 'x'), node('a', 9, 'x')], new Map())).toEqual([])
})

test('a disagreement is told once, stays a trouble while it lasts, and ends', async () => {
  const notices: Notice[] = []
  let nodes = [node('a', 3, 'x')]
  const agreement = new Agreement({
    nodes: () => nodes,
    hashAt: async () => 'c',
    clock: new ManualClock(),
    notify: (notice) => notices.push(notice),
  })
  await agreement.look()
  await agreement.look()
  expect(notices).toEqual([{ type: 'config-disagreement', revision: 3, nodes: ['a'] }])
  expect(agreement.troubles()).toEqual([{ level: 'degraded', reason: expect.stringMatching(/revision 3 .* a has/) }])
  nodes = [node('a', 3, 'c')]
  await agreement.look()
  expect(agreement.troubles()).toEqual([])
})

test('a node without a configuration has nothing to disagree about', async () => {
  const agreement = new Agreement({
    nodes: () => [node('a', 0, '0')],
    hashAt: async () => 'c',
    clock: new ManualClock(),
    notify: () => {},
  })
  await agreement.look()
  expect(agreement.found).toEqual([])
})
