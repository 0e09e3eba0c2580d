// Signatures of texts and calls in a stream, in reasoning parts of their own.
import { expect, test } from 'vitest'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { AssistantPart } from '../../../../shared/chat/parts.ts'
import { CarriedEvents } from './carried-events.ts'
import { carried, uncarried } from './carried-signatures.ts'

const sealed = (data: string) => ({ family: 'google', data }) as const
const at = (part: number) => ({ choice: 0, part })
const start = (part: number, signed: boolean): ChatEvent => ({
  type: 'tool-input-start',
  ...at(part),
  id: `c${part}`,
  name: 'f',
  form: 'function',
  signed,
})
const signature = (part: number, data: string): ChatEvent => ({ type: 'signature', ...at(part), sealed: sealed(data) })
const said = (part: number, text: string): ChatEvent => ({ type: 'text-delta', ...at(part), text })
const begun = (part: number): ChatEvent => ({ type: 'text-start', ...at(part) })
const ended = (part: number, type: 'text-end' | 'tool-input-end'): ChatEvent => ({ type, ...at(part) })

function printed(events: readonly ChatEvent[]): ChatEvent[] {
  const out: ChatEvent[] = []
  const carrying = new CarriedEvents((event) => {
    out.push(event)
    return ''
  })
  for (const event of events) carrying.take(event)
  return out
}

const namesOf = (events: readonly ChatEvent[]) =>
  printed(events).map((event) => `${event.type} ${'part' in event ? event.part : ''}`)

test('the carrier of a call stands before it, and the parts behind it are counted anew', () => {
  const events = [
    start(0, true),
    signature(0, 'S'),
    ended(0, 'tool-input-end'),
    begun(1),
    said(1, 'Hi'),
    ended(1, 'text-end'),
  ]
  expect(namesOf(events)).toEqual([
    ...['reasoning-start 0', 'signature 0', 'reasoning-end 0', 'tool-input-start 1', 'tool-input-end 1'],
    ...['text-start 2', 'text-delta 2', 'text-end 2'],
  ])
})

test('the carrier of a text stands behind it; an empty text is nothing but its carrier', () => {
  expect(namesOf([begun(0), said(0, 'Hi'), signature(0, 'S'), ended(0, 'text-end')])).toEqual([
    ...['text-start 0', 'text-delta 0', 'text-end 0', 'reasoning-start 1', 'signature 1', 'reasoning-end 1'],
  ])
  expect(namesOf([begun(0), signature(0, 'S'), ended(0, 'text-end')])).toEqual([
    ...['reasoning-start 0', 'signature 0', 'reasoning-end 0'],
  ])
  expect(namesOf([begun(0), ended(0, 'text-end')])).toEqual(['text-start 0', 'text-end 0'])
})

test.each<[string, readonly ChatEvent[]]>([
  ['in pieces', [start(0, true), signature(0, 'S'), signature(0, '1'), ended(0, 'tool-input-end')]],
  ['late', [start(0, false), signature(0, 'S1'), ended(0, 'tool-input-end')]],
])('a signature of a call that comes %s is whole on its call', (_, events) => {
  const carriers = printed(events).flatMap((event) => (event.type === 'signature' ? [event.sealed] : []))
  expect(carriers.at(-1)).toEqual({ ...sealed('S1'), signs: { call: 'c0' } })
})

test('what is carried is put back, whatever stands between', () => {
  const call: AssistantPart = {
    type: 'tool-call',
    form: 'function',
    id: 'c',
    name: 'f',
    input: '{}',
    signature: sealed('A'),
  }
  const parts: readonly AssistantPart[] = [
    { type: 'text', text: 'Hi', signature: sealed('B') },
    { type: 'text', text: '', signature: sealed('C') },
    call,
    { ...call, id: 'd', signature: undefined },
  ]
  expect(uncarried(carried(parts))).toEqual(parts)
  const thoughtsFirst = [...carried(parts)].sort(
    (a, b) => Number(b.type === 'reasoning') - Number(a.type === 'reasoning'),
  )
  expect(uncarried(thoughtsFirst)).toContainEqual(call)
})
