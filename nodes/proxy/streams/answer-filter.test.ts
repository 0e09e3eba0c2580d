import { expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import { type AnswerFilter, filterAnswer, filtered } from './answer-filter.ts'

const answer: ChatAnswer = {
  id: 'a',
  model: 'm',
  choices: [{ parts: [{ type: 'text', text: 'one two' }], finish: { reason: 'stop' } }],
}

/** Writes its name behind every text. */
const signed =
  (name: string): AnswerFilter =>
  (emit) =>
  (event) =>
    emit(event.type === 'text-delta' ? { ...event, text: `${event.text} ${name}` } : event)

test('the first filter sees an event first', () => {
  const seen: ChatEvent[] = []
  filtered(
    [signed('a'), signed('b')],
    (event) => void seen.push(event),
  )({ type: 'text-delta', choice: 0, part: 0, text: 'x' })
  expect(seen).toEqual([{ type: 'text-delta', choice: 0, part: 0, text: 'x a b' }])
})

test('without filters events and answers stay what they are', () => {
  const emit = () => {}
  expect(filtered([], emit)).toBe(emit)
  expect(filterAnswer([], answer)).toBe(answer)
})

test('a whole answer is filtered as its stream would be', () => {
  expect(filterAnswer([signed('a'), signed('b')], answer)?.choices[0]?.parts).toEqual([
    expect.objectContaining({ type: 'text', text: 'one two a b' }),
  ])
})

test('a filter may drop, hold back and add events', () => {
  const heldBack: AnswerFilter = (emit) => {
    let text = ''
    return (event) => {
      if (event.type === 'text-delta') text += event.text
      else if (event.type === 'text-end') {
        emit({ type: 'text-delta', choice: event.choice, part: event.part, text: text.toUpperCase() })
        emit(event)
      } else emit(event)
    }
  }
  expect(filterAnswer([heldBack], answer)?.choices[0]?.parts).toEqual([expect.objectContaining({ text: 'ONE TWO' })])
})

test('what a filter leaves that is no answer is none', () => {
  expect(filterAnswer([() => () => {}], answer)).toBeUndefined()
  const error: ChatEvent = { type: 'error', error: { kind: 'content-policy', message: 'No.' } }
  expect(filterAnswer([(emit) => (event) => emit(event.type === 'finish' ? error : event)], answer)).toBeUndefined()
})
