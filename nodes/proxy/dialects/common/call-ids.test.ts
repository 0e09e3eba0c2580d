import { expect, test } from 'vitest'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { callingOnce, requestOf } from '../test-dialects.ts'
import { type CallIdRules, withFittingCallIds } from './call-ids.ts'

const narrow: CallIdRules = { forbidden: /[^a-zA-Z0-9_-]/g, charactersMax: 64 }
const exact: CallIdRules = { forbidden: /[^a-zA-Z0-9]/g, charactersMax: 9, isExact: true }

function idsOf({ messages }: ChatRequest) {
  const parts = messages.flatMap(
    (message) => message.parts as readonly { type: string; id?: string; callId?: string }[],
  )
  return {
    calls: parts.flatMap(({ type, id }) => (type === 'tool-call' ? [id ?? ''] : [])),
    results: parts.flatMap(({ type, callId }) => (type === 'tool-result' ? [callId ?? ''] : [])),
  }
}

test.each<[string, readonly string[], CallIdRules, RegExp]>([
  ['forbidden letters', ['functions.w:0', 'functions.w:1'], narrow, /^[a-zA-Z0-9_-]{1,64}$/],
  ['ids that differ in forbidden letters alone', ['a.b', 'a:b', 'a_b'], narrow, /^[a-zA-Z0-9_-]{1,64}$/],
  ['long ids with one beginning', ['x'.repeat(65), 'x'.repeat(66)], narrow, /^[a-zA-Z0-9_-]{1,64}$/],
  ['empty ids', ['', ''], narrow, /^[a-zA-Z0-9_-]{1,64}$/],
  ['an id that comes again in a later turn', ['call_0', 'call_0', 'call_0_2'], narrow, /^[a-zA-Z0-9_-]{1,64}$/],
  ['ids of an exact length', ['toolu_1', 'toolu_1', 'a.b', 'abcdefghi'], exact, /^[a-zA-Z0-9]{9}$/],
])('%s: each call has an id of its own that fits, and each result the id of its call', (_what, ids, rules, fits) => {
  const { calls, results } = idsOf(withFittingCallIds(requestOf({ messages: callingOnce(ids) }), rules))
  expect(new Set(calls).size).toBe(ids.length)
  for (const id of calls) expect(id).toMatch(fits)
  expect(results).toEqual(calls)
})

test('two calls of one turn under one id have their results in order', () => {
  const call = { type: 'tool-call', id: 'c', name: 'f', input: '{}', form: 'function' } as const
  const result = { type: 'tool-result', callId: 'c', parts: [] } as const
  const messages: ChatRequest['messages'] = [
    { role: 'assistant', parts: [call, call] },
    { role: 'user', parts: [result, result] },
  ]
  const { calls, results } = idsOf(withFittingCallIds(requestOf({ messages }), narrow))
  expect([new Set(calls).size, results]).toEqual([2, calls])
})

test('a conversation whose ids fit is left alone, and one id that fits is kept beside others', () => {
  const request = requestOf({ messages: callingOnce(['call_1', 'call_2']) })
  expect(withFittingCallIds(request, narrow)).toBe(request)
  expect(idsOf(withFittingCallIds(requestOf({ messages: callingOnce(['ok', 'a.b']) }), narrow)).calls[0]).toBe('ok')
})
