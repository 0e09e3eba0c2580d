import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { arbitraryAnswer } from '../../../../shared/chat/arbitrary-chat.ts'
import { explode } from '../../../../shared/chat/explode.ts'
import { sseEvent } from '../../../../shared/sse/event.ts'
import type { PrintFacts } from '../dialect.ts'
import { factsFor } from '../test-dialects.ts'
import { openAiResponsesInbound } from './openai-responses.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into events whose shape they assert
type Told = any

const facts: PrintFacts = factsFor(openAiResponsesInbound)

function streamed(answer: ChatAnswer): Told[] {
  const printer = openAiResponsesInbound.openPrinter(facts)
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  const events = text.split('\n\n').filter((event) => event !== '')
  return events.map((event) => {
    const { name, data } = sseEvent(`${event}\n\n`)
    const value = JSON.parse(data!)
    expect(value.type).toBe(name)
    return value
  })
}

function whole(answer: ChatAnswer): Told {
  return JSON.parse(openAiResponsesInbound.printAnswer(answer, facts))
}

describe('a stream of the Responses API', () => {
  test('ends with the response that the whole answer is (wire 53, 54)', () => {
    fc.assert(
      fc.property(arbitraryAnswer, (answer) => {
        const terminal = streamed(answer).at(-1)
        expect(terminal.response).toEqual(whole(answer))
        expect(terminal.type).toBe(`response.${terminal.response.status}`)
        expect(Array.isArray(terminal.response.output)).toBe(true)
      }),
    )
  })

  test('numbers its events, and tells every item when it begins and when it is whole (wire 51, 52)', () => {
    fc.assert(
      fc.property(arbitraryAnswer, (answer) => {
        const events = streamed(answer)
        expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, i) => i))
        expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress'])
        const { output } = events.at(-1).response
        const of = (type: string) => events.filter((event) => event.type === type)
        expect(of('response.output_item.added').map(({ output_index }) => output_index)).toEqual(
          output.map((_: Told, i: number) => i),
        )
        for (const { output_index, item } of of('response.output_item.done')) expect(item).toEqual(output[output_index])
        expect(of('response.output_item.done')).toHaveLength(output.length)
      }),
    )
  })

  test('says in deltas what its items hold (wire 52, 54)', () => {
    fc.assert(
      fc.property(arbitraryAnswer, (answer) => {
        const events = streamed(answer)
        for (const [index, item] of events.at(-1).response.output.entries()) {
          const mine = events.filter(({ output_index, item_id }) => output_index === index && item_id === item.id)
          const said = (type: string) =>
            mine
              .filter((event) => event.type === type)
              .map(({ delta }) => delta)
              .join('')
          if (item.type === 'function_call') expect(said('response.function_call_arguments.delta')).toBe(item.arguments)
          if (item.type === 'reasoning') {
            expect(said('response.reasoning_summary_text.delta')).toBe(
              item.summary.map(({ text }: Told) => text).join(''),
            )
          }
          if (item.type === 'message') {
            const texts = item.content.filter(({ type }: Told) => type === 'output_text').map(({ text }: Told) => text)
            expect(said('response.output_text.delta')).toBe(texts.join(''))
          }
        }
      }),
    )
  })
})
