import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import { OpenChoices } from './open-choices.ts'

function endingsOf(...events: ChatEvent[]): readonly ChatEvent[] {
  const open = new OpenChoices()
  for (const event of events) open.see(event)
  return open.endings()
}

const text = (choice: number, part: number): ChatEvent => ({ type: 'text-start', choice, part })
const call = (part: number): ChatEvent => ({
  type: 'tool-input-start',
  choice: 0,
  part,
  id: 'c',
  name: 'f',
  form: 'function',
})
const length = (choice: number) => ({ type: 'finish', choice, finish: { reason: 'length' } })

test('nothing is open before anything came', () => {
  expect(endingsOf({ type: 'start', id: 'a', model: 'm' }, { type: 'ping' })).toEqual([])
})

describe('what is open ends, and then each choice', () => {
  test.each<[string, ChatEvent[], object[]]>([
    ['a text', [text(0, 0)], [{ type: 'text-end', choice: 0, part: 0 }, length(0)]],
    [
      'two calls at a time',
      [call(0), call(1)],
      [{ type: 'tool-input-end', choice: 0, part: 0 }, { type: 'tool-input-end', choice: 0, part: 1 }, length(0)],
    ],
    [
      'a thought that has ended',
      [
        { type: 'reasoning-start', choice: 0, part: 0 },
        { type: 'reasoning-end', choice: 0, part: 0 },
      ],
      [length(0)],
    ],
    [
      'a part that came whole',
      [{ type: 'part', choice: 0, part: 0, value: { type: 'opaque', value: {} } as never }],
      [length(0)],
    ],
    [
      'one of two choices',
      [
        text(0, 0),
        { type: 'text-end', choice: 0, part: 0 },
        { type: 'finish', choice: 0, finish: { reason: 'stop' } },
        text(1, 0),
      ],
      [{ type: 'text-end', choice: 1, part: 0 }, length(1)],
    ],
  ])('%s', (_, events, expected) => {
    expect(endingsOf(...events)).toEqual(expected)
  })
})
