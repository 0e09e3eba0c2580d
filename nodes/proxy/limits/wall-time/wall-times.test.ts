// Ceilings on the time of sessions in a whole pipeline: who is named how, what is rejected, and what is open and ends.
import { beforeEach, describe, expect, test } from 'vitest'
import { LocalBus } from '../../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { type AskedCall, TestGateway } from '../../apis/test-gateway.ts'
import { anthropic, gemini, openAiChat, openAiResponses, type PlayedDialect } from '../../streams/test-streams.ts'
import { Limits } from '../limits.ts'

const messages = [{ role: 'user', content: 'hi' }]
const minute = 60_000

let clock: ManualClock
let limits: Limits
let gateway: TestGateway

beforeEach(async () => {
  clock = new ManualClock(Date.parse('2026-11-30T12:00:00Z'))
  const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
  limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
  gateway = await TestGateway.open({ policies: [limits], clock, endOf: (request) => limits.endOf(request) })
})

const inSession = (session: string): AskedCall => ({
  body: { model: 'gpt', messages },
  headers: { 'x-headgate-session-id': session },
})

/** Whether a request passes the limits; it is answered then. */
function passes(asked: AskedCall): boolean {
  const { reply } = gateway.call(asked)
  if (reply.status === 429) return false
  gateway.upstream.last.fail()
  return true
}

describe('a session', () => {
  beforeEach(() => gateway.put('limits', 'run-time', { per: 'session', wallTime: '30m' }))

  test('is stopped when its time is over, and others go on', () => {
    expect(passes(inSession('one'))).toBe(true)
    clock.advance(29 * minute)
    expect(passes(inSession('one'))).toBe(true)
    expect(passes(inSession('two'))).toBe(true)
    clock.advance(minute)
    expect(passes(inSession('one'))).toBe(false)
    expect(passes(inSession('two'))).toBe(true)
    expect(passes({ body: { model: 'gpt', messages } })).toBe(true)
    expect(limits.exceeded.get('run-time enforce')).toBe(1)
  })

  test('is told so, and not to ask again', () => {
    passes(inSession('one'))
    clock.advance(30 * minute)
    const { reply } = gateway.call(inSession('one'))
    expect(JSON.parse(reply.text).error).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' })
    expect(reply.text).toContain('The limit `run-time` of 30m0s since the first request per session is reached')
    expect([reply.header('x-should-retry'), reply.header('retry-after')]).toEqual(['false', undefined])
  })

  test('begins anew once its name is forgotten', () => {
    passes(inSession('one'))
    clock.advance(24 * 60 * minute - 1)
    expect(passes(inSession('one'))).toBe(false)
    clock.advance(1)
    expect(passes(inSession('one'))).toBe(true)
  })
})

