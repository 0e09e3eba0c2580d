// Identifiers that OpenAI takes. Names of functions: a-z, A-Z, 0-9, underscores and dashes, at most 64 (`FunctionDefinition` in
// the openai package); `safety_identifier`: at most 128 (`ChatCompletionCreateParams` there). Users report that the API refuses
// longer texts than 64 for `user` and `prompt_cache_key`, and than 40 for ids of calls, and that Mistral wants ids of nine
// letters and digits; neither is in their references.
import { expect, test } from 'vitest'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { callingOnce, printedNothing, sentTo, valuesOf } from '../test-dialects.ts'
import { openAiChatUpstream } from './openai-chat.ts'

test.each([[`mcp__${'y'.repeat(90)}`], ['srv.list:items'], ['fits-already_1']])(
  'the tool %s has a name that fits in its declaration, the choice and the calls, and is read back',
  (name) => {
    const asked: Partial<ChatRequest> = {
      messages: callingOnce(['c1'], name),
      tools: [{ type: 'function', name }],
      toolChoice: { type: 'allowed', names: [name], required: true },
    }
    const { body, printed } = sentTo(openAiChatUpstream, asked, { quirks: { customTools: true } })
    const written: string = body.tools[0].function.name
    expect(written).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect([valuesOf(body.tool_choice, 'name'), valuesOf(body.messages, 'name')]).toEqual([[written], [written]])
    const tool_calls = [{ index: 0, id: 'c', type: 'function', function: { name: written, arguments: '{}' } }]
    const choice = { index: 0, finish_reason: 'tool_calls' }
    const answer = openAiChatUpstream.parseAnswer({ choices: [{ ...choice, message: { tool_calls } }] }, printed)
    expect(answer?.choices[0]?.parts).toMatchObject([{ name }])
    const names: string[] = []
    const parser = openAiChatUpstream.openParser({ ...printedNothing, toolNames: printed.toolNames })
    const chunk = { model: 'm', choices: [{ index: 0, delta: { tool_calls } }] }
    parser.push(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`), (event) => {
      if (event.type === 'tool-input-start') names.push(event.name)
    })
    expect(names).toEqual([name])
  },
)

test('two names that are alike after cutting are told apart', () => {
  const tools = ['a', 'b'].map((end) => ({ type: 'function' as const, name: 'x'.repeat(64) + end }))
  const { body } = sentTo(openAiChatUpstream, { messages: callingOnce([]), tools })
  expect(new Set(valuesOf(body.tools, 'name')).size).toBe(2)
})

test.each([
  ['OpenAI', {}, /^.{1,40}$/],
  ['Mistral', { callIds: { forbidden: /[^a-zA-Z0-9]/g, charactersMax: 9, isExact: true } }, /^[a-zA-Z0-9]{9}$/],
])('ids of calls fit %s, and their results keep them', (_host, quirks, fits) => {
  const long = `toolu_${'x'.repeat(60)}`
  const { body } = sentTo(openAiChatUpstream, { messages: callingOnce([long, `${long}y`, 'c1']) }, { quirks })
  const ids = valuesOf(body.messages, 'tool_calls').flatMap((calls) => valuesOf(calls, 'id'))
  for (const id of ids) expect(id).toMatch(fits)
  expect([new Set(ids).size, valuesOf(body, 'tool_call_id')]).toEqual([3, ids])
})

test.each([
  ['user', 'user', 64],
  ['safetyIdentifier', 'safety_identifier', 128],
  ['promptCacheKey', 'prompt_cache_key', 64],
])('%s is hashed where it is too long, and named', (parameter, member, max) => {
  const sent = (length: number) =>
    sentTo(openAiChatUpstream, { messages: callingOnce([]), parameters: { [parameter]: 'u'.repeat(length) } })
  expect([sent(max).body[member], sent(max).dropped]).toEqual(['u'.repeat(max), []])
  expect(sent(max + 1).body[member]).toMatch(/^[0-9a-f]{64}$/)
  expect(sent(max + 1).body[member]).not.toBe(sent(max + 2).body[member])
  expect(sent(max + 1).dropped).toEqual([parameter])
})
