// Answers of Gemini, whole and streamed, and the calls and signatures that go back to it.
import { describe, expect, test } from 'vitest'
import { assemble } from '../../../../shared/chat/assemble.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { factsFor } from '../test-dialects.ts'
import { geminiUpstream } from './gemini.ts'
import { answerOf, candidate, eventsOf, hello, printed, streamed, type Told } from './test-gemini.ts'

describe('calls of functions', () => {
  const call = (city: string) => ({ functionCall: { name: 'weather', args: { city } } })

  test('without ids get some that differ, in every answer others (wire 23, 70)', () => {
    const idsOf = (responseId: string) =>
      answerOf({ ...candidate([call('Paris'), call('Rome')]), responseId }).choices[0]!.parts.map((part) =>
        part.type === 'tool-call' ? part.id : '',
      )
    expect(new Set([...idsOf('r1'), ...idsOf('r2')]).size).toBe(4)
    expect(idsOf('r1')).toEqual(idsOf('r1'))
  })

  test('results go back by their ids, in the order of the calls (wire 70)', () => {
    const calls = ['a', 'b'].map(
      (id) => ({ type: 'tool-call', form: 'function', id, name: 'weather', input: '{}' }) as const,
    )
    const results = ['b', 'a'].map(
      (callId) => ({ type: 'tool-result', callId, parts: [{ type: 'text', text: `of ${callId}` }] }) as const,
    )
    const { body } = printed({
      messages: [hello, { role: 'assistant', parts: calls }, { role: 'user', parts: results }],
    })
    expect(body.contents[2].parts).toEqual([
      { functionResponse: { id: 'a', name: 'weather', response: { output: 'of a' } } },
      { functionResponse: { id: 'b', name: 'weather', response: { output: 'of b' } } },
    ])
  })

  test('keep every digit of their arguments', () => {
    const text =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890}}}]},"finishReason":"STOP"}]}'
    const answer = assemble(eventsOf(`data: ${text}\n\n`))
    expect(answer.ok && answer.value.choices[0]!.parts[0]).toMatchObject({ input: '{"n":12345678901234567890}' })
  })

  test('whose arguments come in pieces are put together, and pollute nothing (wire 90)', () => {
    const piece = (jsonPath: string, stringValue: string, willContinue = false) => ({
      functionCall: { partialArgs: [{ jsonPath, stringValue, willContinue }], willContinue: true },
    })
    const answer = streamed(
      candidate([{ functionCall: { name: 'f', willContinue: true } }], { finishReason: undefined }),
      candidate([piece('$.a[0].b', 'x', true), piece('$.a[0].b', 'y'), piece('$.__proto__.z', 'p')], {
        finishReason: undefined,
      }),
      candidate([{ functionCall: {} }]),
    )
    const [part] = answer.choices[0]!.parts
    expect(part?.type === 'tool-call' && part.input).toBe('{"a":[{"b":"xy"}],"__proto__":{"z":"p"}}')
    expect(({} as Told).z).toBeUndefined()
  })

  test('end a turn as such, but a turn that was cut off stays one (wire 26)', () => {
    expect(answerOf(candidate([call('Paris')])).choices[0]!.finish).toEqual({ reason: 'tool-calls', raw: 'STOP' })
    const cutOff = answerOf(candidate([call('Paris')], { finishReason: 'MAX_TOKENS' }))
    expect(cutOff.choices[0]!.finish.reason).toBe('length')
  })
})

describe('thought signatures', () => {
  test('stay on their part and go back with it, exactly (wire 71)', () => {
    const parts = [
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 'AbC+/=' },
    ]
    const { parts: said } = answerOf(candidate(parts)).choices[0]!
    expect(said[1]).toMatchObject({ signature: { family: 'google', data: 'AbC+/=' } })
    const { body } = printed({ messages: [hello, { role: 'assistant', parts: said }] }, 'gemini-3-pro-preview')
    expect(body.contents[1].parts).toEqual([parts[1]])
  })

  test('that come in pieces are one (wire 71)', () => {
    const piece = (thoughtSignature: string) => candidate([{ text: '', thoughtSignature }], { finishReason: undefined })
    const answer = streamed(
      candidate([{ text: 'Hi' }], { finishReason: undefined }),
      piece('Ab'),
      piece('Cd'),
      candidate([]),
    )
    const said = answer.choices[0]!.parts
    expect(said).toMatchObject([
      { text: 'Hi', signature: undefined },
      { text: '', signature: { data: 'AbCd' } },
    ])
    const { body } = printed({ messages: [hello, { role: 'assistant', parts: said }] }, 'gemini-3-pro-preview')
    expect(body.contents[1].parts).toEqual([{ text: 'Hi' }, { text: '', thoughtSignature: 'AbCd' }])
  })

  test('of others do not go to Google; a model that wants one is told that there is none (wire 36)', () => {
    const signature = { family: 'anthropic', data: 's' } as const
    const parts = [
      { type: 'reasoning', text: 'Hm.', signature },
      { type: 'tool-call', form: 'function', id: 'c', name: 'f', input: '{}' },
    ] as const
    const sent = (model: string) =>
      printed({ messages: [hello, { role: 'assistant', parts }] }, model).body.contents[1].parts
    const functionCall = { id: 'c', name: 'f', args: {} }
    expect(sent('gemini-2.5-pro')).toEqual([{ functionCall }])
    expect(sent('gemini-3-pro-preview')).toEqual([
      { functionCall, thoughtSignature: 'skip_thought_signature_validator' },
    ])
  })
})

