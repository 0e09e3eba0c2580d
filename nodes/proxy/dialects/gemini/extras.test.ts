// A caller of generateContent whose answer is printed anew, because he wants one JSON list, loses no member of it.
// source: @google/genai 1.x, GenerateContentResponse and Candidate
import { expect, test } from 'vitest'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import { factsFor, printedNothing, sentTo } from '../test-dialects.ts'
import { geminiInbound, geminiStreamInbound, geminiUpstream } from './gemini.ts'

const usageMetadata = {
  promptTokenCount: 3,
  toolUsePromptTokenCount: 2,
  candidatesTokenCount: 1,
  totalTokenCount: 6,
  trafficType: 'ON_DEMAND',
}
const ofCandidate = {
  safetyRatings: [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'NEGLIGIBLE' }],
  groundingMetadata: { webSearchQueries: ['q'], groundingChunks: [{ web: { uri: 'https://a.example' } }] },
  urlContextMetadata: { urlMetadata: [] },
  avgLogprobs: -0.1,
}
const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP', index: 0, ...ofCandidate }],
  promptFeedback: { safetyRatings: [] },
  usageMetadata,
  modelVersion: 'gemini-2.5-pro',
  responseId: 'r',
}
const printed = { ...printedNothing, keepsMembers: true }

test('an answer keeps what it has, whole and streamed', () => {
  const read = geminiUpstream.parseAnswer(answer, printed)
  if (read === undefined) throw new Error('no answer')
  expect(JSON.parse(geminiInbound.printAnswer(read, factsFor(geminiInbound)))).toMatchObject(answer)
  const parser = geminiUpstream.openParser(printed)
  const inbound = geminiStreamInbound('list')
  const printer = inbound.openPrinter(factsFor(inbound))
  const events: ChatEvent[] = []
  const take = (event: ChatEvent) => void events.push(event)
  parser.push(Buffer.from(`data: ${JSON.stringify(answer)}\n\n`), take)
  parser.end(take)
  const list = JSON.parse(events.map((event) => printer.print(event)).join(''))
  const { content: _, ...candidate } = answer.candidates[0] ?? {}
  expect(list.at(-1)).toMatchObject({ ...answer, candidates: [candidate] })
  expect(assemble(events)).toEqual({ ok: true, value: read })
})

test('members are kept for callers of the dialect alone', () => {
  expect(sentTo(geminiUpstream, { dialect: 'gemini' }).printed.keepsMembers).toBe(true)
  expect(sentTo(geminiUpstream, { dialect: 'anthropic' }).printed.keepsMembers).toBe(false)
})
