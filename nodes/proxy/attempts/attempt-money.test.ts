// What each end of an attempt costs in the records, beside what the provider has charged where it says so: every fault, whole and
// streamed, in three dialects.
import { describe, expect, test } from 'vitest'
import { type TestCall, TestGateway } from '../apis/test-gateway.ts'
import { anthropic, gemini, openAiChat, type PlayedDialect } from '../streams/test-streams.ts'
import type { ScriptedCall } from '../upstream/test-upstream.ts'

// A token of input costs 1,000 nano-dollars, one of output 2,000. Each answer of the upstream has 7 and 3 of them.
const answered = 13_000
const messages = [{ role: 'user', content: 'hi' }]

interface Dialect {
  readonly name: string
  readonly played: PlayedDialect
  readonly model: string
  path(stream: boolean): string
  body(stream: boolean): object
  /** The longest answer that the caller asks for. */
  readonly cap: number
}

const dialects: readonly Dialect[] = [
  {
    name: 'openai-chat',
    played: openAiChat,
    model: 'gpt',
    path: () => '/v1/chat/completions',
    body: (stream) => ({ model: 'gpt', max_tokens: 10, messages, stream }),
    cap: 10,
  },
  {
    name: 'anthropic',
    played: anthropic,
    model: 'claude',
    path: () => '/v1/messages',
    body: (stream) => ({ model: 'claude', max_tokens: 10, messages, stream }),
    cap: 10,
  },
  {
    name: 'gemini',
    played: gemini,
    model: 'gem',
    path: (stream) => `/v1beta/models/gem:${stream ? 'streamGenerateContent' : 'generateContent'}`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    cap: 65_536,
  },
]

interface Played {
  readonly gateway: TestGateway
  readonly call: ScriptedCall
  readonly asked: TestCall
  readonly dialect: Dialect
  readonly stream: boolean
}

type Expected = 'answered' | 'nothing' | 'bound' | 'estimated'

/** How an attempt ends, and what its record says of its cost. */
interface Fault {
  readonly name: string
  /** Absent: both whole answers and streams. */
  readonly only?: 'whole' | 'stream'
  play(played: Played): void
  readonly costs: Expected
}

const head = { 'content-type': 'application/json' }
const whole = ({ dialect, call, stream }: Played) => {
  const { opening, word, closing, whole } = dialect.played
  if (stream) call.stream(opening + word('hello') + closing).end()
  else call.answer(200, whole('hello'))
}
const begun = ({ dialect, call }: Played) => call.stream(dialect.played.opening, dialect.played.word('hello'))

const faults: readonly Fault[] = [
  { name: 'an answer', play: whole, costs: 'answered' },
  { name: 'a time-out before the head', play: ({ gateway }) => gateway.clock.advance(3_600_000), costs: 'bound' },
  { name: 'a reset before the head', play: ({ call }) => void call.fail('reset'), costs: 'bound' },
  { name: 'a reset behind the head', play: ({ call }) => void call.head(200, head).fail('reset'), costs: 'bound' },
  { name: 'an answer that is no HTTP', play: ({ call }) => void call.fail('protocol'), costs: 'bound' },
  { name: 'JSON that is cut off', only: 'whole', play: ({ call }) => void call.answer(200, '{"id":"'), costs: 'bound' },
  { name: 'a reset in the stream', only: 'stream', play: (played) => void begun(played).fail('reset'), costs: 'bound' },
  { name: 'a stream without its end', only: 'stream', play: (played) => void begun(played).end(), costs: 'bound' },
  {
    name: 'a stream that stops',
    only: 'stream',
    play(played) {
      begun(played)
      played.gateway.clock.advance(3_600_000)
    },
    costs: 'bound',
  },
  { name: 'an error', play: ({ call }) => void call.answer(400, { error: { message: 'no' } }), costs: 'nothing' },
  { name: 'a limit', play: ({ call }) => void call.answer(429, { error: { message: 'later' } }), costs: 'nothing' },
  { name: 'a failure', play: ({ call }) => void call.answer(500, { error: { message: 'down' } }), costs: 'nothing' },
  { name: 'a refused connection', play: ({ call }) => void call.fail('connect'), costs: 'nothing' },
  { name: 'a certificate that is wrong', play: ({ call }) => void call.fail('tls'), costs: 'nothing' },
  {
    name: 'a time-out before anything was sent',
    play({ gateway, call }) {
      call.sent = false
      gateway.clock.advance(3_600_000)
    },
    costs: 'nothing',
  },
  { name: 'a caller that leaves before the head', play: ({ asked }) => asked.reply.leave(), costs: 'estimated' },
  {
    name: 'a caller that leaves before anything was sent',
    play({ asked, call }) {
      call.sent = false
      asked.reply.leave()
    },
    costs: 'nothing',
  },
  {
    name: 'a caller that leaves the stream',
    only: 'stream',
    play(played) {
      begun(played)
      played.asked.reply.leave()
    },
    costs: 'estimated',
  },
]

