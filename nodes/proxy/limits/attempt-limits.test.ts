// Limits that are matched by, or counted per, a provider or a target: they decide about each attempt. `pair` has two targets, at
// `up` and then at `spare`.
import { beforeEach, describe, expect, test } from 'vitest'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { BucketNode } from '../../../cluster/gossip/bucket-node.ts'
import { encodeWait } from '../../../cluster/gossip/charge-request.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { done } from '../../../shared/result.ts'
import { type AskedCall, TestGateway } from '../apis/test-gateway.ts'
import { openAiChat } from '../streams/test-streams.ts'
import { Limits } from './limits.ts'

const question = { model: 'pair', messages: [{ role: 'user', content: 'four tokens here' }] }
const noon = Date.parse('2026-11-30T12:00:00Z')

let clock: ManualClock
let gossip: Gossip
let limits: Limits
let gateway: TestGateway

beforeEach(async () => {
  clock = new ManualClock(noon)
  gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  gateway = await TestGateway.open({ policies: [limits], clock })
})

const header = ({ headers }: { headers: readonly string[] }, name: string) => headers[headers.indexOf(name) + 1]

/** The target of the answer, or the status of a request that nobody answered. Each upstream answers with 7 and 3 tokens. */
function answeredBy(asked: AskedCall = { body: question }): string | number {
  const { reply } = gateway.call(asked)
  if (!reply.ended) gateway.upstream.last.answer(200, openAiChat.whole('hello'))
  return reply.status === 200 ? (header(reply, 'x-headgate-provider') ?? '') : reply.status
}

const sent = () => gateway.upstream.calls.map(({ request }) => request.origin.host)
const inAnHour = { window: '1h' } as const

describe('a target without room is passed over', () => {
  test.each<[string, object, (string | number)[]]>([
    ['per provider', { per: 'provider' }, ['up', 'spare', 429]],
    ['per target', { per: 'target' }, ['up', 'spare', 429]],
    ['of a provider', { per: 'org', match: { provider: 'up' } }, ['up', 'spare', 'spare']],
    ['of a target', { per: 'key', match: { target: 'spare/gpt-4o' } }, ['up', 'up', 'up']],
    ['of another model at the provider', { per: 'key', match: { target: 'up/gpt-5' } }, ['up', 'up', 'up']],
    ['of another provider', { per: 'provider', match: { provider: 'google' } }, ['up', 'up', 'up']],
    ['of a provider for another model', { per: 'org', match: { provider: 'up', model: 'gpt' } }, ['up', 'up', 'up']],
    ['of a provider for another team', { per: 'org', match: { provider: 'up', team: 'other' } }, ['up', 'up', 'up']],
    ['with another amount', { per: 'provider', overrides: { spare: 2 } }, ['up', 'spare', 'spare', 429]],
    ['that only reports', { per: 'provider', mode: 'report' }, ['up', 'up', 'up']],
    ['of the calendar', { per: 'provider', window: '1d' }, ['up', 'spare', 429]],
  ])('%s', async (_, limit, expected) => {
    await gateway.put('teams', 'other', {})
    await gateway.put('limits', 'one', { requests: 1, ...inAnHour, ...limit })
    expect(expected.map(() => answeredBy())).toEqual(expected)
  })

  test('and a request without any other target is recorded with the limit', async () => {
    await gateway.put('limits', 'one', { per: 'provider', requests: 1, ...inAnHour })
    expect([answeredBy(), answeredBy(), answeredBy()]).toEqual(['up', 'spare', 429])
    expect(gateway.outcome.recorder.records.map(({ limitedBy }) => limitedBy)).toEqual([
      undefined,
      undefined,
      'limits/one',
    ])
  })

  test('and the record of the next attempt says so', async () => {
    await gateway.put('limits', 'one', { per: 'provider', requests: 1, ...inAnHour })
    expect([answeredBy(), answeredBy()]).toEqual(['up', 'spare'])
    expect(gateway.attempts.map(({ provider, passedOver }) => [provider, passedOver])).toEqual([
      ['up', undefined],
      ['spare', true],
    ])
  })

  test('and the fallback answers', async () => {
    await gateway.put('models', 'first', { targets: [{ provider: 'up', model: 'gpt-4o' }], fallbacks: ['claude'] })
    await gateway.put('limits', 'one', { per: 'provider', requests: 1, ...inAnHour })
    const asked = { body: { ...question, model: 'first' } }
    expect(answeredBy(asked)).toBe('up')
    gateway.call(asked)
    expect(sent().at(-1)).toBe('api.anthropic.com')
  })

  test('also when it is to be tried again', async () => {
    await gateway.put('limits', 'one', { per: 'provider', requests: 1, ...inAnHour })
    const { reply } = gateway.call({ body: { ...question, model: 'gpt' } })
    gateway.upstream.last.answer(500, '{}')
    expect([reply.status, sent().length]).toEqual([502, 1])
  })
})

