// The conversation as a model that has the Responses API alone is sent it. Bodies are held against OpenAI's own description.
import { describe, expect, test } from 'vitest'
import { readOpenAiSchemas } from '../../../../acceptance/openai-schema.ts'
import type { AssistantPart, UserPart } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import { callingOnce, plainTarget, requestOf, sentTo } from '../test-dialects.ts'
import { openAiResponsesUpstream } from './openai-responses.ts'

const judge = readOpenAiSchemas()
const quirks = { customTools: true }
const text = (said: string) => ({ type: 'text', text: said }) as const
const user = (...parts: UserPart[]): Message => ({ role: 'user', parts })
const assistant = (...parts: AssistantPart[]): Message => ({ role: 'assistant', parts })
const hi = user(text('Hi'))

/** Two of the description's forms of a message are alike, and a list that is refused is said not to be a text. */
const alike = /"passingSchemas":\[|^\/input must/

function sent(messages: readonly Message[], more: Partial<ChatRequest> = {}) {
  const { body } = sentTo(openAiResponsesUpstream, { messages, ...more }, { quirks })
  const findings = judge?.('CreateResponse', body) ?? []
  return { ...body, findings: findings.filter((finding) => !alike.test(finding)) }
}

describe('system messages', () => {
  const s = (said: string, developer?: boolean): Message => ({ role: 'system', developer, parts: [text(said)] })

  test('are the instructions before the first turn, and stay in their places after it', () => {
    const { instructions, input, findings } = sent([s('a'), s('b', true), hi, s('c'), s('d', true)])
    expect(instructions).toBe('a\n\nb')
    expect(input.slice(1)).toEqual([
      { role: 'system', content: 'c' },
      { role: 'developer', content: 'd' },
    ])
    expect(findings).toEqual([])
  })

  test('are the input where there is no other, and where a JSON object is wanted', () => {
    expect(sent([s('a')])).toMatchObject({ input: [{ role: 'system', content: 'a' }] })
    const { instructions, input } = sent([s('Say JSON'), hi], { responseFormat: { type: 'json-object' } })
    expect([instructions, input[0]]).toEqual([undefined, { role: 'system', content: 'Say JSON' }])
  })
})

describe('content of users', () => {
  test.each<[UserPart, object]>([
    [
      { type: 'image', media: { from: 'url', url: 'https://a.example/b.png' } },
      { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'auto' },
    ],
    [
      { type: 'image', media: { from: 'bytes', base64: 'AAAA', mediaType: 'image/png' }, detail: 'low' },
      { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'low' },
    ],
    [
      { type: 'file', name: 'a.pdf', media: { from: 'bytes', base64: 'AAAA', mediaType: 'application/pdf' } },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAAA' },
    ],
    [
      { type: 'file', media: { from: 'url', url: 'https://a.example/b.pdf' } },
      { type: 'input_file', file_url: 'https://a.example/b.pdf' },
    ],
    [
      { type: 'file', media: { from: 'file', id: 'file-1' } },
      { type: 'input_file', file_id: 'file-1' },
    ],
    [
      { type: 'file', name: 'Notes', media: { from: 'text', text: 'abc' } },
      { type: 'input_text', text: 'Notes\n\nabc' },
    ],
  ])('%j', (part, printed) => {
    const { input, findings } = sent([user(text('Look'), part)])
    expect(input).toEqual([{ role: 'user', content: [{ type: 'input_text', text: 'Look' }, printed] }])
    expect(findings).toEqual([])
  })

  test('sound has no place, and refuses the request', () => {
    const audio: UserPart = { type: 'audio', media: { from: 'bytes', base64: 'AAAA', mediaType: 'audio/wav' } }
    const printed = openAiResponsesUpstream.printRequest(requestOf({ messages: [user(audio)] }), plainTarget)
    expect(printed).toMatchObject({ ok: false, error: { capability: 'audio' } })
  })
})

describe('turns', () => {
  test('items stand in the order in which the model made them', () => {
    const { input, findings } = sent([
      hi,
      assistant(
        { type: 'reasoning', id: 'rs_1', text: 'Hm.', encrypted: { family: 'openai', data: 'gAAA' } },
        text('Let me '),
        text('look.'),
        { type: 'tool-call', id: 'c1', name: 'f', input: '', form: 'function' },
        { type: 'tool-call', id: 'c2', name: 'patch', input: 'free', form: 'custom' },
      ),
      user(
        { type: 'tool-result', callId: 'c1', parts: [text('one'), text('two')] },
        { type: 'tool-result', callId: 'c2', parts: [text('no')], isError: true },
        text('Go on'),
      ),
      assistant({ type: 'refusal', text: 'I will not.' }),
      hi,
    ])
    expect(input.slice(1, -1)).toEqual([
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'Hm.' }],
        encrypted_content: 'gAAA',
      },
      { role: 'assistant', content: 'Let me look.' },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'free' },
      { type: 'function_call_output', call_id: 'c1', output: 'one\n\ntwo' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'Error: no' },
      { role: 'user', content: 'Go on' },
      { role: 'assistant', content: 'I will not.' },
    ])
    expect(findings).toEqual([])
  })

  test('a picture in a result stays in it', () => {
    const image = { type: 'image', media: { from: 'bytes', base64: 'AAAA', mediaType: 'image/png' } } as const
    const call = { type: 'tool-call', id: 'c', name: 'f', input: '{}', form: 'function' } as const
    const { input, findings } = sent([
      hi,
      assistant(call),
      user({ type: 'tool-result', callId: 'c', parts: [text('A dot'), image] }),
    ])
    expect(input.at(-1)).toEqual({
      type: 'function_call_output',
      call_id: 'c',
      output: [
        { type: 'input_text', text: 'A dot' },
        { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
      ],
    })
    expect(findings).toEqual([])
  })

  test('a host without custom tools is sent calls of functions, and their results', () => {
    const call = { type: 'tool-call', id: 'c', name: 'patch', input: 'free', form: 'custom' } as const
    const messages = [hi, assistant(call), user({ type: 'tool-result', callId: 'c', parts: [text('ok')] })]
    const { body } = sentTo(openAiResponsesUpstream, { messages })
    expect(body.input.slice(1)).toEqual([
      { type: 'function_call', call_id: 'c', name: 'patch', arguments: '{"input":"free"}' },
      { type: 'function_call_output', call_id: 'c', output: 'ok' },
    ])
  })

  test.each([
    ['another family sealed', { type: 'reasoning', text: 'Hm.', encrypted: { family: 'anthropic', data: 'x' } }],
    ['Claude signed', { type: 'reasoning', text: 'Hm.', signature: { family: 'anthropic', data: 'x' } }],
    ['nobody sealed', { type: 'reasoning', text: 'Hm.' }],
  ] as const)('reasoning that %s is left out', (_who, part) => {
    expect(sent([hi, assistant(part, text('Hi.')), hi]).input).toHaveLength(3)
  })

  test('an id that another gateway made is not told of encrypted reasoning: OpenAI compares the two', () => {
    const part = { type: 'reasoning', id: 'thought-1', text: '', encrypted: { family: 'openai', data: 'x' } } as const
    expect(sent([hi, assistant(part, text('Hi.')), hi]).input[1]).toEqual({
      type: 'reasoning',
      summary: [],
      encrypted_content: 'x',
    })
  })

  test('ids of calls fit, and each result has that of its call', () => {
    const { input, findings } = sent(callingOnce(['', 'x'.repeat(80), `${'x'.repeat(80)}y`]))
    const ids = (type: string) => input.filter((item: { type?: string }) => item.type === type).map(callIdOf)
    expect(ids('function_call')).toEqual(ids('function_call_output'))
    expect(new Set(ids('function_call')).size).toBe(3)
    for (const id of ids('function_call')) expect(id).toMatch(/^.{1,64}$/)
    expect(findings).toEqual([])
  })
})

function callIdOf({ call_id }: { call_id?: string }): string | undefined {
  return call_id
}
