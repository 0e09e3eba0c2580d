import { expect, test } from 'vitest'
import { mainHeapMb, memoryPlan, smallerBodies } from './memory-plan.ts'

const mib = 1 << 20
const gib = 2 ** 30
const planOf = (role: Parameters<typeof memoryPlan>[0], processBytes: number, bodiesBytes?: number) =>
  memoryPlan(role, { processBytes, mainHeapBytes: (mainHeapMb(role, processBytes) ?? 0) * mib, bodiesBytes })

test('on a large machine every part has its most', () => {
  expect(planOf('all', 64 * gib)).toEqual({
    bodiesBytesMax: gib,
    parsedBytesMax: gib,
    threadHeapMbMax: { control: 4_096, aggregator: 4_096, link: 4_096 },
  })
})

test.each([
  ['all', ['control', 'aggregator', 'link']],
  ['proxy', ['link']],
  ['aggregator', ['aggregator']],
  ['control', ['control']],
] as const)('the parts of a process of the role %s fit its memory together', (role, threads) => {
  for (const processBytes of [gib, 2 * gib, 4 * gib, 16 * gib]) {
    const plan = planOf(role, processBytes)
    const heaps = threads.reduce((sum, part) => sum + plan.threadHeapMbMax[part] * mib, 0)
    const main = (mainHeapMb(role, processBytes) ?? 0) * mib
    const bodies = main === 0 ? 0 : plan.bodiesBytesMax
    expect((main + bodies + heaps) / processBytes).toBeLessThanOrEqual(7 / 8)
  }
})

test('with 512 MiB an installation still has a part of each', () => {
  expect(mainHeapMb('all', 512 * mib)).toBe(192)
  expect(planOf('all', 512 * mib)).toMatchObject({
    bodiesBytesMax: 64 * mib,
    parsedBytesMax: 96 * mib,
    threadHeapMbMax: { control: 96, aggregator: 96 },
  })
})

test('what the operator says of the bodies is obeyed, and a heap that was given is divided as it is', () => {
  expect(planOf('proxy', 8 * gib, 4 * gib).bodiesBytesMax).toBe(4 * gib)
  const given = { processBytes: 64 * gib, mainHeapBytes: 512 * mib, bodiesBytes: undefined }
  expect(memoryPlan('all', given).parsedBytesMax).toBe(256 * mib)
})

test('a process without a data plane keeps the limit of its main thread', () => {
  expect([mainHeapMb('control', gib), mainHeapMb('aggregator', gib)]).toEqual([undefined, undefined])
})

test('a limit of bodies that the memory makes smaller is told, with both numbers', () => {
  const mib = 1 << 20
  expect(smallerBodies({ asked: 16 * mib, largestBytes: 16 * mib })).toBeUndefined()
  expect(smallerBodies({ asked: 2 ** 31, largestBytes: 16 * mib })).toMatch(
    /is 2147483648 bytes.+than 16777216 are refused/,
  )
})
