// A picture that a model made reaches callers of every dialect, whole and streamed. Chat callers have it as OpenRouter and LiteLLM
// print it, callers of the Responses API as the item of OpenAI's own tool, and others in text where they have no place for it.
// source: https://openrouter.ai/docs/features/multimodal/image-generation; openai 6.x, ResponseOutputItem.ImageGenerationCall
import { expect, test } from 'vitest'
import { explode } from '../../../shared/chat/explode.ts'
import { anthropicInbound } from './anthropic/anthropic.ts'
import type { InboundDialect } from './dialect.ts'
import { geminiStreamInbound, geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiCompletionsInbound } from './openai-completions/openai-completions.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { factsFor, printedNothing, valuesOf } from './test-dialects.ts'

const png = 'iVBORw0KGgo='
const link = `data:image/png;base64,${png}`

const made = {
  'openai-responses': openAiResponsesUpstream.parseAnswer(
    { status: 'completed', output: [{ type: 'image_generation_call', id: 'ig_1', status: 'completed', result: png }] },
    printedNothing,
  ),
  gemini: geminiUpstream.parseAnswer(
    {
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'Here:' }, { inlineData: { mimeType: 'image/png', data: png } }] },
          finishReason: 'STOP',
        },
      ],
    },
    printedNothing,
  ),
  'openai-chat': openAiChatUpstream.parseAnswer(
    {
      choices: [
        {
          message: { role: 'assistant', content: 'Here:', images: [{ type: 'image_url', image_url: { url: link } }] },
          finish_reason: 'stop',
        },
      ],
    },
    printedNothing,
  ),
}

const image = [{ index: 0, type: 'image_url', image_url: { url: link } }]

const callers: readonly (readonly [string, InboundDialect, member: string, value: unknown])[] = [
  ['openai-chat', openAiChatInbound, 'images', image],
  ['openai-responses', openAiResponsesInbound, 'result', png],
  ['anthropic', anthropicInbound, 'text', `![image](${link})`],
  ['openai-completions', openAiCompletionsInbound, 'text', `![image](${link})`],
  ['gemini', geminiStreamInbound('sse'), 'inlineData', { mimeType: 'image/png', data: png }],
]

const pairs = Object.entries(made).flatMap(([from, answer]) =>
  callers.map((caller) => [from, ...caller, answer] as const),
)

test.each(pairs)('a picture of %s reaches a caller of %s', (_, __, inbound, member, value, answer) => {
  if (answer === undefined) throw new Error('no answer')
  const facts = factsFor(inbound)
  const whole = valuesOf(JSON.parse(inbound.printAnswer(answer, facts)), member)
  expect(JSON.stringify(whole)).toContain(JSON.stringify(value).replace(/^"|"$/g, ''))
  const printer = inbound.openPrinter(facts)
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  const events = text.split('\n').filter((line) => line.startsWith('data: {'))
  const streamed = events.flatMap((line) => valuesOf(JSON.parse(line.slice(6)), member))
  expect(JSON.stringify(streamed)).toContain(JSON.stringify(value).replace(/^"|"$/g, ''))
})

test('a streamed picture has the events of the tool that makes pictures', () => {
  const answer = made.gemini
  if (answer === undefined) throw new Error('no answer')
  const printer = openAiResponsesInbound.openPrinter(factsFor(openAiResponsesInbound))
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  const types = [...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)
  expect(types.filter((type) => type?.includes('image_generation'))).toEqual([
    'response.image_generation_call.in_progress',
    'response.image_generation_call.generating',
    'response.image_generation_call.completed',
  ])
})
