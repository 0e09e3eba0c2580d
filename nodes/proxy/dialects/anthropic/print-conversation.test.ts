// Conversations of other dialects printed for Anthropic.
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../../shared/chat/parts.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { type Body, fromChat, hi, printedFrom, text } from './test-printed.ts'

describe('the conversation', () => {
  test('has its instructions in front, wherever they stood (wire 42)', () => {
    const messages = [
      { role: 'system', content: 'One.' },
      hi,
      { role: 'developer', content: [text('Two.')] },
      { role: 'assistant', content: 'Hello.' },
      hi,
    ]
    const { system, messages: printed } = fromChat({ messages })
    expect(system).toEqual([text('One.'), text('Two.')])
    expect(printed.map(({ role }: Body) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('of instructions alone is what a user says', () => {
    const { system, messages } = fromChat({ messages: [{ role: 'system', content: 'Say hi.' }] })
    expect([system, messages]).toEqual([undefined, [{ role: 'user', content: [text('Say hi.')] }]])
  })

  test('joins turns of one side, leaves out what is empty, and puts results of tools first (wire 40, 41)', () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'weather', arguments: '{"n":1}' } })
    const messages = [
      hi,
      { role: 'assistant', content: '' },
      { role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'A' },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: [text('B'), { type: 'image_url', image_url: { url: 'https://x/y.png' } }],
      },
      { role: 'user', content: 'and now?' },
    ]
    expect(fromChat({ messages }).messages).toEqual([
      { role: 'user', content: [text('hi')] },
      { role: 'assistant', content: [use('a', { n: 1 }), use('b', { n: 1 })] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [text('A')] },
          {
            type: 'tool_result',
            tool_use_id: 'b',
            content: [text('B'), { type: 'image', source: { type: 'url', url: 'https://x/y.png' } }],
          },
          text('and now?'),
        ],
      },
    ])
  })

  const use = (id: string, input: Json) => ({ type: 'tool_use', id, name: 'weather', input })

  test('keeps every digit of what tools were called with (wire 15)', () => {
    const call = { id: 'a', type: 'function', function: { name: 'weather', arguments: '{"id":12345678901234567890}' } }
    const { body } = printedFrom(openAiChatInbound, {
      model: 'm',
      messages: [hi, { role: 'assistant', tool_calls: [call] }],
    })
    expect(body).toContain('"input":{"id":12345678901234567890}')
  })

  test.each(['{"city":"Par', '7', 'hello'])(
    'has %s, which is no input of a tool, under a name that says so (wire 86)',
    (input) => {
      const call = { id: 'a', type: 'function', function: { name: 'weather', arguments: input } }
      const { messages } = fromChat({ messages: [hi, { role: 'assistant', tool_calls: [call] }] })
      expect(messages[1].content[0].input).toEqual({ invalid_json: input })
    },
  )

  test('may end in an answer to go on with, without white space behind it', () => {
    const { messages } = fromChat({ messages: [hi, { role: 'assistant', content: 'The answer is \n' }] })
    expect(messages[1].content).toEqual([text('The answer is')])
  })

  test('knows the older functions (wire 88)', () => {
    const functions = [{ name: 'weather', parameters: { type: 'object' } }]
    const messages = [
      hi,
      { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{}' } },
      { role: 'function', name: 'weather', content: 'sunny' },
    ]
    const body = fromChat({ messages, functions, function_call: { name: 'weather' } })
    expect(body.tools).toEqual([{ name: 'weather', input_schema: { type: 'object' } }])
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'weather', disable_parallel_tool_use: true })
    expect(body.messages[2].content[0].tool_use_id).toBe(body.messages[1].content[0].id)
  })

  test('shows pictures and documents, with the type that their bytes have (wire 78, 85)', () => {
    const content = [
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,iVBORw0KGgoAAAA' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,aGk=' } },
    ]
    expect(fromChat({ messages: [{ role: 'user', content }] }).messages[0].content).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgoAAAA' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hi' }, title: 'a.txt' },
    ])
  })
})
