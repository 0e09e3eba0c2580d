// What a policy does with an answer: it filters that of an upstream, or gives one of its own.
import { describe, expect, test } from 'vitest'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { anthropic, gemini, openAiChat } from '../streams/test-streams.ts'
import {
  answering,
  type Caller,
  claude,
  completion,
  contents,
  deciding,
  filtering,
  opened,
  question,
  responses,
  streamed,
  streams,
} from './test-policies.ts'

const wholes: readonly Caller[] = [
  {
    name: 'chat completions',
    asked: { body: question },
    upstream: openAiChat,
    said: (text) => `"content":"${text}"`,
  },
  {
    name: 'completions',
    asked: { path: '/v1/completions', body: completion },
    upstream: openAiChat,
    said: (text) => `"text":"${text}"`,
  },
  {
    name: 'responses',
    asked: { path: '/v1/responses', body: responses },
    upstream: openAiChat,
    said: (text) => `"text":"${text}"`,
  },
  {
    name: 'messages',
    asked: { path: '/v1/messages', body: claude },
    upstream: anthropic,
    said: (text) => `"text":"${text}"`,
  },
  {
    name: 'generateContent',
    asked: { path: '/v1beta/models/gem:generateContent', body: contents },
    upstream: gemini,
    said: (text) => `"text":"${text}"`,
  },
]

describe('the answer', () => {
  test.each(streams)('$name: a stream that would have passed through is filtered', async (caller) => {
    const { gateway, upstream } = await opened({ policies: [filtering] })
    const { reply } = gateway.call(caller.asked)
    const { opening, word, closing } = caller.upstream
    upstream.last.stream(opening, word('hello '))
    expect(reply.text).toContain(caller.said('HELLO '))
    upstream.last.data(word('world')).data(closing).end()
    expect(reply.text).toContain(caller.said('WORLD'))
    expect(reply.text).not.toMatch(/hello|world/)
    expect(reply.text).toContain(caller.end)
    expect(reply.ended).toBe(true)
    expect(gateway.record.tokens).toMatchObject({ input: 7, output: 3 })
  })

  test.each(wholes)('$name: a whole answer is filtered', async ({ asked, upstream: dialect, said }) => {
    const { gateway, upstream } = await opened()
    const { reply } = gateway.call(asked)
    upstream.last.answer(200, dialect.whole('hello world'))
    expect(reply.status).toBe(200)
    expect(reply.text).toContain(said('HELLO WORLD'))
    expect(reply.text).not.toContain('hello')
    expect(gateway.record.tokens).toMatchObject({ input: 7, output: 3 })
  })

  test('the first policy filters first', async () => {
    const quoting: AnswerFilter = (emit) => (event) =>
      emit(event.type === 'text-delta' ? { ...event, text: `<b>${event.text}</b>` } : event)
    const later = [deciding((_request, asked) => ({ type: 'proceed', asked, filter: quoting }))]
    const { gateway, upstream } = await opened({ later })
    const { reply } = gateway.call({ body: question })
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect(reply.text).toContain('<b>HI</b>')
  })

  test('a filter may end a stream with an error of its own, and drop what follows', async () => {
    const ending: AnswerFilter = (emit) => (event) => {
      if (event.type !== 'text-delta' || !event.text.includes('secret')) return emit(event)
      emit({ type: 'error', error: { kind: 'content-policy', message: 'It told a secret.' } })
    }
    const policies = [deciding((_request, asked) => ({ type: 'proceed', asked, filter: ending }))]
    const { gateway, upstream } = await opened({ policies })
    const { reply } = gateway.call({ body: streamed })
    upstream.last.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.word('the secret'))
    expect(reply.text).toContain('"content":"hi"')
    expect(reply.text).not.toContain('the secret')
    expect(reply.text).not.toContain('[DONE]')
    expect(upstream.last.aborted).toBe(true)
    expect(gateway.record).toMatchObject({ status: 'cut' })
  })
})

describe('an answer of a policy', () => {
  const hits: readonly Omit<Caller, 'upstream'>[] = [
    ...streams.map(({ name, asked, said, end }) => ({ name: `${name}, streamed`, asked, said, end: end ?? '' })),
    { name: 'chat completions, whole', asked: { body: question }, said: (text) => `"content":"${text}"` },
    {
      name: 'messages, whole',
      asked: { path: '/v1/messages', body: claude },
      said: (text) => `{"type":"text","text":"${text}"`,
    },
  ]

  test.each(hits)('$name: in the dialect and mode of the caller, through the filters of now', async (caller) => {
    const { gateway, upstream } = await opened({ later: [answering] })
    const { reply } = gateway.call(caller.asked)
    expect(upstream.calls).toEqual([])
    expect(reply.status).toBe(200)
    expect(reply.text).toContain(caller.said('FROM MEMORY'))
    expect(reply.text).toContain(caller.end ?? '}')
    expect(reply.header('x-headgate-cache-status')).toBe('HIT')
    expect(reply.header('x-headgate-attempts')).toBe('0')
  })

  test('a filter that throws over it makes a 500, and the hold is settled', async () => {
    const faulty = deciding((_request, asked) => {
      const filter: AnswerFilter = () => () => {
        throw new Error('it was never tried')
      }
      return { type: 'proceed', asked, filter }
    })
    const { gateway, redaction } = await opened({ later: [faulty, answering] })
    const { reply, body } = gateway.call({ body: question })
    expect([reply.status, body.released, redaction.settled.length]).toEqual([500, 1, 1])
    expect(gateway.record).toMatchObject({ status: 'refused', httpStatus: 500, errorCode: 'internal_error' })
  })

  test('no policy behind it is asked', async () => {
    let asked = 0
    const behind = deciding((_request, request) => {
      asked++
      return { type: 'proceed', asked: request }
    })
    const { gateway } = await opened({ policies: [answering, behind] })
    gateway.call({ body: question })
    expect(asked).toBe(0)
  })
})
