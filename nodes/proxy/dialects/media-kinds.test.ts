// What a medium is, is told by its type and its name, whichever member it came in; a target that refuses it is skipped.
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import type { InboundDialect } from './dialect.ts'
import { geminiStreamInbound, geminiUpstream } from './gemini/gemini.ts'
import { openAiChatInbound } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { plainTarget, sentTo, valuesOf } from './test-dialects.ts'

const geminiInbound = geminiStreamInbound('sse')

function asked(inbound: InboundDialect, part: JsonObject) {
  const role = 'user'
  const bodies: Readonly<Partial<Record<string, JsonObject>>> = {
    'openai-chat': { messages: [{ role, content: [part] }] },
    'openai-responses': { input: [{ role, content: [part] }] },
    gemini: { contents: [{ role, parts: [part] }] },
  }
  const request = inbound.parseRequest({ model: 'm', ...bodies[inbound.name] })
  if (!request.ok) throw new Error(request.error.path)
  return request.value
}

const pdf = 'JVBERi0='
const chatImage = (url: string) => ({ type: 'image_url', image_url: { url } })
const chatFile = (filename: string, file_data: string) => ({ type: 'file', file: { filename, file_data } })
const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } }
const text = (data: string) => ({ type: 'document', source: { type: 'text', media_type: 'text/plain', data } })

test.each<[string, InboundDialect, JsonObject, JsonObject]>([
  ['a PDF as the link of an image', openAiChatInbound, chatImage(`data:application/pdf;base64,${pdf}`), document],
  [
    'a PDF as an input image',
    openAiResponsesInbound,
    { type: 'input_image', image_url: `data:application/pdf;base64,${pdf}` },
    document,
  ],
  [
    'a PDF without a type of its own',
    openAiChatInbound,
    chatFile('a.pdf', `data:application/octet-stream;base64,${pdf}`),
    { ...document, title: 'a.pdf' },
  ],
  [
    'a PDF without a type of its own',
    openAiResponsesInbound,
    { type: 'input_file', filename: 'a.pdf', file_data: `data:application/octet-stream;base64,${pdf}` },
    { ...document, title: 'a.pdf' },
  ],
  [
    'a percent-encoded text',
    openAiChatInbound,
    chatFile('a.txt', 'data:text/plain,hello%20there'),
    { ...text('hello there'), title: 'a.txt' },
  ],
  [
    'a document in XML',
    openAiChatInbound,
    chatFile('a.xml', 'data:application/xml;base64,PGEvPg=='),
    { ...text('<a/>'), title: 'a.xml' },
  ],
  [
    "a picture in base64 of Google's SDKs",
    geminiInbound,
    { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo-_w' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo+/w==' } },
  ],
])('Claude is sent %s', (_, inbound, part, wanted) => {
  const { body } = sentTo(anthropicUpstream, asked(inbound, part))
  expect(body.messages[0].content).toEqual([wanted])
})

const ftp = 'gs://bucket/x.png'

test.each<[string, typeof anthropicUpstream, JsonObject]>([
  ['an SVG to Claude', anthropicUpstream, chatImage('data:image/svg+xml;base64,PHN2Zy8+')],
  ['a HEIC to Claude', anthropicUpstream, chatImage('data:image/heic;base64,AAAA')],
  ['an image outside the web to Claude', anthropicUpstream, chatImage(ftp)],
  ['an image outside the web to OpenAI', openAiResponsesUpstream, chatImage(ftp)],
])('%s is not sent', (_, upstream, part) => {
  const printed = upstream.printRequest(asked(openAiChatInbound, part), plainTarget)
  expect(printed).toMatchObject({ ok: false, error: { capability: 'images' } })
})

test('Google is sent links to its own storage', () => {
  const { body } = sentTo(geminiUpstream, asked(openAiChatInbound, chatImage(ftp)))
  expect(valuesOf(body, 'fileUri')).toEqual([ftp])
})
