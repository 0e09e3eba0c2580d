import { expect, test } from 'vitest'
import { replayedEvents } from './replay.ts'
import type { LocalResponse } from './stored-response.ts'

const stored: LocalResponse = {
  type: 'kept',
  chain: [],
  chainBytes: 0,
  input: [],
  parts: [
    { type: 'text', text: 'Hello \n\n "there".' },
    { type: 'tool-call', id: 'c1', name: 'weather', input: '{"city":"Bern"}', form: 'function' },
  ],
  response: {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'm',
    status: 'completed',
    output: [],
    metadata: { own: 'yes' },
  },
}

function eventsOf(
  response: LocalResponse,
  after = -1,
): { type: string; sequence_number: number; [name: string]: unknown }[] {
  return replayedEvents(response, after)
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)))
}

test('a stored response is told as the events of its parts, each part in one piece', () => {
  const events = eventsOf(stored)
  expect(events[0]).toMatchObject({ type: 'response.created', response: { id: 'resp_1', created_at: 1_700_000_000 } })
  const deltas = events.filter(({ type }) => type.endsWith('.delta')).map(({ delta }) => delta)
  expect(deltas).toEqual(['Hello \n\n "there".', '{"city":"Bern"}'])
})

test('events are numbered from 0 without a gap', () => {
  const numbers = eventsOf(stored).map(({ sequence_number }) => sequence_number)
  expect(numbers).toEqual(numbers.map((_, n) => n))
})

test('the last event brings the response as it was stored', () => {
  expect(eventsOf(stored).at(-1)).toMatchObject({ type: 'response.completed', response: stored.response })
})

test.each([
  ['incomplete', { reason: 'max_output_tokens' }],
  ['incomplete', { reason: 'content_filter' }],
])('a response that is %s for %j says so at its end', (status, incomplete_details) => {
  const response = { ...stored.response, status, incomplete_details }
  expect(eventsOf({ ...stored, response }).at(-1)).toMatchObject({ type: 'response.incomplete', response })
})

test('whoever was interrupted goes on behind the last event that it has', () => {
  const all = eventsOf(stored)
  expect(eventsOf(stored, 2)).toEqual(all.slice(3))
  expect(eventsOf(stored, all.length - 1)).toEqual([])
  expect(eventsOf(stored, 999_999)).toEqual([])
})

test('every event names its type in front of its data', () => {
  for (const event of replayedEvents(stored, -1)
    .split('\n\n')
    .filter((text) => text !== '')) {
    const [, type, data] = /^event: (\S+)\ndata: (.*)$/s.exec(event) ?? []
    expect(JSON.parse(data ?? '{}').type).toBe(type)
  }
})
