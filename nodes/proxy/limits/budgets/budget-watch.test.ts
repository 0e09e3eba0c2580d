import fc from 'fast-check'
import { expect, test } from 'vitest'
import { priceOfRates } from '../../../../shared/models/price.ts'
import { BudgetWatch } from './budget-watch.ts'

/** A token of input costs 1 nano-dollar, one of output 2. */
const price = priceOfRates({ input: 0.001, output: 0.002 }, { type: 'configured' })

/** A watch over a lease that has so much more. */
function watched(bound: number, more: number) {
  const told = { held: bound, left: more, cuts: [] as string[] }
  const extension = {
    lease: { terms: { name: 'small' } },
    get extra() {
      return told.held - bound
    },
    grow(amounts: readonly number[]) {
      const amount = amounts.find((one) => one - extension.extra <= told.left)
      const more = Math.max(0, (amount ?? 0) - extension.extra)
      told.left -= more
      told.held += more
    },
  }
  return { watch: new BudgetWatch([extension], { bound, price, input: 10 }, (name) => void told.cuts.push(name)), told }
}

test('an answer within its bound asks for nothing', () => {
  const { watch, told } = watched(10 + 2 * 400, 1_000)
  for (let output = 0; output <= 260; output += 10) watch.look(output)
  expect(told).toEqual({ held: 810, left: 1_000, cuts: [] })
})

test('a short answer with a small cap asks for nothing', () => {
  const { watch, told } = watched(100 + 2 * 20, 1_000)
  for (let output = 0; output <= 20; output++) watch.look(output)
  expect(told.left).toBe(1_000)
})

test('more is reserved before it is used, in large steps', () => {
  const { watch, told } = watched(10 + 2 * 100, 10_000)
  watch.look(64)
  expect(told.held).toBe(10 + 2 * (64 + 512))
})

test('where there is too little for a large step, a small one is taken', () => {
  const { watch, told } = watched(10 + 2 * 100, 200)
  watch.look(64)
  expect(told.held).toBe(10 + 2 * (64 + 128))
})

test('the answer is cut before another read like the last two would cost more than is held', () => {
  const { watch, told } = watched(10 + 2 * 100, 300)
  for (const output of [60, 110, 160, 180, 200, 220, 230, 235]) expect(watch.look(output)).toBeUndefined()
  expect(watch.look(244)).toEqual({ type: 'budget-exhausted', name: 'small' })
  expect(told.cuts).toEqual(['small'])
})

test('an answer within its bound is not cut, in however few reads it comes', () => {
  const { watch } = watched(10 + 2 * 100, 0)
  for (const output of [60, 100]) expect(watch.look(output)).toBeUndefined()
  expect(watch.look(101)).toBeDefined()
})

test('an answer that goes on evenly never costs more than is held for it', () => {
  const steps = fc.integer({ min: 1, max: 300 }).map((step) => Array<number>(40).fill(step))
  fc.assert(
    fc.property(fc.integer({ min: 700, max: 3_000 }), fc.nat(5_000), steps, (bound, more, grown) => {
      const { watch, told } = watched(bound, more)
      let output = 0
      for (const step of grown) {
        output += step
        const isCut = watch.look(output) !== undefined
        // The read that gets beyond the bound is not expected.
        if (10 + 2 * (output - step) > bound) expect(10 + 2 * output).toBeLessThanOrEqual(told.held)
        if (isCut) return
      }
    }),
  )
})
