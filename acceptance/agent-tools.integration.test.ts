// The tools that coding agents send, at providers that know functions only. Bodies are shaped as Codex 0.171 sends them.
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { eventStream, namedEvents, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

let claude: ScriptedUpstream
let chat: ScriptedUpstream
let gateway: Gateway
let openai: OpenAI
/** The tool that the upstreams call. */
let called: { name: string; input: object }

beforeAll(async () => {
  claude = await startScriptedUpstream(({ body }) => (body.stream === true ? claudeStream() : claudeAnswer()))
  chat = await startScriptedUpstream(() => chatAnswer())
  const credentials = [{ name: 'main', apiKey: 'sk-canary' }]
  const providers = {
    claude: { kind: 'anthropic', baseUrl: claude.url, credentials },
    chat: { kind: 'openai', baseUrl: `${chat.url}/v1`, credentials, endpoints: ['chat'] },
  }
  gateway = await startGateway({ config: { providers } })
  const { secret } = await gateway.issueKey()
  openai = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
})
afterAll(async () => {
  await gateway?.stop()
  await claude?.stop()
  await chat?.stop()
})
beforeEach(() => {
  claude.seen.length = 0
  chat.seen.length = 0
})

const usage = { input_tokens: 9, output_tokens: 4 }
const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x' }

function claudeAnswer() {
  const content = [{ type: 'tool_use', id: 'toolu_1', ...called }]
  return { pieces: [JSON.stringify({ ...head, content, stop_reason: 'tool_use', stop_sequence: null, usage })] }
}

function claudeStream() {
  const message = { ...head, content: [], stop_reason: null, stop_sequence: null, usage }
  const block = { type: 'tool_use', id: 'toolu_1', name: called.name, input: {} }
  const delta = { type: 'input_json_delta', partial_json: JSON.stringify(called.input) }
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: block },
    { type: 'content_block_delta', index: 0, delta },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  return { headers: eventStream, pieces: namedEvents(events) }
}

function chatAnswer() {
  const fn = { name: called.name, arguments: JSON.stringify(called.input) }
  const message = { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: fn }] }
  const choices = [{ index: 0, message, finish_reason: 'tool_calls' }]
  const counted = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }
  return {
    pieces: [JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage: counted })],
  }
}

const parameters = { type: 'object', properties: { target: { type: 'string' } } }
const tool = (name: string) => ({ type: 'function', name, description: `Does ${name}.`, strict: false, parameters })
const agents = { type: 'namespace', name: 'multi_agent_v1', description: 'Sub-agents.', tools: [tool('close_agent')] }
const exec = {
  type: 'custom',
  name: 'exec',
  description: 'Runs JavaScript.',
  format: { type: 'grammar', syntax: 'lark', definition: 's: /.+/' },
}
const additional = {
  type: 'additional_tools',
  id: 'at_1',
  role: 'developer',
  tools: [{ type: 'namespace', name: 'functions', description: '', tools: [exec, tool('wait')] }],
}
const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go.' }] }
const search = { type: 'web_search', external_web_access: true }

/** Newer than the SDK's types. */
function bodyOf(model: string, more: object) {
  return { model, store: false, input: [user], ...more } as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming
}

test('a group becomes functions, its calls get it back, and web search is left out and named', async () => {
  called = { name: 'multi_agent_v1__close_agent', input: { target: 'a' } }
  const asked = bodyOf('claude/claude-sonnet-4-5', { tools: [tool('exec_command'), agents, search] })
  const { data, response } = await openai.responses.create(asked).withResponse()
  const { tools } = claude.seen[0]?.body ?? {}
  expect(tools.map(({ name }: { name: string }) => name)).toEqual(['exec_command', 'multi_agent_v1__close_agent'])
  expect(data.output).toMatchObject([{ type: 'function_call', name: 'close_agent', namespace: 'multi_agent_v1' }])
  expect(response.headers.get('x-headgate-dropped-params')).toContain('tools.web_search')
  const streamed = await openai.responses.create({ ...asked, stream: true })
  const items: unknown[] = []
  for await (const event of streamed) if (event.type === 'response.output_item.done') items.push(event.item)
  expect(items).toMatchObject([{ name: 'close_agent', namespace: 'multi_agent_v1', arguments: '{"target":"a"}' }])
})

test('the call of a group that comes back in the conversation has the name that the target knows', async () => {
  called = { name: 'exec_command', input: {} }
  const call = {
    type: 'function_call',
    call_id: 'c',
    name: 'close_agent',
    namespace: 'multi_agent_v1',
    arguments: '{}',
  }
  const output = { type: 'function_call_output', call_id: 'c', output: 'closed' }
  await openai.responses.create(bodyOf('claude/claude-sonnet-4-5', { tools: [agents], input: [user, call, output] }))
  expect(claude.seen[0]?.body.messages[1].content).toMatchObject([
    { type: 'tool_use', name: 'multi_agent_v1__close_agent' },
  ])
})

test.each(['claude/claude-sonnet-4-5', 'chat/llama'])('free-form tools of the input work on %s', async (model) => {
  called = { name: 'exec', input: { input: 'text(1)' } }
  const before = { type: 'custom_tool_call', call_id: 'c', name: 'exec', namespace: 'functions', input: 'text(0)' }
  const output = { type: 'custom_tool_call_output', call_id: 'c', output: '0' }
  const data = await openai.responses.create(bodyOf(model, { input: [additional, user, before, output] }))
  expect(data.output).toMatchObject([
    { type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'text(1)' },
  ])
  const sent = (model.startsWith('chat') ? chat : claude).seen[0]?.body
  const names = sent.tools.map((one: { name?: string; function?: { name: string } }) => one.name ?? one.function?.name)
  expect(names).toEqual(['exec', 'wait'])
  if (model.startsWith('chat')) {
    expect(sent.tools[0].type).toBe('function')
    expect(sent.messages[1].tool_calls).toMatchObject([
      { type: 'function', function: { arguments: '{"input":"text(0)"}' } },
    ])
  }
})

test.each([
  ['a search that is all that there is', { tools: [search] }, {}],
  ['a search that is forced', { tools: [tool('a'), search], tool_choice: { type: 'web_search' } }, {}],
  ['files that only OpenAI has', { tools: [tool('a'), { type: 'file_search', vector_store_ids: ['vs'] }] }, {}],
  ['a search in strict mode', { tools: [tool('a'), search] }, { 'x-headgate-strict': 'true' }],
])('%s is refused', async (_what, more, headers) => {
  const asked = openai.responses.create(bodyOf('claude/claude-sonnet-4-5', more), { headers })
  await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringMatching(/web_search|file_search/) })
  expect(claude.seen).toHaveLength(0)
})
