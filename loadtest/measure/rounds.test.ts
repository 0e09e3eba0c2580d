import { expect, test } from 'vitest'
import { compare, type Round, runRounds, strictRules, tinyRules, type Window } from './rounds.ts'

const options = { subject: 'ours', reference: 'nginx', rules: strictRules, seed: 1 }

function window(subject: string, micros: number, change: Partial<Window> = {}): Window {
  const load = { units: 100_000, seconds: 3, trouble: undefined, generatorCpuShare: 0.5, mockCpuShare: 0.2 }
  return { subject, cpuMs: micros * 100, ...load, ...change }
}

function round(nginx: [number, number], ours: [number, number], change: Partial<Round> = {}): Round {
  const windows = [
    window('nginx', nginx[0]),
    window('ours', ours[0]),
    window('ours', ours[1]),
    window('nginx', nginx[1]),
  ]
  return { windows, stealShare: 0, foreignShare: 0, ...change }
}

const good = round([10, 10], [20, 20])

test('the figure is the median of the rounds, with its range', () => {
  const rounds = [round([10, 10], [20, 20]), round([8, 8], [12, 12]), round([10, 10], [30, 20]), good, good]
  const { ratio, micros, validRounds, rejected } = compare(rounds, options)
  expect(ratio).toMatchObject({ median: 2, min: 1.5, max: 2.5 })
  expect(ratio?.interval.low).toBeGreaterThanOrEqual(1.5)
  expect(micros).toEqual({ ours: 20, nginx: 10 })
  expect([validRounds, rejected]).toEqual([5, {}])
})

test.each<[string, Round]>([
  ['the reference readings differ', round([10, 12], [20, 20])],
  ['the hypervisor stole time', round([10, 10], [20, 20], { stealShare: 0.03 })],
  ['other work on the machine', round([10, 10], [20, 20], { foreignShare: 0.4 })],
  ['a window burnt too little CPU', round([10, 10], [2, 20])],
  ['ours: 3 x status 502', { ...good, windows: [...good.windows, window('ours', 20, { trouble: '3 x status 502' })] }],
])('a round is rejected when %s', (reason, bad) => {
  const { ratio, validRounds, rejected } = compare([good, good, good, good, good, bad], options)
  expect([ratio?.median, validRounds, rejected]).toEqual([2, 5, { [reason]: 1 }])
})

test('trouble of a subject that is not compared voids nothing', () => {
  const portkey = { ...good, windows: [...good.windows, window('portkey', 900, { trouble: 'down' })] }
  expect(compare([portkey], { ...options, rules: tinyRules }).validRounds).toBe(1)
})

test('with too few valid rounds there is no ratio', () => {
  expect(compare([good, good, good, good], options).ratio).toBeUndefined()
})

test('rejected rounds are run again, up to twice the number', async () => {
  const bad = round([10, 12], [20, 20])
  const queue = [bad, good, bad, good, good]
  expect(await runRounds(3, options, async () => queue.shift() ?? bad)).toHaveLength(5)
  expect(await runRounds(3, options, async () => bad)).toHaveLength(6)
})