const cases = dialects.flatMap((dialect) =>
  [false, true].flatMap((stream) =>
    faults
      .filter(({ only }) => only === undefined || only === (stream ? 'stream' : 'whole'))
      .map((fault) => [fault.name, stream ? 'streamed' : 'whole', dialect.name, { fault, stream, dialect }] as const),
  ),
)

describe.each(cases)('%s, %s, %s', (_, _how, _dialect, { fault, stream, dialect }) => {
  test('is accounted for', async () => {
    const gateway = await TestGateway.open()
    const asked = gateway.call({ path: dialect.path(stream), body: dialect.body(stream) })
    fault.play({ gateway, call: gateway.upstream.last, asked, dialect, stream })
    const [attempt, ...others] = gateway.attempts
    expect(others).toEqual([])
    const { costNanoUsd, settlement } = attempt!
    const bound = (JSON.stringify(dialect.body(stream)).length + 32) * 1_000 + dialect.cap * 2_000
    const money = {
      answered: { costNanoUsd: answered, settlement: undefined },
      nothing: { costNanoUsd: 0, settlement: undefined },
      bound: { costNanoUsd: bound, settlement: 'bound' },
      estimated: { costNanoUsd, settlement: 'estimated' },
    }[fault.costs]
    expect({ costNanoUsd, settlement }).toEqual(money)
    if (fault.costs === 'estimated') {
      expect(costNanoUsd).toBeGreaterThan(0)
      expect(costNanoUsd).toBeLessThan(bound)
    }
    expect(gateway.record).toMatchObject({ costNanoUsd, unpriced: false })
  })
})

describe.each([false, true])('attempts that follow one another (streamed: %s)', (stream) => {
  test.each<[string, (call: ScriptedCall) => void, number, string | undefined]>([
    ['a failure', (call) => call.answer(500, {}), 0, undefined],
    ['a limit', (call) => call.answer(429, {}), 0, undefined],
    ['a refused connection', (call) => call.fail('connect'), 0, undefined],
    ['a reset', (call) => call.fail('reset'), 1, 'bound'],
  ])('%s and then an answer are two events', async (_, fails, times, settlement) => {
    const gateway = await TestGateway.open()
    const body = { model: 'pair', max_tokens: 10, messages, stream }
    const asked = gateway.call({ body })
    fails(gateway.upstream.last)
    whole({ gateway, call: gateway.upstream.last, asked, dialect: dialects[0]!, stream })
    const bound = times * ((JSON.stringify(body).length + 32) * 1_000 + 20_000)
    expect(gateway.attempts.map(({ index, costNanoUsd, settlement }) => [index, costNanoUsd, settlement])).toEqual([
      [0, bound, settlement],
      [1, answered, undefined],
    ])
    expect(gateway.record.costNanoUsd).toBe(bound + answered)
  })
})
