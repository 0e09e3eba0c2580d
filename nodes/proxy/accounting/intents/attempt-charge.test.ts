import { describe, expect, test } from 'vitest'
import { priceOfRates } from '../../../../shared/models/price.ts'
import type { Target } from '../../providers/endpoint.ts'
import { testTarget } from '../../providers/test-connect.ts'
import { testRequest } from '../../request/test-request.ts'
import { AttemptCharge, uncharged } from './attempt-charge.ts'
import type { Intent } from './intent.ts'
import type { Intents } from './intents.ts'
import { plannedFor } from './test-intents.ts'

const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })

class RememberingIntents implements Intents {
  readonly isStrict: boolean
  readonly opened: Intent[] = []
  waits: ((isSynced: boolean) => void) | undefined

  constructor(isStrict = false) {
    this.isStrict = isStrict
  }

  open(intent: Intent): void {
    this.opened.push(intent)
  }

  whenSynced(then: (isSynced: boolean) => void): void {
    this.waits = then
  }

  update(): void {}
  close(): void {}
}

function charged(more: { target?: Target; bound?: number | undefined } = {}) {
  const { target = testTarget({ kind: 'openai' }, { price }) } = more
  const bound = 'bound' in more ? more.bound : 900
  let asked = 0
  const costBound = (at: Target) => {
    if (at !== target) throw new Error('another target was asked for')
    asked++
    return bound
  }
  const { request } = testRequest()
  const attempt = { request, model: 'm', planned: plannedFor(target), index: 2, stream: true, costBound }
  return { charge: new AttemptCharge(attempt, { isSent: true }), timesAsked: () => asked }
}

function begun(charge: AttemptCharge, intents: Intents | undefined): boolean[] {
  const told: boolean[] = []
  charge.begin(intents, (mayGo) => told.push(mayGo))
  return told
}

describe('an attempt that is charged', () => {
  test('is journaled with its bound, and goes at once', () => {
    const { charge } = charged()
    const intents = new RememberingIntents()
    expect(begun(charge, intents)).toEqual([true])
    expect(intents.opened.map(({ facts }) => [facts.index, facts.model, facts.stream, facts.bound])).toEqual([
      [2, 'm', true, 900],
    ])
    expect(charge.intent).toBe(intents.opened[0])
  })

  test('is journaled without a bound where there is none', () => {
    const { charge } = charged({ bound: undefined })
    begun(charge, new RememberingIntents())
    expect(charge.intent?.facts.bound).toBeUndefined()
    expect(charge.intent).toBeDefined()
  })

  test('waits for the disk where the journal is strict, and learns when it must not go', () => {
    const intents = new RememberingIntents(true)
    const told = begun(charged().charge, intents)
    expect(told).toEqual([])
    intents.waits?.(false)
    expect(told).toEqual([false])
  })

  test('has its bound asked for once', () => {
    const { charge, timesAsked } = charged()
    begun(charge, new RememberingIntents())
    expect([charge.bound(), charge.bound(), timesAsked()]).toEqual([900, 900, 1])
  })
})

describe('no intent', () => {
  test.each([
    ['of an attempt that is free', charged({ bound: 0 })],
    ['of a model without a price', charged({ target: testTarget() })],
    ['at the demo provider', charged({ target: { ...testTarget({ kind: 'openai' }, { price }), kind: 'demo' } })],
  ])('%s', (_, { charge }) => {
    const intents = new RememberingIntents(true)
    expect(begun(charge, intents)).toEqual([true])
    expect([charge.intent, intents.opened]).toEqual([undefined, []])
  })

  test('without a journal, and the bound is not asked for', () => {
    const { charge, timesAsked } = charged()
    expect(begun(charge, undefined)).toEqual([true])
    expect([charge.intent, timesAsked()]).toEqual([undefined, 0])
  })
})

test('what is not charged costs nothing', () => {
  expect([uncharged.isSent, uncharged.bound(), uncharged.intent]).toEqual([false, 0, undefined])
})