describe('a request that no target has room for', () => {
  const wait = async (up: object, spare: object) => {
    await gateway.put('limits', 'at-up', { per: 'org', match: { provider: 'up' }, ...up })
    await gateway.put('limits', 'at-spare', { per: 'org', match: { provider: 'spare' }, ...spare })
    answeredBy()
    answeredBy()
    return gateway.call({ body: question }).reply
  }

  test('is told the smallest wait, and the limit that it is of', async () => {
    const reply = await wait({ requests: 1, window: '1h' }, { requests: 1, window: '1m' })
    expect([reply.status, header(reply, 'retry-after'), header(reply, 'x-should-retry')]).toEqual([429, '60', 'true'])
    expect(reply.text).toContain('The limit `at-spare` of 1 request in 1m per org is reached')
    expect(gateway.upstream.calls.length).toBe(2)
    expect(gateway.outcome.recorder.records.at(-1)).toMatchObject({ status: 'refused', attempts: 0 })
    expect(gateway.outcome.rejections.at(-1)).toBe('rate_limit_exceeded')
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  })

  test("is told so in Anthropic's words on its routes", async () => {
    await gateway.put('limits', 'one', { per: 'target', requests: 1, ...inAnHour })
    const asked = { path: '/v1/messages', body: { ...question, model: 'claude', max_tokens: 9 } }
    gateway.call(asked)
    const { reply } = gateway.call(asked)
    expect(JSON.parse(reply.text).error).toMatchObject({ type: 'rate_limit_error' })
    expect(reply.text).toContain('for target `anthropic/claude-sonnet-4-5` is reached')
    expect(header(reply, 'anthropic-ratelimit-requests-remaining')).toBe('0')
  })

  test('because the only other one limits the rate is told the wait of the sooner one', async () => {
    await gateway.put('limits', 'one', { per: 'org', match: { provider: 'spare' }, requests: 1, window: '5s' })
    gateway.call({ body: { ...question, model: 'spare/gpt-4o' } })
    const { reply } = gateway.call({ body: question })
    gateway.upstream.last.answer(429, '{}', { 'retry-after': '30' })
    expect([reply.status, header(reply, 'retry-after')]).toEqual([429, '5'])
  })
})

describe('an attempt is charged to the target that it ran on', () => {
  const left = (name: string) => {
    const reply = gateway.call({ body: { ...question, model: `${name}/gpt-4o`, max_tokens: 1 } }).reply
    gateway.upstream.last.answer(400, '{}')
    return Number(header(reply, 'x-ratelimit-remaining-tokens'))
  }

  test('tokens by what it used, nothing where it failed', async () => {
    await gateway.put('limits', 'tokens', { per: 'provider', tokens: 1_000, window: '90d' })
    const { reply } = gateway.call({ body: question })
    gateway.upstream.last.answer(500, '{}')
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(header(reply, 'x-ratelimit-remaining-tokens')).toBe('990')
    expect([left('up'), left('spare')]).toEqual([1_000, 990])
  })

  test('cost by the price of the target', async () => {
    const targets = [{ provider: 'up', model: 'gpt-4o', price: { inputPerMTok: 1e3, outputPerMTok: 1e3 } }]
    await gateway.put('models', 'dear', { targets, retries: { attempts: 0 } })
    await gateway.put('limits', 'usd', { per: 'target', usd: 0.019, window: '90d' })
    // The first answer costs 0.01 USD at its target; the second is reserved beyond what is left there.
    const asked = { body: { ...question, model: 'dear', max_tokens: 5 } }
    expect([answeredBy(asked), answeredBy(asked)]).toEqual(['up', 429])
  })

  test('requests by attempts', async () => {
    await gateway.put('limits', 'few', { per: 'provider', requests: 2, window: '90d' })
    gateway.call({ body: question })
    gateway.upstream.last.answer(500, '{}')
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect([answeredBy(), answeredBy(), answeredBy()]).toEqual(['up', 'spare', 429])
  })

  test('places by what is in flight, whatever the end', async () => {
    await gateway.put('limits', 'place', { per: 'target', concurrency: 1 })
    const first = gateway.call({ body: question })
    const second = gateway.call({ body: question })
    expect(sent()).toEqual(['api.openai.com', 'spare.example'])
    expect(gateway.call({ body: question }).reply.status).toBe(429)
    first.reply.leave()
    second.reply.leave()
    expect([answeredBy(), answeredBy()]).toEqual(['up', 'up'])
  })

  test('a request that another limit rejects is charged nowhere', async () => {
    await gateway.put('limits', 'a-provider', { per: 'provider', requests: 1, ...inAnHour })
    await gateway.put('limits', 'b-key', { per: 'key', requests: 1, ...inAnHour })
    expect([answeredBy({ body: { ...question, model: 'spare/gpt-4o' } }), answeredBy()]).toEqual(['spare', 429])
    await gateway.put('limits', 'b-key', { per: 'key', requests: 3, ...inAnHour })
    expect(answeredBy()).toBe('up')
  })
})

