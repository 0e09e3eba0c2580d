// Requests in a whole pipeline with a journal of intents: what is in it while an attempt runs, and what a strict one keeps back.
import { describe, expect, test } from 'vitest'
import type { Intent } from '../accounting/intents/intent.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import { openAiChat } from '../streams/test-streams.ts'

const messages = [{ role: 'user', content: 'hi' }]
const question = { model: 'gpt', max_tokens: 10, messages }
const pair = { ...question, model: 'pair' }
const boundOf = (body: object) => (JSON.stringify(body).length + 32) * 1_000 + 20_000

class PlayedJournal implements Intents {
  readonly isStrict: boolean
  readonly kept = new Set<Intent>()
  readonly updated: Intent[] = []
  readonly waiting: ((isSynced: boolean) => void)[] = []

  constructor(isStrict: boolean) {
    this.isStrict = isStrict
  }

  open(intent: Intent): void {
    intent.owner = this
    this.kept.add(intent)
  }

  whenSynced(then: (isSynced: boolean) => void): void {
    this.waiting.push(then)
  }

  update(intent: Intent): void {
    this.updated.push(intent)
  }

  close(intent: Intent): void {
    this.kept.delete(intent)
  }

  get bounds(): (number | undefined)[] {
    return [...this.kept].map(({ facts }) => facts.bound)
  }
}

async function opened(isStrict = false) {
  const intents = new PlayedJournal(isStrict)
  return { intents, gateway: await TestGateway.open({ intents }) }
}

describe('while an attempt runs', () => {
  test('its intent is open, with the most that it can cost, until the record is written', async () => {
    const { intents, gateway } = await opened()
    gateway.call({ body: question })
    expect(intents.bounds).toEqual([boundOf(question)])
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(intents.bounds).toEqual([])
  })

  test('those before it are in the journal as they ended', async () => {
    const { intents, gateway } = await opened()
    gateway.call({ body: pair })
    gateway.upstream.last.answer(500, {})
    expect(intents.updated.map(({ ended }) => [ended?.index, ended?.upstreamStatus, ended?.costNanoUsd])).toEqual([
      [0, 500, 0],
    ])
    expect(intents.kept.size).toBe(2)
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(intents.kept.size).toBe(0)
  })

  test.each([
    ['a time-out', (gateway: TestGateway) => gateway.clock.advance(3_600_000)],
    ['a reset', (gateway: TestGateway) => void gateway.upstream.last.fail()],
    ['a stop of the key', (gateway: TestGateway) => gateway.revokeKey()],
  ])('%s closes it', async (_, ends) => {
    const { intents, gateway } = await opened()
    gateway.call({ body: question })
    await ends(gateway)
    expect([intents.kept.size, gateway.attempts.length]).toEqual([0, 1])
  })

  test('a request that costs nothing has none', async () => {
    const { intents, gateway } = await opened()
    gateway.call({ path: '/v1/messages/count_tokens', body: { ...question, model: 'claude' } })
    expect(intents.kept.size).toBe(0)
  })
})

describe('a strict journal', () => {
  test('keeps an attempt back until it is on the disk', async () => {
    const { intents, gateway } = await opened(true)
    const { reply } = gateway.call({ body: question })
    expect(gateway.upstream.calls).toHaveLength(0)
    intents.waiting[0]?.(true)
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect([reply.status, intents.kept.size]).toEqual([200, 0])
  })

  test('refuses what it cannot write, on the first attempt and on a later one', async () => {
    const { intents, gateway } = await opened(true)
    const { reply } = gateway.call({ body: pair })
    intents.waiting[0]?.(true)
    gateway.upstream.last.answer(500, {})
    intents.waiting[1]?.(false)
    expect([reply.status, JSON.parse(reply.text).error.code]).toEqual([503, 'journal_unavailable'])
    expect(reply.header('x-should-retry')).toBe('true')
    expect(gateway.upstream.calls).toHaveLength(1)
    expect(gateway.record).toMatchObject({ status: 'failed', costNanoUsd: 0, attempts: 2 })
    expect([intents.kept.size, gateway.leftovers]).toEqual([0, { inFlight: 0, armed: 0, live: 0 }])
  })

  test.each([
    ['leaves', (_: TestGateway, leave: () => void) => leave()],
    ['waits too long', (gateway: TestGateway) => gateway.clock.advance(3_600_000)],
  ])('sends nothing for a caller that %s meanwhile, and it costs nothing', async (_, ends) => {
    const { intents, gateway } = await opened(true)
    const { reply } = gateway.call({ body: question })
    ends(gateway, () => reply.leave())
    intents.waiting[0]?.(true)
    expect(gateway.upstream.calls).toHaveLength(0)
    expect(gateway.attempts.map(({ costNanoUsd, settlement }) => [costNanoUsd, settlement])).toEqual([[0, undefined]])
    expect([intents.kept.size, gateway.leftovers]).toEqual([0, { inFlight: 0, armed: 0, live: 0 }])
  })
})
