// Token limits under streams that get longer than expected, against the real limiter on a virtual clock (targets: L5 of the design).
import { describe, expect, test } from 'vitest'
import { runTokenLoad, type TokenLoad } from './test-token-load.ts'

const seeds = [1, 2, 3]
const runs = (load: Omit<TokenLoad, 'seed'>) => seeds.map((seed) => runTokenLoad({ seed, ...load }))
const worstOf = (load: Omit<TokenLoad, 'seed'>) => Math.max(...runs(load).map(({ worst }) => worst))

describe('the worst minute of a limit of tokens, at three times the demand', () => {
  test.each<[string, Omit<TokenLoad, 'seed'>, number]>([
    ['steady', {}, 0.03],
    ['of answers with a long tail', { sigma: 1.5 }, 0.03],
    ['of answers that get four times as long', { shift: 4 }, 0.05],
  ])('%s', (_, load, most) => {
    const all = runs(load)
    expect(all.reduce((sum, { worst }) => sum + worst, 0) / all.length).toBeLessThanOrEqual(most)
    for (const { worst, utilisation } of all) {
      expect(worst).toBeLessThanOrEqual(most + 0.005)
      expect(utilisation).toBeGreaterThanOrEqual(0.98)
    }
  })

  test('is far above the limit where streams are not charged while they run', () => {
    expect(worstOf({ isWatched: false })).toBeGreaterThan(0.06)
    expect(worstOf({ isWatched: false, shift: 4 })).toBeGreaterThan(0.15)
  })
})

test('a limit that cuts ends no stream as long as the limit is not overdrawn', () => {
  for (const { cut, worst } of runs({ limit: { onExhausted: 'cut' }, shift: 4 })) {
    expect(cut).toBe(0)
    expect(worst).toBeLessThanOrEqual(0.05)
  }
})

test('a limit without an overdraft cuts the streams that it has no room for', () => {
  for (const { cut, admitted } of runs({ limit: { onExhausted: 'cut', overdraft: 0 } })) {
    expect(cut).toBeGreaterThan(0)
    expect(cut).toBeLessThan(admitted / 4)
  }
})
