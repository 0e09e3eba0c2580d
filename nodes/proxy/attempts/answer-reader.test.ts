import { describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { brokenAnswer, cutStream, firstTokenTimeout, idleTimeout, totalTimeout } from '../errors/upstream-failure.ts'
import { testTarget } from '../providers/test-connect.ts'
import { anthropic, openAiChat } from '../streams/test-streams.ts'
import { type AnswerReader, closingMs, ErrorReader, StreamReader, WholeReader } from './answer-reader.ts'
import { keepAliveMs } from './keep-alive.ts'
import { RememberingAttempt } from './test-reading.ts'

const reset = { type: 'reset', sent: true, message: '' } as const
const openai = testTarget()
const claude = testTarget({ kind: 'anthropic' }, { model: 'claude-sonnet-4-5' })
const attemptAt = (target = openai, headers = {}) => new RememberingAttempt(target, headers)
const push = (reader: AnswerReader, text: string) => reader.push(Buffer.from(text))

describe('the body of an error', () => {
  const head = { status: 400, contentType: 'application/json', retryAfterMs: undefined }

  test('is what the upstream said, when all of it came', () => {
    const attempt = attemptAt()
    const reader = new ErrorReader(attempt, head)
    push(reader, '{"error":')
    push(reader, '{"message":"no"}}')
    reader.end()
    const body = Buffer.from('{"error":{"message":"no"}}')
    expect(attempt.failures).toMatchObject([{ error: { type: 'upstream-rejected', answer: { ...head, body } } }])
    expect(attempt.givenUp).toBe(0)
  })

  test('is given without the credential that it quotes', () => {
    for (const type of ['application/json', 'text/plain']) {
      const attempt = attemptAt()
      const reader = new ErrorReader(attempt, { ...head, contentType: type })
      push(reader, '{"error":{"message":"Incorrect API key: sk-can')
      push(reader, 'ary-0123."}}')
      reader.end()
      const [failure] = attempt.failures
      const told = failure?.error.type === 'upstream-rejected' ? failure.error.answer.body.toString() : ''
      expect(told).toContain('Incorrect API key: [redacted].')
    }
  })

  test('is its beginning where it is too long, without a gap', () => {
    const attempt = attemptAt()
    const reader = new ErrorReader(attempt, head)
    push(reader, 'no '.repeat(20_000))
    push(reader, 'and '.repeat(20_000))
    push(reader, 'more')
    reader.end()
    const body = Buffer.from(('no '.repeat(20_000) + 'and '.repeat(20_000)).slice(0, 64 << 10))
    expect(attempt.failures).toMatchObject([{ error: { answer: { body } } }])
  })

  test('is read in the dialect of the upstream, which tells more than the status', () => {
    const attempt = attemptAt(claude)
    const reader = new ErrorReader(attempt, { ...head, status: 400 })
    push(reader, '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}')
    reader.end()
    expect(attempt.failures).toMatchObject([{ condition: '429' }])
  })

  test('does not count beyond its bound, and the status does', () => {
    const attempt = attemptAt()
    const reader = new ErrorReader(attempt, { ...head, status: 503 })
    push(reader, 'x'.repeat(60 << 10))
    push(reader, 'x'.repeat(60 << 10))
    reader.end()
    expect(attempt.failures).toMatchObject([{ condition: '5xx', error: { type: 'upstream-overloaded' } }])
    const rejected = attemptAt()
    const longer = new ErrorReader(rejected, head)
    push(longer, 'x'.repeat(60 << 10))
    push(longer, 'y'.repeat(60 << 10))
    longer.end()
    const [failure] = rejected.failures
    expect(failure?.error.type === 'upstream-rejected' && failure.error.answer.body.length).toBe(64 << 10)
  })

  test('that is lost leaves the status alone, and one that takes too long is given up', () => {
    const lost = attemptAt()
    new ErrorReader(lost, { ...head, status: 429, retryAfterMs: 7 }).lost()
    const late = attemptAt()
    new ErrorReader(late, { ...head, status: 500 }).due()
    expect([lost.failures[0]?.condition, lost.failures[0]?.retryAfterMs, lost.givenUp]).toEqual(['429', 7, 0])
    expect([late.failures[0]?.condition, late.givenUp]).toEqual(['5xx', 1])
  })
})

describe('a whole answer', () => {
  test('is read when all of it came', () => {
    const attempt = attemptAt()
    const reader = new WholeReader(attempt, 'application/json')
    const text = JSON.stringify(openAiChat.whole('hi'))
    push(reader, text.slice(0, 10))
    push(reader, text.slice(10))
    expect(attempt.answers).toEqual([])
    reader.end()
    expect(attempt.answers).toMatchObject([{ body: Buffer.from(text), usage: { input: 7, output: 3 } }])
  })

  test('that cannot be translated is none', () => {
    const attempt = attemptAt(claude)
    const reader = new WholeReader(attempt, 'application/json')
    push(reader, '{"type":')
    reader.end()
    expect([attempt.answers, attempt.failures, attempt.givenUp]).toEqual([[], [brokenAnswer], 0])
  })

  test('that is larger than its bound is given up', () => {
    const attempt = attemptAt()
    const reader = new WholeReader(attempt, 'application/json')
    const piece = Buffer.alloc(8 << 20)
    for (let sent = 0; sent <= bounds.unaryAnswerBytesMax && attempt.givenUp === 0; sent += piece.length)
      reader.push(piece)
    expect(attempt.failures).toEqual([brokenAnswer])
  })

  test('that is lost fails as the connection did', () => {
    const attempt = attemptAt()
    new WholeReader(attempt, 'application/json').lost(reset)
    expect(attempt.failures).toMatchObject([{ outcome: 'reset', condition: 'connect' }])
  })

  test('that takes too long is given up for the limit that it broke', () => {
    const early = attemptAt()
    early.clockMs = 599_000
    new WholeReader(early, 'application/json').due()
    const late = attemptAt()
    late.clockMs = 600_000
    new WholeReader(late, 'application/json').due()
    expect([early.failures, late.failures]).toEqual([[firstTokenTimeout], [totalTimeout]])
  })
})

describe('a stream', () => {
  function reading(target = openai, headers = {}) {
    const attempt = attemptAt(target, headers)
    const sent: string[] = []
    const sink = {
      onFirstByte: () => {},
      onBytes: (bytes: Buffer | string) => void sent.push(bytes.toString()),
      onDone: (last: Buffer | string) => void sent.push(`last ${last.toString()}`),
      onErrorEvent: () => void sent.push('error'),
    }
    const stream = attempt.translator.openStream({ showUsage: false, nowMs: 0, sink })
    return { attempt, sent, reader: new StreamReader(attempt, stream) }
  }

  test('goes on as it comes, and closes after its end', () => {
    const { attempt, sent, reader } = reading()
    push(reader, openAiChat.word('hi') + openAiChat.closing)
    expect(sent.at(-1)).toBe('last data: [DONE]\n\n')
    reader.end()
    expect([attempt.closed, attempt.failures]).toEqual([1, []])
  })

  test('that ends before it is whole was cut', () => {
    const { attempt, reader } = reading()
    push(reader, openAiChat.word('hi'))
    reader.end()
    expect([attempt.closed, attempt.failures]).toEqual([0, [cutStream]])
  })

  test('that is lost was cut, and before its first byte its connection failed', () => {
    const begun = reading()
    push(begun.reader, openAiChat.word('hi'))
    begun.reader.lost(reset)
    const waiting = reading()
    waiting.reader.lost(reset)
    expect(begun.attempt.failures).toEqual([cutStream])
    expect(waiting.attempt.failures).toMatchObject([{ outcome: 'reset', condition: 'connect' }])
  })

  test('that is lost after its last word is whole', () => {
    const { attempt, sent, reader } = reading()
    push(reader, openAiChat.word('hi') + openAiChat.closing.replace('data: [DONE]\n\n', ''))
    reader.lost(reset)
    expect([attempt.closed, attempt.failures, sent.at(-1)]).toEqual([1, [], 'last data: [DONE]\n\n'])
  })

  test('that is complete has two seconds to end, and is then whole', () => {
    const { attempt, sent, reader } = reading(claude)
    push(reader, anthropic.opening + anthropic.word('hi'))
    expect(attempt.dues).toEqual([])
    push(reader, anthropic.closing.replace(/event: message_stop.*$/s, ''))
    push(reader, ': keep-alive\n\n')
    expect(attempt.dues).toEqual([closingMs])
    attempt.clockMs = closingMs
    reader.due()
    expect([attempt.aborted, attempt.failures, sent.at(-1)]).toEqual([
      1,
      [],
      expect.stringMatching(/^last .*"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/),
    ])
  })

  test('that goes on after a finish is not complete', () => {
    const { attempt, reader } = reading()
    push(reader, openAiChat.closing.replace('data: [DONE]\n\n', '') + openAiChat.word('more'))
    attempt.clockMs = closingMs
    reader.due()
    expect([attempt.dues, attempt.aborted, attempt.failures]).toEqual([[], 0, []])
  })

  test('that is finished and tells no usage ends well when the time of a silence is over', () => {
    const { attempt, reader } = reading()
    const [finish = ''] = openAiChat.closing.split('data: {"id":"c1","created":1,"model":"gpt-4o","choices":[],')
    push(reader, openAiChat.word('hi') + finish)
    attempt.clockMs = 39_999
    reader.due()
    expect(attempt.aborted).toBe(0)
    attempt.clockMs = 40_000
    reader.due()
    expect([attempt.aborted, attempt.failures]).toEqual([1, []])
  })

  test('whose bytes are no events is given up', () => {
    const { attempt, reader } = reading(claude)
    push(reader, 'data: no JSON\n\n')
    expect(attempt.failures).toEqual([brokenAnswer])
  })

  test('that is silent is asked again when the next of its limits is near', () => {
    const { attempt, reader } = reading(claude, { 'x-headgate-timeout': '50s' })
    attempt.clockMs = 1_000
    push(reader, anthropic.opening + anthropic.word('hi'))
    const dueAt = (ms: number) => {
      attempt.clockMs = ms
      reader.due()
    }
    for (const ms of [16_000, 31_000]) dueAt(ms)
    expect(attempt.silences).toEqual([keepAliveMs, 10_000])
    dueAt(41_000)
    expect(attempt.failures).toEqual([idleTimeout])
  })

  test('that is silent at its beginning has less time, and the whole time ends everything', () => {
    const waiting = reading()
    waiting.attempt.clockMs = 2_999
    waiting.reader.due()
    expect(waiting.attempt.silences).toEqual([1])
    waiting.attempt.clockMs = 3_000
    waiting.reader.due()
    expect(waiting.attempt.failures).toEqual([firstTokenTimeout])
    const endless = reading(openai, { 'x-headgate-timeout': '3s' })
    endless.attempt.clockMs = 3_000
    endless.reader.due()
    expect(endless.attempt.failures).toEqual([totalTimeout])
  })
})
