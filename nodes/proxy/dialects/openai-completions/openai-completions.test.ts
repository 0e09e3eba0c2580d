import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { arbitraryAnswer } from '../../../../shared/chat/arbitrary-chat.ts'
import { explode } from '../../../../shared/chat/explode.ts'
import { askedFacts, type PrintFacts } from '../dialect.ts'
import { factsFor } from '../test-dialects.ts'
import { openAiCompletionsInbound } from './openai-completions.ts'

function factsOf(body: object): PrintFacts {
  const request = openAiCompletionsInbound.parseRequest({ prompt: 'Say hi.', ...body })
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  return { ...factsFor(openAiCompletionsInbound), asked: askedFacts(openAiCompletionsInbound, request.value) }
}

function chunksOf(answer: ChatAnswer, facts: PrintFacts) {
  const printer = openAiCompletionsInbound.openPrinter(facts)
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  const data = text.split('\n\n').filter((event) => event !== '' && event !== 'data: [DONE]')
  return data.map((event) => JSON.parse(event.slice('data: '.length)))
}

test.each([false, true])('a stream, assembled, is the whole text, with echo %s', (echo) => {
  fc.assert(
    fc.property(arbitraryAnswer, (answer) => {
      const facts = factsOf({ echo })
      const whole = JSON.parse(openAiCompletionsInbound.printAnswer(answer, facts))
      const chunks = chunksOf(answer, facts)
      for (const { index, text, finish_reason } of whole.choices) {
        const mine = chunks.flatMap(({ choices }) =>
          choices.filter((choice: { index: number }) => choice.index === index),
        )
        expect(mine.map((choice) => choice.text).join('')).toBe(text)
        expect(mine.map((choice) => choice.finish_reason).filter((reason) => reason !== null)).toEqual([finish_reason])
        expect(text.startsWith(echo ? 'Say hi.' : '')).toBe(true)
      }
    }),
  )
})

describe('a prompt', () => {
  test('is what a user says', () => {
    const body = { prompt: 'Say hi.', max_tokens: 5, stop: 'END', logprobs: 2 }
    const read = openAiCompletionsInbound.parseRequest(body)
    const request = read.ok ? read.value : undefined
    expect(request?.messages).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'Say hi.' }] }])
    expect(request?.parameters).toMatchObject({ maxOutputTokens: 5, stop: ['END'], logprobs: { top: 2 } })
  })

  test.each([[['a', 'b']], [[1, 2]], [7], [undefined]])('of %j is refused by its name', (prompt) => {
    expect(openAiCompletionsInbound.parseRequest({ prompt })).toMatchObject({ ok: false, error: { path: 'prompt' } })
  })
})
