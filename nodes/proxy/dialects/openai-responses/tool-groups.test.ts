import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { askedFacts } from '../dialect.ts'
import { openAiResponsesInbound } from './openai-responses.ts'
import { ToolGroups } from './tool-groups.ts'

const word = fc.oneof(
  fc.constantFrom('a', 'a__b', 'b', '_', 'mcp__srv__', 'functions', 'b__c'),
  fc.string({ minLength: 1, maxLength: 90 }),
)

test('two tools never get the same name, and every name is one that each API takes', () => {
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.tuple(word, word)), (plain, grouped) => {
      const groups = new ToolGroups()
      for (const name of plain) groups.reserve(name)
      const written = new Map(
        grouped.map(([group, name]) => [JSON.stringify([group, name]), groups.write({ group, name })]),
      )
      const names = [...written.values()]
      expect(new Set([...plain, ...names]).size).toBe(new Set(plain).size + written.size)
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
      for (const [group, name] of grouped)
        expect(groups.grouped.get(groups.write({ group, name }))).toEqual({ group, name })
    }),
  )
})

test.each([
  ['multi_agent_v1', 'close_agent', 'multi_agent_v1__close_agent'],
  ['mcp__files__', 'read', 'mcp__files__read'],
  ['functions', 'exec', 'exec'],
  ['a b', 'c.d', 'a_b__c_d'],
])('%s %s is named %s', (group, name, written) => {
  expect(new ToolGroups().write({ group, name })).toBe(written)
})

const parameters = { type: 'object', properties: {} }
const tool = (name: string, more: object = {}) => ({ type: 'function', name, description: name, parameters, ...more })
const group = (name: string, ...tools: object[]) => ({ type: 'namespace', name, description: `About ${name}.`, tools })
const user = { type: 'message', role: 'user', content: 'hi' }

function read(body: object): ChatRequest {
  const result = openAiResponsesInbound.parseRequest({ model: 'm', input: [user], ...body })
  if (!result.ok) throw new Error(`${result.error.path} ${result.error.message}`)
  return result.value
}

const named = ({ tools }: ChatRequest) => tools.map(({ type, name }) => [type, name])

test('groups are flattened in their place, and told about once', () => {
  const request = read({ tools: [tool('before'), group('agents', tool('close'), tool('wait')), tool('after')] })
  expect(named(request)).toEqual([
    ...[
      ['function', 'before'],
      ['function', 'agents__close'],
      ['function', 'agents__wait'],
      ['function', 'after'],
    ],
  ])
  expect(request.tools[1]).toMatchObject({ description: 'About agents.\n\nclose', parameters })
  expect(request.tools[2]).toMatchObject({ description: 'wait' })
})

// As Codex 0.171 sends them for its own models.
test('tools that stand in the input are tools of the request', () => {
  const exec = { type: 'custom', name: 'exec', description: 'Runs JavaScript.', format: { type: 'grammar' } }
  const item = {
    type: 'additional_tools',
    id: 'at_1',
    role: 'developer',
    tools: [group('functions', exec), group('clock', tool('sleep'))],
  }
  const call = { type: 'custom_tool_call', call_id: 'c', name: 'exec', namespace: 'functions', input: 'x' }
  const output = { type: 'custom_tool_call_output', call_id: 'c', output: 'done' }
  const request = read({ input: [item, user, call, output] })
  expect(named(request)).toEqual([
    ['custom', 'exec'],
    ['function', 'clock__sleep'],
  ])
  expect(request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(request.messages[1]!.parts).toMatchObject([{ type: 'tool-call', name: 'exec', form: 'custom' }])
})

test('a tool that comes again is the newer one', () => {
  const item = { type: 'additional_tools', tools: [tool('a', { description: 'new' }), tool('b')] }
  const request = read({ tools: [tool('a')], input: [item, user] })
  expect(named(request)).toEqual([
    ['function', 'a'],
    ['function', 'b'],
  ])
  expect(request.tools[0]).toMatchObject({ description: 'new' })
})

test.each([
  [
    { type: 'function', name: 'close', namespace: 'agents' },
    { type: 'tool', name: 'agents__close' },
  ],
  [
    { type: 'namespace', name: 'agents' },
    { type: 'allowed', names: ['agents__close', 'agents__wait'], required: true },
  ],
  [
    {
      type: 'allowed_tools',
      mode: 'auto',
      tools: [
        { type: 'namespace', name: 'agents' },
        { type: 'function', name: 'a' },
      ],
    },
    { type: 'allowed', names: ['agents__close', 'agents__wait', 'a'], required: false },
  ],
  ['auto', { type: 'auto' }],
])('the choice %j', (tool_choice, expected) => {
  const request = read({ tools: [tool('a'), group('agents', tool('close'), tool('wait'))], tool_choice })
  expect(request.toolChoice).toEqual(expected)
})

test('what is wrong in a group is named with its place', () => {
  const bad = openAiResponsesInbound.parseRequest({ input: [user], tools: [group('agents', { type: 'function' })] })
  expect(bad).toMatchObject({ ok: false, error: { path: 'tools[0].tools[0].name' } })
})

const at = { choice: 0, part: 0 }
const events = (name: string, form: 'function' | 'custom'): ChatEvent[] => [
  { type: 'start', id: 'a', model: 'm' },
  { type: 'tool-input-start', ...at, id: 'c', name, form },
  { type: 'tool-input-delta', ...at, text: '{}' },
  { type: 'tool-input-end', ...at },
  { type: 'finish', choice: 0, finish: { reason: 'tool-calls' } },
  { type: 'end' },
]

test.each([
  ['agents__close', 'function', { type: 'function_call', name: 'close', namespace: 'agents' }],
  ['exec', 'custom', { type: 'custom_tool_call', name: 'exec', namespace: 'functions' }],
  ['a', 'function', { type: 'function_call', name: 'a' }],
] as const)('a call of %s gets its group back, whole and streamed', (name, form, expected) => {
  const exec = { type: 'custom', name: 'exec' }
  const request = read({ tools: [tool('a'), group('agents', tool('close')), group('functions', exec)] })
  const facts = {
    requestId: 'r',
    nowSeconds: 1,
    estimatedInput: 1,
    showUsage: false,
    asked: askedFacts(openAiResponsesInbound, request),
  }
  const parts = [{ type: 'tool-call', id: 'c', name, input: '{}', form } as const]
  const answer = { id: 'a', model: 'm', choices: [{ parts, finish: { reason: 'tool-calls' } as const }] }
  const [whole] = JSON.parse(openAiResponsesInbound.printAnswer(answer, facts)).output
  expect(whole).toMatchObject(expected)
  expect('namespace' in whole).toBe('namespace' in expected)
  const printer = openAiResponsesInbound.openPrinter(facts)
  const told = events(name, form)
    .map((event) => printer.print(event))
    .join('')
  const data = [...told.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''))
  const items = data.filter(({ type }) => /output_item\.(added|done)$/.test(type)).map(({ item }) => item)
  expect(items).toMatchObject([expected, expected])
  expect(data.at(-1).response.output).toEqual([whole])
})
