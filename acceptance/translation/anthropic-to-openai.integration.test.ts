// Anthropic callers of an OpenAI upstream, and fallbacks from either dialect to the other.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { dataEvents, eventStream } from '../scripted-upstream.ts'
import { completion, gptEvents, hi } from './answers.ts'
import { startTranslationRig, type TranslationRig } from './translation-rig.ts'

let rig: TranslationRig
beforeAll(async () => {
  rig = await startTranslationRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

const asked = { model: 'gpt', max_tokens: 100, messages: hi }

test('get each what they understand', async () => {
  const answer = await rig.anthropic.messages.create({
    ...asked,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    metadata: { user_id: 'u1' },
  })
  expect(answer).toMatchObject({
    type: 'message',
    role: 'assistant',
    model: 'gpt-x-2',
    stop_reason: 'end_turn',
    stop_sequence: null,
    content: [{ type: 'text', text: 'Hello from GPT.' }],
    usage: { input_tokens: 12, cache_read_input_tokens: 8, cache_creation_input_tokens: 0, output_tokens: 5 },
  })
  const { path, headers, body } = rig.gpt.seen[0]!
  expect([path, headers['authorization'], headers['x-api-key']]).toEqual([
    '/v1/chat/completions',
    'Bearer sk-canary',
    undefined,
  ])
  expect(body).toEqual({
    model: 'gpt-x',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ],
    max_tokens: 100,
    user: 'u1',
  })
})

test('a stream has its events in order, and usage in the last of them (wire 3, 32, 33)', async () => {
  rig.gptScript = () => ({ headers: eventStream, pieces: dataEvents(gptEvents) })
  const { text } = await rig.post('/v1/messages', { ...asked, stream: true })
  const events = text.split('\n\n').filter((event) => event !== '')
  expect(events.map((event) => /^event: (\w+)/.exec(event)?.[1])).toEqual([
    ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_delta', 'content_block_stop'],
    ...['message_delta', 'message_stop'],
  ])
  const last = JSON.parse(events[5]!.split('data: ')[1]!)
  expect(last).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { input_tokens: 20, output_tokens: 5 } })
  expect(text).not.toContain('[DONE]')
  expect(rig.gpt.seen[0]!.body.stream_options).toEqual({ include_usage: true })
})

test("the SDK's stream helper assembles it", async () => {
  rig.gptScript = () => ({ headers: eventStream, pieces: dataEvents(gptEvents) })
  const answer = await rig.anthropic.messages.stream(asked).finalMessage()
  expect(answer.content).toMatchObject([{ type: 'text', text: 'Hello from GPT.' }])
  expect(answer.usage).toMatchObject({ input_tokens: 20, output_tokens: 5 })
})

test('an error in the stream is an event of that name, and no message_stop follows (wire 48)', async () => {
  const error = dataEvents([{ error: { message: 'It broke.', type: 'server_error' } }], [])
  let begun = Promise.withResolvers<void>()
  rig.gptScript = () => ({
    headers: eventStream,
    pieces: [...dataEvents(gptEvents.slice(0, 2), []), begun.promise, ...error],
  })
  const { text } = await rig.post('/v1/messages', { ...asked, stream: true }, { onBegun: begun.resolve })
  const last = text.trim().split('\n\n').pop()!
  expect(last).toMatch(/^event: error\ndata: /)
  expect(JSON.parse(last.split('data: ')[1]!)).toMatchObject({
    type: 'error',
    error: { type: 'api_error', message: 'It broke.' },
  })
  expect(text).not.toContain('message_stop')
  begun = Promise.withResolvers()
  const stream = rig.anthropic.messages.stream(asked).on('connect', begun.resolve)
  await expect(stream.finalMessage()).rejects.toThrow(/It broke/)
})

test.each([
  ['no key', {}, { authorization: '' }, 401, 'authentication_error'],
  ['an unknown model', { model: 'nonesuch' }, {}, 404, 'not_found_error'],
  ['no messages', { messages: [] }, {}, 400, 'invalid_request_error'],
  ['an unknown path', {}, {}, 404, 'not_found_error'],
])('%s is told in the shape of the caller (wire 48)', async (what, more, headers, status, type) => {
  const path = what === 'an unknown path' ? '/v1/messages/nonesuch' : '/v1/messages'
  const told = await rig.post(path, { ...asked, ...more }, { headers })
  const body = JSON.parse(told.text)
  expect([told.status, body.type, body.error.type]).toEqual([status, 'error', type])
  expect(body.request_id).toBe(told.headers.get('request-id'))
  expect(told.headers.get('x-request-id')).toBe(told.headers.get('request-id'))
})

test('a server tool goes to nobody else (wire 44)', async () => {
  const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
  const told = await rig.post('/v1/messages', { ...asked, tools })
  expect(told.status).toBe(400)
  expect(JSON.parse(told.text).error.message).toMatch(/hosted tools \(`web_search_20250305`\).*could: .*`claude`/)
})

test('thoughts of nobody known are left out of the conversation (wire 36)', async () => {
  const history = [
    ...hi,
    {
      role: 'assistant' as const,
      content: [
        { type: 'thinking' as const, thinking: 'Hm.', signature: 'EvQB' },
        { type: 'text' as const, text: 'Hello.' },
      ],
    },
    ...hi,
  ]
  await rig.anthropic.messages.create({ ...asked, messages: history })
  expect(rig.gpt.seen[0]!.body.messages[1]).toEqual({ role: 'assistant', content: 'Hello.' })
})

test('counting tokens is estimated where the provider cannot (wire 47)', async () => {
  const told = await rig.post('/v1/messages/count_tokens', { model: 'gpt', messages: hi })
  expect(told.status).toBe(200)
  expect(JSON.parse(told.text).input_tokens).toBeGreaterThan(0)
  expect(told.headers.get('x-headgate-estimated')).toBe('true')
  expect(rig.gpt.seen).toHaveLength(0)
})

test('a fallback may cross dialects for either caller', async () => {
  rig.claudeScript = () => ({ status: 500 })
  rig.gptScript = () => ({ status: 500 })
  const crossed = await Promise.all([
    rig.post('/v1/messages', { model: 'claude-then-gpt', max_tokens: 9, messages: hi }),
    rig.post('/v1/chat/completions', { model: 'gpt-then-claude', messages: hi }),
  ])
  expect(crossed.map(({ status }) => status)).toEqual([502, 502])
  rig.gptScript = () => completion()
  const { text, headers } = await rig.post('/v1/messages', { model: 'claude-then-gpt', max_tokens: 9, messages: hi })
  expect(JSON.parse(text).content).toEqual([{ type: 'text', text: 'Hello from GPT.' }])
  expect([headers.get('x-headgate-fallback-index'), headers.get('x-headgate-attempts')]).toEqual(['1', '2'])
})
