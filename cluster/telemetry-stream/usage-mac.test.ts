import { expect, test } from 'vitest'
import { testMacs } from '../macs/test-macs.ts'
import { usageMacOf } from './usage-mac.ts'

const bytes = new Uint8Array(Buffer.from('records'))
const [older, newer] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const

test('a batch is genuine in its partition, from its sender, and nowhere else', () => {
  const mac = usageMacOf(testMacs())
  const id = mac.idOf({ partition: 3, node: 'proxy.1', bytes })
  const batch = { partition: 3, sender: 'proxy=2e1', id, bytes }
  expect(mac.judge(batch)).toBe('genuine')
  expect(mac.judge({ ...batch, partition: 4 })).toBe('forged')
  expect(mac.judge({ ...batch, sender: 'proxy=2e2' })).toBe('forged')
  expect(mac.judge({ ...batch, bytes: new Uint8Array(Buffer.from('recordz')) })).toBe('forged')
  expect(mac.judge({ ...batch, id: 'boot:1:7:0' })).toBe('unsigned')
})

test('a batch that is sent again has the same id, and nobody can know it before', () => {
  const batch = { partition: 3, node: 'proxy-1', bytes }
  const ids = [older, older, newer].map((key) => usageMacOf(testMacs({ masterKeys: [key] })).idOf(batch))
  expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false])
})

test('what another master key proves is proven once that key is configured', () => {
  const id = usageMacOf(testMacs({ masterKeys: [newer] })).idOf({ partition: 3, node: 'p', bytes })
  const batch = { partition: 3, sender: 'p', id, bytes }
  expect(usageMacOf(testMacs({ masterKeys: [older] })).judge(batch)).toBe('unknown-key')
  expect(usageMacOf(testMacs({ masterKeys: [older, newer] })).judgeAgain(batch)).toBe('genuine')
})
