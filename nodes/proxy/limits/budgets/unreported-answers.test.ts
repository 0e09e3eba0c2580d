// An answer that does not report what is charged counts with the most that it can cost, the same in its record, its attempt and a hard
// budget, whoever pays. One without any price is flagged, and counts nowhere.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BudgetDesk } from '../../../../cluster/budgets/budget-desk.ts'
import { MarkJournal } from '../../../../cluster/budgets/mark-journal.ts'
import { promptDisk } from '../../../../cluster/budgets/test-disk.ts'
import { TestRegister } from '../../../../cluster/budgets/test-register.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { TestGateway } from '../../apis/test-gateway.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import type { ScriptedCall } from '../../upstream/test-upstream.ts'
import { Budgets } from './budgets.ts'

interface Case {
  readonly target: object
  readonly path: string
  readonly body: object
  play(call: ScriptedCall): void
  /** Nano-dollars, by the body as it was sent. */
  bound(bytes: number): number
}

const price = { inputPerMTok: 1, outputPerMTok: 2 }
const imagePrice = { perImage: 0.04 }
const searchPrice = { perSearchUnit: 0.002 }
/** A model whose longest answer is known, with a price of its own here. */
const known = { provider: 'up', model: 'gpt-4o-mini', price }
const json = (answer: object) => (call: ScriptedCall) => void call.answer(200, JSON.stringify(answer))
const byTokens = (bytes: number) => (bytes + 32) * 1_000 + 16_384 * 2_000
const event = (type: string) => `event: ${type}\ndata: ${JSON.stringify({ type, b64_json: 'AA==' })}\n\n`

const cases: Record<string, Case> = {
  'images that are charged by tokens, without a usage': {
    target: known,
    path: '/v1/images/generations',
    body: { prompt: 'a cat' },
    play: json({ created: 1, data: [{ url: 'u' }] }),
    bound: byTokens,
  },
  'a stream of images without a usage': {
    target: known,
    path: '/v1/images/generations',
    body: { prompt: 'a cat', stream: true },
    play: (call) =>
      void call.stream(event('image_generation.partial_image'), event('image_generation.completed')).end(),
    bound: byTokens,
  },
  'speech that is charged by tokens': {
    target: known,
    path: '/v1/audio/speech',
    body: { input: 'hello', voice: 'x' },
    play: (call) => void call.head(200, { 'content-type': 'audio/mpeg' }).data('mp3').end(),
    bound: byTokens,
  },
  'images of which there is no list': {
    target: { provider: 'up', model: 'painter', unitPrice: imagePrice },
    path: '/v1/images/generations',
    body: { prompt: 'a cat', n: 3 },
    play: json({ created: 1 }),
    bound: () => 120_000_000,
  },
  'a reranking without its search units': {
    target: { provider: 'co', model: 'rerank-x', unitPrice: searchPrice },
    path: '/v1/rerank',
    body: { query: 'q', documents: ['a'] },
    play: json({ results: [] }),
    bound: () => 4_000_000,
  },
  'a moderation that costs something': {
    target: known,
    path: '/v1/moderations',
    body: { input: 'hi' },
    play: json({ id: 'm', results: [] }),
    bound: byTokens,
  },
}

let folder: string
let clock: ManualClock
let register: TestRegister

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unreported-'))
  clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  register = new TestRegister(clock)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function opened(target: object): Promise<TestGateway> {
  const journal = new MarkJournal(join(folder, 'marks'), promptDisk)
  const desk = new BudgetDesk({ node: 'n1', boot: '1', bus: register.bus(), clock, journal })
  desk.start()
  const gateway = await TestGateway.open({ policies: [new Budgets({ desk, clock, jobs: new InlineJobs() })], clock })
  await gateway.put('providers', 'co', {
    kind: 'cohere',
    credentials: [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }],
  })
  await gateway.put('models', 'm', { targets: [target] })
  return gateway
}

/** Waits for what comes over the bus, while time goes on. */
async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500 && !(await isDone()); turn++) {
    clock.advance(20)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

describe.each(Object.entries(cases))('%s', (_, { target, path, body, play, bound }) => {
  test.each<[string, object | undefined]>([
    ['a hard budget', { mode: 'hard' }],
    ['a soft budget', { mode: 'soft' }],
    ['nobody', undefined],
  ])('with %s that pays', async (_, budget) => {
    const gateway = await opened(target)
    if (budget !== undefined) await gateway.put('budgets', 'b', { team: 'search', usd: 5, window: '1d', ...budget })
    const asked = { model: 'm', ...body }
    const { reply } = gateway.call({ path, body: asked })
    await until(() => gateway.upstream.calls.length > 0)
    play(gateway.upstream.last)
    await until(() => reply.ended)
    const costNanoUsd = bound(JSON.stringify(asked).length)
    expect(gateway.attempts).toMatchObject([{ costNanoUsd, settlement: 'bound' }])
    expect(gateway.record).toMatchObject({ costNanoUsd, unpriced: false })
    if (budget === undefined) return
    const spent = async () => (await register.standings('b'))[0]?.settled
    await until(async () => (await spent()) === costNanoUsd)
    expect(await spent()).toBe(costNanoUsd)
  })
})

test('a caller that leaves before such an answer pays the same', async () => {
  const [, one] = Object.entries(cases)[0]!
  const gateway = await opened(one.target)
  const { reply } = gateway.call({ path: one.path, body: { model: 'm', ...one.body } })
  await until(() => gateway.upstream.calls.length > 0)
  reply.leave()
  expect(gateway.attempts).toMatchObject([
    { costNanoUsd: one.bound(JSON.stringify({ model: 'm', ...one.body }).length), settlement: 'bound' },
  ])
})

test('without a price there is nothing to count, and it is flagged', async () => {
  const gateway = await opened({ provider: 'up', model: 'painter' })
  const { reply } = gateway.call({ path: '/v1/images/generations', body: { model: 'm', prompt: 'a cat' } })
  gateway.upstream.last.answer(200, JSON.stringify({ created: 1, data: [] }))
  expect(gateway.attempts).toMatchObject([{ costNanoUsd: 0, settlement: 'unpriced' }])
  expect(reply.header('x-headgate-unpriced')).toBe('true')
})

test('a request for files is charged nothing, and is not flagged', async () => {
  const gateway = await opened({ provider: 'up', model: 'painter' })
  const { reply } = gateway.call({ method: 'GET', path: '/v1/files', headers: { 'x-headgate-provider': 'up' } })
  gateway.upstream.last.answer(200, JSON.stringify({ object: 'list', data: [], has_more: false }))
  expect(reply.status).toBe(200)
  expect(gateway.attempts).toMatchObject([{ costNanoUsd: 0, settlement: undefined }])
  expect(gateway.record.unpriced).toBe(false)
})
