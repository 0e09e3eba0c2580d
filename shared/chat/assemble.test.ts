import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settledReason } from './answer.ts'
import { arbitraryAnswer } from './arbitrary-chat.ts'
import { assemble } from './assemble.ts'
import type { ChatEvent } from './events.ts'
import { explode } from './explode.ts'

function eventsOf(answer: Parameters<typeof explode>[0]): ChatEvent[] {
  const events: ChatEvent[] = []
  explode(answer, (event) => events.push(event))
  return events
}

test('an answer is the fold of its events', () => {
  fc.assert(
    fc.property(arbitraryAnswer, (answer) => {
      expect(assemble(eventsOf(answer))).toEqual({ ok: true, value: answer })
    }),
  )
})

test('deltas may be cut anywhere', () => {
  fc.assert(
    fc.property(arbitraryAnswer, fc.nat(7), (answer, size) => {
      const events = eventsOf(answer).flatMap((event) => ('text' in event ? pieces(event, size + 1) : [event]))
      expect(assemble(events)).toEqual({ ok: true, value: answer })
    }),
  )
})

function pieces(event: Extract<ChatEvent, { text: string }>, size: number): ChatEvent[] {
  const characters = [...event.text]
  const count = Math.ceil(characters.length / size)
  return Array.from({ length: count }, (_, i) => ({
    ...event,
    text: characters.slice(i * size, (i + 1) * size).join(''),
  }))
}

test('parts that are open side by side come apart', () => {
  const at = (part: number) => ({ choice: 0, part })
  const call = (part: number, id: string): ChatEvent => ({
    type: 'tool-input-start',
    ...at(part),
    id,
    name: 'f',
    form: 'function',
  })
  const delta = (part: number, text: string): ChatEvent => ({ type: 'tool-input-delta', ...at(part), text })
  const answer = assemble([
    ...[call(0, 'a'), call(1, 'b'), delta(0, '{"x"'), delta(1, '{'), delta(0, ':1}'), delta(1, '}')],
    { type: 'end' },
  ])
  expect(answer.ok && answer.value.choices[0]?.parts).toMatchObject([
    { id: 'a', input: '{"x":1}' },
    { id: 'b', input: '{}' },
  ])
})

test('pieces of a signature are put together (wire 71)', () => {
  const at = { choice: 0, part: 0 }
  const piece = (data: string): ChatEvent => ({ type: 'signature', ...at, sealed: { family: 'google', data } })
  const answer = assemble([{ type: 'text-start', ...at }, piece('ab'), piece('cd'), { type: 'end' }])
  expect(answer.ok && answer.value.choices[0]?.parts[0]).toMatchObject({ signature: { data: 'abcd' } })
})

test('the last usage counts, it is not summed (wire 75)', () => {
  const usage = (output: number): ChatEvent => ({
    type: 'usage',
    usage: { input: 5, output, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 },
  })
  const answer = assemble([usage(1), usage(7), { type: 'end' }])
  expect(answer.ok && answer.value.usage).toMatchObject({ input: 5, output: 7 })
})

test('a stream that stops without its end is no answer (wire 10)', () => {
  expect(assemble([{ type: 'start', id: 'a', model: 'm' }])).toEqual({ ok: false, error: { type: 'cut' } })
  expect(assemble([{ type: 'upstream-cut' }, { type: 'end' }])).toEqual({ ok: false, error: { type: 'cut' } })
})

test('an error in a stream is what it says', () => {
  const error = { kind: 'overloaded', message: 'Overloaded' } as const
  expect(assemble([{ type: 'error', error }])).toEqual({ ok: false, error: { type: 'error', error } })
})

test.each([
  ['stop', true, 'tool-calls'], // wire 26
  ['length', true, 'length'],
  ['content-filter', true, 'content-filter'],
  ['tool-calls', false, 'stop'], // wire 46
] as const)('a finish of %s with tools called: %s is %s', (reason, called, expected) => {
  expect(settledReason(reason, called)).toBe(expected)
})
