import { expect, test } from 'vitest'
import type { Capability } from '../../../shared/chat/capabilities.ts'
import type { Dropped } from '../dialects/dialect.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-target.ts'
import { askSample } from './test-translators.ts'
import { couldTake, droppedNames, traitsOf, translateRequest } from './translate-request.ts'

const hi = { role: 'user', content: 'hi' }
const claude = testTarget({ kind: 'anthropic', model: 'claude-x' })
const openai = testTarget()

/** A request as a target sees it. */
function parsed(body: object, path = '/v1/chat/completions') {
  const { asked } = askSample({ path, body: { model: 'm', messages: [hi], ...body } })
  const { inbound } = asked.facts
  const read = asked.parsed()
  if (inbound === undefined) throw new Error(`${path} has no dialect of callers`)
  return {
    print: (target: Target, strict: boolean) =>
      read.ok ? translateRequest({ parsed: read.value, inbound }, target, strict) : read,
    could: (target: Target, strict: boolean) => read.ok && couldTake({ parsed: read.value, inbound }, target, strict),
    droppedBy: (dropped: readonly Dropped[]) => droppedNames(inbound, dropped),
  }
}

const lacking = (...lacks: Capability[]): Target => testTarget({ kind: 'anthropic', facts: { lacks: new Set(lacks) } })
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]

test('a conversation is printed for its target', () => {
  const printed = parsed({ max_tokens: 5 }).print(claude, false)
  expect(printed.ok && JSON.parse(printed.value.printed.body)).toMatchObject({ model: 'claude-x', max_tokens: 5 })
})

test.each<[string, object, Target, object | undefined]>([
  ['tools, for a model that has them', { tools }, claude, undefined],
  ['tools, for a model without', { tools }, lacking('tools'), { type: 'missing-capability', capability: 'tools' }],
  ['several choices, for a dialect without', { n: 2 }, claude, { type: 'missing-capability', what: 'n' }],
  ['several choices, for a dialect that has them', { n: 2 }, openai, undefined],
])('what is asked, %s: the target could take it or says why not', (_, body, target, error) => {
  const request = parsed(body)
  expect(request.could(target, false)).toBe(error === undefined)
  expect(request.print(target, false)).toMatchObject(error === undefined ? { ok: true } : { ok: false, error })
})

test('in strict mode every parameter counts, under the name that the caller has for it', () => {
  const request = parsed({ seed: 1, logit_bias: { 1: 2 }, vendor_knob: true })
  const params = ['seed', 'logit_bias', 'vendor_knob']
  expect(request.print(claude, true)).toEqual({ ok: false, error: { type: 'unsupported-params', params } })
  expect([request.could(claude, true), request.could(claude, false)]).toEqual([false, true])
  const printed = request.print(claude, false)
  expect(printed.ok && printed.value.dropped).toEqual(params)
})

test('a name that is dropped twice is told once', () => {
  const dropped = [{ parameter: 'seed' }, { member: 'seed' }, { member: 'x' }] as const
  expect(parsed({}).droppedBy(dropped)).toEqual(['seed', 'x'])
})

test('Anthropic callers hear the names of their own API', () => {
  const dropped = [{ parameter: 'stop' }] as const
  const request = parsed({ max_tokens: 1 }, '/v1/messages')
  expect(request.droppedBy(dropped)).toEqual(['stop_sequences'])
})

test('a conversation that cannot be read fits no target', () => {
  const request = parsed({ messages: [{ role: 'wizard' }] })
  expect(request.print(claude, false)).toMatchObject({ ok: false, error: { type: 'unreadable' } })
  expect(request.could(claude, false)).toBe(false)
})

test('a call without a result is sent nobody, and the caller is told', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const request = parsed({ messages: [hi, { role: 'assistant', tool_calls: [call] }, hi] })
  const error = { type: 'unreadable', path: 'messages', message: 'has the tool call "c" without a result' }
  expect(request.print(claude, false)).toEqual({ ok: false, error })
})

test('what a strict target could take does not depend on what is said', () => {
  const request = parsed({ messages: [hi, { role: 'assistant', content: 'x'.repeat(1_000) }], temperature: 0.5 })
  expect(request.could(claude, true)).toBe(true)
})

test('the traits of a target are its model, what is known of it, and how its host differs', () => {
  expect(traitsOf(openai)).toEqual({ model: 'gpt-x', facts: {}, quirks: openai.quirks })
})
