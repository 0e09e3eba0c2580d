import { expect, test } from 'vitest'
import type { AssistantPart } from '../../../shared/chat/parts.ts'
import { forOthers, inputItems, itemsForOthers, messagesOf, partsOf, sealedOutput } from './history.ts'
import type { LocalResponse } from './stored-response.ts'

const sealed = (data: string) => ({ family: 'openai', data }) as const
const thought = (text: string, data: string): AssistantPart => ({ type: 'reasoning', text, encrypted: sealed(data) })

const first: LocalResponse = {
  type: 'kept',
  chain: [],
  chainBytes: 0,
  input: [{ id: 'msg_1', type: 'message', status: 'completed', role: 'user', content: 'What is the weather?' }],
  response: {
    id: 'resp_1',
    output: [
      { id: 'rs_1', type: 'reasoning', summary: [] },
      { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'c1', name: 'weather', arguments: '{}' },
      { id: 'rs_2', type: 'reasoning', summary: [] },
    ],
  },
  parts: [
    thought('hm', 's1'),
    { type: 'tool-call', id: 'c1', name: 'weather', input: '{}', form: 'function' },
    thought('', 's2'),
  ],
}
const second: LocalResponse = {
  ...first,
  input: [{ id: 'fco_1', type: 'function_call_output', status: 'completed', call_id: 'c1', output: 'sunny' }],
  response: { id: 'resp_2', output: [{ id: 'msg_2', type: 'message', role: 'assistant', content: [] }] },
  parts: [{ type: 'text', text: 'It is sunny.' }],
}

test('turns become messages, each answer with what its maker wants back', () => {
  const messages = messagesOf([first, second])
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
  expect(messages[1]?.parts).toEqual(first.parts)
  expect(messages[2]?.parts).toEqual([expect.objectContaining({ type: 'tool-result', callId: 'c1' })])
})

test('an answer without words leaves no message', () => {
  expect(messagesOf([{ ...second, parts: [], input: [] }])).toEqual([])
})

test('another provider is told everything but ids, states and thoughts', () => {
  expect(itemsForOthers([first, second])).toEqual([
    { type: 'message', role: 'user', content: 'What is the weather?' },
    { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
    { type: 'message', role: 'assistant', content: [] },
  ])
  expect(forOthers([{ type: 'reasoning', id: 'rs_1' }])).toEqual([])
})

test('thoughts are sealed in the order of their parts', () => {
  const output = sealedOutput(first)
  expect(output.map(({ id, encrypted_content }) => [id, encrypted_content])).toEqual([
    ['rs_1', 's1'],
    ['fc_1', undefined],
    ['rs_2', 's2'],
  ])
  expect(output[0]?.['summary']).toEqual([{ type: 'summary_text', text: 'hm' }])
})

test('items of an answer are read as the turn that they are', () => {
  const output = [
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'It is ' }] },
    { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
  ]
  expect(partsOf(output).map(({ type }) => type)).toEqual(['text', 'tool-call'])
  expect(partsOf([{ type: 'message', role: 'user', content: 'x' }])).toEqual([])
})

test.each<[string, unknown, object[]]>([
  [
    'text',
    'hi',
    [
      {
        id: 'msg_s_i0',
        type: 'message',
        role: 'user',
        status: 'completed',
        content: [{ type: 'input_text', text: 'hi' }],
      },
    ],
  ],
  [
    'a message without a type',
    [{ role: 'assistant', content: 'yes' }],
    [
      {
        id: 'msg_s_i0',
        type: 'message',
        content: [{ type: 'output_text', text: 'yes', annotations: [], logprobs: [] }],
      },
    ],
  ],
  [
    'a message with parts',
    [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
    [{ content: [{ type: 'input_text', text: 'hi' }] }],
  ],
  ['an item with an id', [{ id: 'own', type: 'message', role: 'user', content: [] }], [{ id: 'own' }]],
  ['a call', [{ type: 'function_call' }], [{ id: 'fc_s_i0', type: 'function_call', status: 'completed' }]],
  ['the result of one', [{ type: 'function_call_output' }], [{ id: 'fco_s_i0' }]],
  ['a custom call', [{ type: 'custom_tool_call' }], [{ id: 'ctc_s_i0' }]],
  ['the result of a custom call', [{ type: 'custom_tool_call_output' }], [{ id: 'ctco_s_i0' }]],
  ['a thought', [{ type: 'reasoning', summary: [] }], [{ id: 'rs_s_i0', type: 'reasoning', summary: [] }]],
  ['an item of a provider', [{ type: 'web_search_call' }], [{ id: 'item_s_i0' }]],
  ['two items', [{ type: 'function_call' }, { role: 'user', content: 'x' }], [{ id: 'fc_s_i0' }, { id: 'msg_s_i1' }]],
])('%s is listed with an id', (_, input, wanted) => {
  const items = inputItems(input, 'resp_s')
  expect(items).toHaveLength(wanted.length)
  expect(items).toMatchObject(wanted)
})

test.each([7, null, undefined, { a: 1 }])('an input of %j, which only a provider has read, lists nothing', (input) => {
  expect(inputItems(input, 'resp_s')).toEqual([])
})

test('a thought has no state', () => {
  expect(inputItems([{ type: 'reasoning' }], 'resp_s')[0]).not.toHaveProperty('status')
})
