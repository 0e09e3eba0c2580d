// The sources of an answer reach callers of every dialect, whole and streamed, in the form that the dialect has for them.
// source: @anthropic-ai/sdk 0.x, TextCitation; @google/genai 1.x, GroundingMetadata and CitationMetadata; openai 6.x,
// ChatCompletionMessage.Annotation and ResponseOutputText; docs.cohere.com, chat v2 citations
import { expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { explode } from '../../../shared/chat/explode.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import type { InboundDialect, UpstreamDialect } from './dialect.ts'
import { geminiStreamInbound, geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { factsFor, printedNothing, valuesOf } from './test-dialects.ts'

const url = 'https://a.example/page'
const text = 'It is so [1].'

const chat = (message: object, rest: object = {}) => ({
  choices: [{ message: { role: 'assistant', content: text, ...message }, finish_reason: 'stop' }],
  ...rest,
})
const claude = (citation: object) => ({
  content: [{ type: 'text', text, citations: [citation] }],
  stop_reason: 'end_turn',
})
const google = (metadata: object) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', ...metadata }],
})

/** Answers with a link, or with a document that has a title alone. */
const answers: readonly (readonly [string, UpstreamDialect, JsonObject, source: 'link' | 'document'])[] = [
  ["Perplexity's search_results", openAiChatUpstream, chat({}, { search_results: [{ url, title: 'Page' }] }), 'link'],
  ["xAI's citations", openAiChatUpstream, chat({}, { citations: [url] }), 'link'],
  [
    "OpenAI's url_citation",
    openAiChatUpstream,
    chat({
      annotations: [{ type: 'url_citation', url_citation: { url, title: 'Page', start_index: 0, end_index: 5 } }],
    }),
    'link',
  ],
  [
    'url_citation of the Responses API',
    openAiResponsesUpstream,
    {
      status: 'completed',
      output: [
        {
          type: 'message',
          role: 'assistant',
          content: [
            {
              type: 'output_text',
              text,
              annotations: [{ type: 'url_citation', url, title: 'Page', start_index: 0, end_index: 5 }],
            },
          ],
        },
      ],
    },
    'link',
  ],
  [
    "Anthropic's web_search_result_location",
    anthropicUpstream,
    claude({ type: 'web_search_result_location', url, title: 'Page', cited_text: 'so', encrypted_index: 'e' }),
    'link',
  ],
  ...['char_location', 'page_location', 'content_block_location'].map(
    (type) =>
      [
        `Anthropic's ${type}`,
        anthropicUpstream,
        claude({ type, document_title: 'Page', document_index: 0, cited_text: 'so' }),
        'document',
      ] as const,
  ),
  [
    "Google's groundingMetadata",
    geminiUpstream,
    google({
      groundingMetadata: {
        groundingChunks: [{ web: { uri: url, title: 'Page' } }],
        groundingSupports: [{ segment: { startIndex: 0, endIndex: 5 }, groundingChunkIndices: [0] }],
      },
    }),
    'link',
  ],
  [
    "Google's citationMetadata",
    geminiUpstream,
    google({ citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 5, uri: url }] } }),
    'link',
  ],
  [
    "Cohere's citations",
    cohereUpstream,
    {
      message: {
        role: 'assistant',
        content: [{ type: 'text', text }],
        citations: [
          { start: 0, end: 5, text: 'It is', sources: [{ type: 'document', id: 'd', document: { title: 'Page' } }] },
        ],
      },
      finish_reason: 'COMPLETE',
    },
    'document',
  ],
]

const callers: readonly (readonly [string, InboundDialect, members: Record<'link' | 'document', string>])[] = [
  ['chat completions', openAiChatInbound, { link: 'annotations', document: 'citations' }],
  ['Responses', openAiResponsesInbound, { link: 'annotations', document: 'annotations' }],
  ['Messages', anthropicInbound, { link: 'citations', document: 'citations' }],
  ['generateContent', geminiStreamInbound('sse'), { link: 'Metadata', document: 'groundingMetadata' }],
]

const pairs = answers.flatMap(([from, upstream, body, source]) =>
  callers.map(([to, inbound, members]) => ({ from, to, upstream, body, inbound, member: members[source], source })),
)

function streamed(inbound: InboundDialect, answer: ChatAnswer): unknown[] {
  const printer = inbound.openPrinter(factsFor(inbound))
  let printed = ''
  explode(answer, (event) => {
    printed += printer.print(event)
  })
  const lines = printed.split('\n').filter((line) => line.startsWith('data: {'))
  return lines.map((line) => JSON.parse(line.slice(6)))
}

test.each(pairs)('$from reach a caller of $to', ({ upstream, body, inbound, member, source }) => {
  const answer = upstream.parseAnswer(body, printedNothing)
  if (answer === undefined) throw new Error('no answer')
  const whole: unknown = JSON.parse(inbound.printAnswer(answer, factsFor(inbound)))
  const wanted = source === 'link' ? url : 'Page'
  const names = member === 'Metadata' ? ['groundingMetadata', 'citationMetadata'] : [member]
  expect(JSON.stringify(names.map((name) => valuesOf(whole, name)))).toContain(wanted)
  const events = streamed(inbound, answer)
  // The stream of the Messages API has one citation in each event.
  const inEvents = [...names, 'citation'].map((name) => valuesOf(events, name))
  expect(JSON.stringify(inEvents)).toContain(wanted)
})

test("a citation of the caller's own dialect comes as it was", () => {
  const citation = {
    type: 'page_location',
    document_title: null,
    document_index: 0,
    start_page_number: 1,
    end_page_number: 2,
  }
  const answer = anthropicUpstream.parseAnswer(claude(citation), printedNothing)
  if (answer === undefined) throw new Error('no answer')
  expect(valuesOf(JSON.parse(anthropicInbound.printAnswer(answer, factsFor(anthropicInbound))), 'citations')).toEqual([
    [citation],
  ])
})

test('sources that come when the text has ended are told, too', () => {
  const late = {
    candidates: [
      {
        content: { parts: [{ text }, { functionCall: { name: 'f', args: {} } }] },
        groundingMetadata: { groundingChunks: [{ web: { uri: url } }] },
        finishReason: 'STOP',
      },
    ],
  }
  const answer = geminiUpstream.parseAnswer(late, printedNothing)
  if (answer === undefined) throw new Error('no answer')
  for (const [, inbound] of callers) {
    expect(inbound.printAnswer(answer, factsFor(inbound))).toContain(url)
    expect(JSON.stringify(streamed(inbound, answer))).toContain(url)
  }
})

test('Google is told each source once, with every segment that it supports', () => {
  const body = chat({ content: 'A [1], B [1][2].' }, { citations: [url, 'https://b.example', 'https://c.example'] })
  const answer = openAiChatUpstream.parseAnswer(body, { ...printedNothing, numbersSources: true })
  if (answer === undefined) throw new Error('no answer')
  const inbound = geminiStreamInbound('sse')
  const [metadata] = valuesOf(JSON.parse(inbound.printAnswer(answer, factsFor(inbound))), 'groundingMetadata')
  expect(metadata).toEqual({
    groundingChunks: [
      { web: { uri: url } },
      { web: { uri: 'https://b.example' } },
      { web: { uri: 'https://c.example' } },
    ],
    groundingSupports: [
      { segment: { startIndex: 2, endIndex: 5 }, groundingChunkIndices: [0] },
      { segment: { startIndex: 9, endIndex: 12 }, groundingChunkIndices: [0] },
      { segment: { startIndex: 12, endIndex: 15 }, groundingChunkIndices: [1] },
    ],
  })
})
