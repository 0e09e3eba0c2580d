// Everything that is printed for callers of OpenAI's API matches its published description.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openApiFile, readOpenAiSchemas } from '../../../acceptance/openai-schema.ts'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { arbitraryAnswer } from '../../../shared/chat/arbitrary-chat.ts'
import { explode } from '../../../shared/chat/explode.ts'
import type { Citation } from '../../../shared/chat/parts.ts'
import { sseEvent } from '../../../shared/sse/event.ts'
import type { InboundDialect } from './dialect.ts'
import { openAiChatInbound } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from './openai-responses/openai-responses.ts'
import { factsFor } from './test-dialects.ts'

const judge = readOpenAiSchemas()

const citation: Citation = { url: 'https://example.com/', title: 'Example' }
const logprob = { token: 'Hi', logprob: -0.1, bytes: [72, 105] }
/** An answer with rare content: citations, logprobs, images, custom tools, sealed reasoning. */
const rich: ChatAnswer = {
  id: 'a',
  model: 'm',
  created: 1_700_000_000,
  choices: [
    {
      parts: [
        { type: 'reasoning', text: 'Hm.', encrypted: { family: 'openai', data: 'AAAA' } },
        { type: 'reasoning', text: '', encrypted: { family: 'anthropic', data: 'BBBB' } },
        { type: 'text', text: 'Hi', citations: [citation, { title: 'A file', fileId: 'file_1' }] },
        { type: 'tool-call', form: 'custom', id: 'c1', name: 'shell', input: 'ls -l' },
        { type: 'image', media: { from: 'bytes', base64: 'iVBORw0KGgo=', mediaType: 'image/png' } },
        { type: 'refusal', text: 'No.' },
      ],
      finish: { reason: 'refusal', raw: 'refusal', explanation: 'Not this.' },
      logprobs: [{ ...logprob, top: [logprob] }],
    },
  ],
  usage: { input: 9, output: 8, cached: 1, cacheWrite5m: 1, cacheWrite1h: 1, reasoning: 2 },
}

const printed = [
  {
    name: 'chat completions',
    inbound: openAiChatInbound,
    schemas: ['CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse'],
  },
  { name: 'responses', inbound: openAiResponsesInbound, schemas: ['Response', 'ResponseStreamEvent'] },
] as const

function eventsOf(inbound: InboundDialect, answer: ChatAnswer): unknown[] {
  const printer = inbound.openPrinter({ ...factsFor(inbound), showUsage: true })
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  const frames = text.split('\n\n').filter((frame) => frame !== '' && frame !== 'data: [DONE]')
  return frames.map((frame) => JSON.parse(sseEvent(`${frame}\n\n`).data!))
}

/** The description omits custom tools from the stream of chat completions. */
const forgotten = '/choices/0/delta/tool_calls/0/type must be equal to one of the allowed values'

function findings(schema: string, event: unknown): string[] {
  return judge?.(schema, event).filter((finding) => !finding.startsWith(forgotten)) ?? []
}

describe.skipIf(judge === undefined).each(printed)(`$name, by ${openApiFile}`, ({ inbound, schemas }) => {
  const check = (answer: ChatAnswer) => {
    const whole = JSON.parse(inbound.printAnswer(answer, factsFor(inbound)))
    expect(judge?.(schemas[0], whole), JSON.stringify(whole)).toEqual([])
    for (const event of eventsOf(inbound, answer))
      expect(findings(schemas[1], event), JSON.stringify(event)).toEqual([])
  }

  test('any answer is as described', () => {
    fc.assert(fc.property(arbitraryAnswer, check), { numRuns: 30 })
  })

  test('so is one with all that is rare', () => check(rich))
})