test('a limit that reports lets through and counts, and cuts nothing', async () => {
  await gateway.put('limits', 'tried', { per: 'session', wallTime: '10s', mode: 'report' })
  const { reply } = gateway.call({ ...inSession('one'), body: { model: 'gpt', messages, stream: true } })
  gateway.upstream.last.stream('data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
  clock.advance(20_000)
  expect([passes(inSession('one')), reply.ended]).toEqual([true, false])
  expect(limits.exceeded.get('tried report')).toBe(1)
})

const callers: [string, PlayedDialect, AskedCall, RegExp][] = [
  [
    'a chat',
    openAiChat,
    { body: { model: 'gpt', messages, stream: true } },
    /data: \{"error":\{.*"code":"rate_limit_exceeded".*\}\}\n\n$/,
  ],
  [
    'a message',
    anthropic,
    { path: '/v1/messages', body: { model: 'claude', messages, stream: true, max_tokens: 9 } },
    /event: error\ndata: \{"type":"error".*rate_limit_error.*\n\n$/,
  ],
  [
    'a response',
    openAiResponses,
    { path: '/v1/responses', body: { model: 'gpt', input: 'hi', stream: true, store: false } },
    /event: response.failed\ndata: .*rate_limit_exceeded.*\n\n$/,
  ],
  [
    'generated content',
    gemini,
    {
      path: '/v1beta/models/gem:streamGenerateContent',
      query: 'alt=sse',
      body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    },
    /data: \{"error":\{"code":429.*RESOURCE_EXHAUSTED.*\n\n$/,
  ],
]

test.each(callers)(
  '%s that is open ends within a second, with the error of its dialect',
  async (_, played, asked, end) => {
    await gateway.put('limits', 'run-time', { per: 'session', wallTime: '10s' })
    const { reply } = gateway.call({ ...asked, headers: { 'x-headgate-session-id': 'one' } })
    const upstream = gateway.upstream.last.stream(played.opening, played.word('a'))
    clock.advance(9_000)
    expect(reply.ended).toBe(false)
    clock.advance(2_000)
    expect([reply.ended, upstream.aborted]).toEqual([true, true])
    expect(reply.text).toMatch(end)
    expect(reply.text).toContain('The limit `run-time` of 10s since the first request per session is reached')
    expect(limits.exceeded.get('run-time cut')).toBe(1)
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  },
)

describe('a run that the caller names', () => {
  beforeEach(() => gateway.put('limits', 'run-time', { per: 'metadata.run', wallTime: '30m' }))

  const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
  const named: [string, AskedCall][] = [
    ['in the header', { body: { model: 'gpt', messages }, headers: { 'x-headgate-metadata': '{"run":"r1"}' } }],
    ['in a chat', { body: { model: 'gpt', messages, metadata: { run: 'r1' } } }],
    [
      'in a response',
      { path: '/v1/responses', body: { model: 'gpt', input: 'hi', store: false, metadata: { run: 'r1' } } },
    ],
    [
      'in a message',
      { path: '/v1/messages', body: { model: 'claude', messages, max_tokens: 9, metadata: { run: 'r1' } } },
    ],
    ['in a completion', { path: '/v1/completions', body: { model: 'gpt', prompt: 'hi', metadata: { run: 'r1' } } }],
    ['in labels', { path: '/v1beta/models/gem:generateContent', body: { contents, labels: { run: 'r1' } } }],
    ['by a number', { body: { model: 'gpt', messages, metadata: { run: 7 } } }],
  ]
  test.each(named)('%s is stopped when its time is over', (_, asked) => {
    expect(passes(asked)).toBe(true)
    clock.advance(30 * minute)
    expect(passes(asked)).toBe(false)
  })

  test('is one run, wherever it is named', () => {
    for (const [, asked] of named.slice(0, 6)) expect(passes(asked)).toBe(true)
    clock.advance(30 * minute)
    for (const [, asked] of named.slice(0, 6)) expect(passes(asked)).toBe(false)
  })

  test.each<[string, AskedCall]>([
    ['another label', { body: { model: 'gpt', messages, metadata: { job: 'r1' } } }],
    ['no object', { body: { model: 'gpt', messages, metadata: 'run' } }],
    ['an object in it', { body: { model: 'gpt', messages, metadata: { run: { id: 1 } } } }],
    ['an inherited name', { body: { model: 'gpt', messages }, headers: { 'x-headgate-metadata': '{"toString":"x"}' } }],
    ['a header that is no JSON', { body: { model: 'gpt', messages }, headers: { 'x-headgate-metadata': '{run:1' } }],
  ])('%s names none', (_, asked) => {
    passes(asked)
    clock.advance(30 * minute)
    expect(passes(asked)).toBe(true)
    expect(limits.starts.size).toBe(0)
  })

  test('is not the run that the operator has named for its team', async () => {
    await gateway.put('teams', 'search', { metadata: { run: 'nightly' } })
    passes({ body: { model: 'gpt', messages } })
    clock.advance(30 * minute)
    // The label of the team counts, whatever the caller says.
    expect(passes({ body: { model: 'gpt', messages, metadata: { run: 'another' } } })).toBe(false)
  })
})