test.each([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ...['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'].map((raw) => [
    raw,
    'content-filter',
  ]),
  ...['MALFORMED_FUNCTION_CALL', 'OTHER', 'SOMETHING_NEW'].map((raw) => [raw, 'stop']),
])('%s ends an answer as %s, and the word is kept (wire 72)', (raw, reason) => {
  expect(answerOf(candidate([{ text: 'x' }], { finishReason: raw })).choices[0]!.finish).toEqual({ reason, raw })
})

test('a prompt that was blocked is a filtered answer, whole and streamed (wire 73)', () => {
  const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4 } }
  for (const answer of [answerOf(blocked), streamed(blocked)]) {
    expect(answer.choices).toMatchObject([
      { parts: [], finish: { reason: 'content-filter', raw: 'PROHIBITED_CONTENT' } },
    ])
    const { choices } = JSON.parse(openAiChatInbound.printAnswer(answer, factsFor(openAiChatInbound)))
    expect(choices[0].finish_reason).toBe('content_filter')
  }
})

test('thoughts are output, cached tokens input, and the last count holds (wire 75)', () => {
  const usage = (candidatesTokenCount: number) => ({
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount, thoughtsTokenCount: 5, cachedContentTokenCount: 4 },
  })
  const answer = streamed(
    { ...candidate([{ text: 'a' }], { finishReason: undefined }), ...usage(1) },
    { ...candidate([]), ...usage(3) },
  )
  expect(answer.usage).toMatchObject({ input: 10, output: 8, cached: 4, reasoning: 5 })
})

test('answers are read in either spelling, and as a list (wire 77)', () => {
  const snake = {
    candidates: [{ content: { parts: [{ text: 'Hi' }] }, finish_reason: 'STOP' }],
    usage_metadata: { prompt_token_count: 3 },
  }
  const list = assemble(eventsOf(`[${JSON.stringify(snake)}\n]`))
  expect(list.ok && list.value).toEqual(answerOf(snake))
  expect(answerOf(snake)).toMatchObject({ choices: [{ finish: { reason: 'stop' } }], usage: { input: 3 } })
  expect(eventsOf('[{"candidates":[{"finishReason":"STOP"}]}').at(-1)).toEqual({ type: 'upstream-cut' })
})

test('pages that an answer was grounded on are cited where they are used, counted in bytes there (wire 85)', () => {
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }],
    groundingSupports: [
      { segment: { startIndex: 6, endIndex: 10, text: 'café'.slice(0, 3) }, groundingChunkIndices: [0] },
    ],
  }
  const { parts } = answerOf(candidate([{ text: 'naïve café' }], { groundingMetadata })).choices[0]!
  expect(parts).toMatchObject([{ citations: [{ url: 'https://a.example', title: 'A', start: 6, end: 9 }] }])
})

describe('errors', () => {
  const told = (error: object) => geminiUpstream.parseError(400, Buffer.from(JSON.stringify({ error })))

  test.each([
    [{ status: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.' }, 'authentication'],
    [
      {
        status: 'INVALID_ARGUMENT',
        message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      },
      'context-length',
    ],
    [{ status: 'INVALID_ARGUMENT', message: 'No.' }, 'invalid-request'],
    [{ status: 'RESOURCE_EXHAUSTED', message: 'No.' }, 'rate-limit'],
    [{ status: 'UNAVAILABLE', message: 'No.' }, 'overloaded'],
  ])('%j is %s (wire 91, 95)', (error, kind) => {
    expect(told(error).kind).toBe(kind)
  })

  test('in a stream are errors', () => {
    expect(eventsOf('data: {"error":{"code":503,"status":"UNAVAILABLE","message":"Busy."}}\n\n').at(-1)).toMatchObject({
      type: 'error',
      error: { kind: 'overloaded', message: 'Busy.' },
    })
  })
})
