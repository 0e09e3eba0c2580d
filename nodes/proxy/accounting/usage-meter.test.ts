import { describe, expect, test } from 'vitest'
import { usageOf } from '../../../shared/chat/usage.ts'
import { freeOfCharge } from '../../../shared/models/price.ts'
import { unitPriceOf } from '../../../shared/models/unit-price.ts'
import { matchOperation } from '../operations/match-path.ts'
import { testTarget } from '../providers/test-connect.ts'
import { testHead } from '../request/test-request.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import { PassThroughStream } from '../streams/pass-through-stream.ts'
import { openAiChat } from '../streams/test-streams.ts'
import { type Metered, usedByAnswer, usedByStream, usedNothing } from './usage-meter.ts'

function metered(path = '/v1/chat/completions', more: Partial<Metered> = {}): Metered {
  const matched = matchOperation(testHead({ path }))
  if (!matched.ok) throw new Error(`nothing is served at ${path}`)
  const { operation } = matched.value
  const target = testTarget({ kind: 'openai' }, { price: freeOfCharge })
  return { operation, target, estimatedInput: 11, translator: {}, receivedAtMs: 0, ...more }
}

const usage = usageOf({ input: 3, output: 4 })
const options = {
  showUsage: false,
  nowMs: 0,
  sink: { onFirstByte: () => {}, onBytes: () => {}, onDone: () => {}, onErrorEvent: () => {} },
}

function chatStream(...chunks: readonly string[]): PassThroughStream {
  const stream = new PassThroughStream('chat', options)
  for (const chunk of chunks) stream.push(Buffer.from(chunk), 1)
  return stream
}

describe('a whole answer', () => {
  test('used what it reports', () => {
    const used = usedByAnswer(metered(), { usage, units: undefined, textBytes: 0 })
    expect(used).toEqual({ tokens: usage, estimated: false, costNanoUsd: 0, units: undefined })
  })

  test('that reports nothing is estimated: the input as before, the output by the bytes of its text', () => {
    const used = usedByAnswer(metered(), { usage: undefined, units: undefined, textBytes: 101 })
    expect(used).toMatchObject({ tokens: { input: 11, output: 23, cached: 0 }, estimated: true })
  })

  test('to the question for a number of tokens used none', () => {
    const used = usedByAnswer(metered('/v1/messages/count_tokens'), { usage, units: undefined, textBytes: 0 })
    expect(used).toMatchObject({ tokens: { input: 0, output: 0 }, estimated: false })
  })

  test('that is charged by units is not estimated in tokens, and costs nobody knows what without them', () => {
    const pictures = metered('/v1/images/generations', {
      target: testTarget({ kind: 'openai' }, { unitPrice: unitPriceOf({ perImage: 1 }) }),
    })
    const units = { unit: 'images', amount: 2 } as const
    expect(usedByAnswer(pictures, { usage: undefined, units, textBytes: 0 })).toEqual({
      tokens: { input: 0, output: 0, cached: 0 },
      estimated: false,
      costNanoUsd: 2_000_000_000,
      units,
    })
    expect(usedByAnswer(pictures, { usage: undefined, units: undefined, textBytes: 0 }).costNanoUsd).toBeUndefined()
  })
})

describe('a stream', () => {
  test('used what it reports', () => {
    const stream = chatStream(openAiChat.opening, openAiChat.word('hi'), openAiChat.closing)
    expect(usedByStream(metered(), stream)).toMatchObject({ tokens: { input: 7, output: 3 }, estimated: false })
  })

  test('that was cut is estimated by what came of it', () => {
    const stream = chatStream(openAiChat.opening, openAiChat.word('hi'), openAiChat.word('there'))
    expect(usedByStream(metered(), stream)).toMatchObject({ tokens: { input: 11, output: 2 }, estimated: true })
  })

  test('that never came used the input alone', () => {
    expect(usedByStream(metered(), undefined)).toMatchObject({ tokens: { input: 11, output: 0 }, estimated: true })
  })

  test('of bytes used the units that the request tells', () => {
    const requestUnits = { unit: 'characters', amount: 2 } as const
    const speech = metered('/v1/audio/speech', { translator: { units: requestUnits } })
    const nothing = { tokens: { input: 0, output: 0 }, estimated: false }
    expect(usedByStream(speech, new ByteStream('audio/mpeg', options))).toMatchObject({
      ...nothing,
      units: requestUnits,
    })
    expect(usedByStream(speech, undefined)).toMatchObject({ ...nothing, units: undefined })
  })

  test('of a transcript used the seconds that it reports', () => {
    const stream = new PassThroughStream('typed', options)
    stream.push(Buffer.from('data: {"type":"transcript.text.done","usage":{"type":"duration","seconds":9}}\n\n'), 1)
    const used = usedByStream(metered('/v1/audio/transcriptions'), stream)
    expect(used.units).toEqual({ unit: 'seconds', amount: 9 })
  })
})

test('an attempt that sent nothing used nothing, and that is known', () => {
  expect(usedNothing).toEqual({
    tokens: { input: 0, output: 0, cached: 0 },
    estimated: false,
    costNanoUsd: 0,
    units: undefined,
  })
})