test('requests for files count at their provider, and have no target', async () => {
  await gateway.put('limits', 'a-provider', { per: 'provider', match: { provider: 'up' }, requests: 1, ...inAnHour })
  await gateway.put('limits', 'b-target', { per: 'target', requests: 1, ...inAnHour })
  const list = (provider: string) => {
    const { reply } = gateway.call({ method: 'GET', path: '/v1/files', query: `provider=${provider}` })
    if (!reply.ended) gateway.upstream.last.answer(200, { object: 'list', data: [], has_more: false })
    return reply
  }
  expect([list('up').status, list('spare').status, list('spare').status]).toEqual([200, 200, 200])
  const refused = list('up')
  expect([refused.status, refused.text]).toEqual([429, expect.stringContaining('The limit `a-provider` of 1 request')])
})

test('what is beyond a limit is counted', async () => {
  await gateway.put('limits', 'one', { per: 'provider', requests: 1, ...inAnHour })
  await gateway.put('limits', 'watch', { per: 'target', requests: 1, ...inAnHour, mode: 'report' })
  for (let count = 0; count < 3; count++) answeredBy()
  expect([...limits.exceeded]).toEqual([['one enforce', 3]])
})

describe('where another node decides', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const asked: (() => void)[] = []

  async function slow() {
    class SlowBus extends LocalBus {
      override request(): ReturnType<LocalBus['request']> {
        return new Promise((resolve) => asked.push(() => resolve(done(encodeWait(0)))))
      }
    }
    gossip = new Gossip({ node: 'n1', boot: 1, bus: new SlowBus(), clock })
    for (let index = 0; index < 40; index++) {
      const frame = new BucketNode({ node: `other-${index}`, boot: 1 }).nextFrame()
      if (frame !== undefined) gossip.node.take(frame, clock.monotonicMs())
    }
    limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
    gateway = await TestGateway.open({ policies: [limits], clock })
    await gateway.put('limits', 'a-place', { per: 'provider', match: { provider: 'up' }, concurrency: 1 })
    await gateway.put('limits', 'b-small', { per: 'target', requests: 40, window: '1h' })
  }

  const answerAll = async () => {
    for (const answer of asked.splice(0)) answer()
    await turn()
  }

  test('the attempt waits for it', async () => {
    await slow()
    const { reply } = gateway.call({ body: question })
    expect([gateway.upstream.calls.length, asked.length]).toEqual([0, 1])
    await answerAll()
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect([reply.status, gateway.leftovers]).toEqual([200, { inFlight: 0, armed: 0, live: 0 }])
  })

  test.each<[string, (reply: { leave(): void }) => void]>([
    ['the caller leaves', (reply) => reply.leave()],
    ['the time is over', () => clock.advance(700_000)],
  ])('nothing stays reserved when %s meanwhile', async (_, ends) => {
    await slow()
    const { reply } = gateway.call({ body: question })
    ends(reply)
    await answerAll()
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
    gateway.call({ body: question })
    await answerAll()
    expect(sent()).toEqual(['api.openai.com'])
  })
})
