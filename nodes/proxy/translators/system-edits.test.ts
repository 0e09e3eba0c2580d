// System messages between the turns, where bytes pass through. Source: platform.claude.com/docs/en/build-with-claude/
// mid-conversation-system-messages; chat templates of Qwen and others ("System message must be at the beginning").
import { expect, test } from 'vitest'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-target.ts'
import { passThroughRequest } from './pass-through-request.ts'
import { askSample } from './test-translators.ts'

function sent(path: string, body: object, target: Target): string {
  const { request, asked } = askSample({ path, body: JSON.stringify(body) })
  const { body: json } = asked.facts
  if (json.type !== 'json') throw new Error('the body is a form')
  const made = passThroughRequest({ request, asked, body: json, target, files: [] })
  return Buffer.concat(made.body).toString()
}

const claude = (model: string) => testTarget({ kind: 'anthropic', model })
const older = claude('claude-sonnet-4-5')
const user = (content: unknown) => ({ role: 'user', content })
const late = { role: 'system', content: 'a "system" reminder' }
const turns = [user('x'), { role: 'assistant', content: 'y' }, user('z')]
const withLate = [...turns, late]
const text = (said: string) => ({ type: 'text', text: said })

const toClaude = (more: object, target = older) =>
  sent('/v1/messages', { model: target.model, max_tokens: 9, seed: 1, ...more }, target)

test.each([
  ['a text', 'first', [text('first'), text('a "system" reminder')]],
  ['blocks', [{ ...text('first'), cache_control: { type: 'ephemeral' } }], undefined],
  ['null', null, [text('a "system" reminder')]],
])('an older Claude gets a late system message behind `system`, which is %s', (_, system, wanted) => {
  const body = JSON.parse(toClaude({ system, messages: withLate }))
  expect(body.system).toEqual(wanted ?? [...(system as unknown[]), text('a "system" reminder')])
  expect(body).toMatchObject({ messages: turns, max_tokens: 9, seed: 1 })
})

test('an older Claude gets it in a `system` of its own where there is none', () => {
  const blocks = { role: 'system', content: [text('one'), text('two')] }
  const body = JSON.parse(toClaude({ messages: [...turns, blocks, { role: 'system', content: ' ' }] }))
  expect(body).toMatchObject({ system: [text('one'), text('two')], messages: turns })
})

test.each([
  ['a model that takes it', { messages: withLate }, claude('claude-opus-4-8')],
  ['a conversation without one', { system: 'first', messages: turns }, older],
  ['the word in a text', { messages: [user('"role":"system"')] }, older],
  [
    'a member of that name',
    { messages: [user([{ type: 'tool_result', tool_use_id: 't', content: [], x: { system: 1 } }])] },
    older,
  ],
  ['the word as another value', { messages: [user([{ ...text('x'), title: 'system' }])] }, older],
])('the body is not touched for %s', (_, more, target) => {
  const body = { model: target.model, max_tokens: 9, seed: 1, ...more }
  expect(toClaude(more, target)).toBe(JSON.stringify(body))
})

const baseUrl = 'http://10.0.0.5:8000/v1'
const system = { role: 'system', content: 'first' }
const chat = (messages: readonly object[], systemFirst?: boolean) => {
  const target = testTarget(systemFirst === undefined ? { baseUrl } : { baseUrl, systemFirst })
  return JSON.parse(sent('/v1/chat/completions', { model: 'gpt-x', messages }, target)).messages
}

test('a server that takes one system message alone gets one, before all others', () => {
  expect(chat([system, ...withLate], true)).toEqual([{ ...system, content: 'first\n\na "system" reminder' }, ...turns])
  expect(chat([...turns, { role: 'developer', content: 'x' }], true)).toEqual([
    { role: 'developer', content: 'x' },
    ...turns,
  ])
  const parts = { role: 'system', content: [text('second')] }
  expect(chat([system, ...turns, parts], true)).toEqual([
    { ...system, content: [text('first'), text('second')] },
    ...turns,
  ])
})

test('other servers get the messages as the caller wrote them', () => {
  for (const systemFirst of [undefined, false])
    expect(chat([system, ...withLate], systemFirst)).toEqual([system, ...withLate])
  expect(chat([system, ...turns], true)).toEqual([system, ...turns])
})
