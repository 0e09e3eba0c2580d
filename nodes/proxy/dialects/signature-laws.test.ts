// For every caller and every target that seals: what the target sealed in its answer, whole or streamed, is on the same
// part when the caller sends the turn back, and nobody else is sent it.
import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { type Client, clients, eventsIn } from './test-clients.ts'
import { factsFor, printedNothing, sentTo } from './test-dialects.ts'
import { type Sealing, sealings } from './test-sealings.ts'

const readable = { ...printedNothing, callsBefore: 0 }

function toldWhole({ upstream, answer }: Sealing, { inbound, whole }: Client): unknown {
  const read = upstream.parseAnswer(answer, readable)
  if (read === undefined) throw new Error('no answer')
  return whole(JSON.parse(inbound.printAnswer(read, factsFor(inbound))))
}

function toldStreamed({ upstream, stream }: Sealing, { streaming, streamed }: Client): unknown {
  const parser = upstream.openParser(readable)
  const printer = streaming.openPrinter(factsFor(streaming))
  let text = ''
  const emit = (event: ChatEvent) => {
    text += printer.print(event)
  }
  for (const chunk of stream) expect(parser.push(chunk, emit)).toBe('ok')
  parser.end(emit)
  return streamed(eventsIn(text))
}

type Sealed = Pick<Sealing, 'maker' | 'upstream' | 'model' | 'quirks' | 'facts'>

function nextBody(turn: unknown, { inbound, next }: Client, target: Sealed): JsonObject {
  const read = inbound.parseRequest(JSON.parse(JSON.stringify({ model: 'm', ...next(turn) })))
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  const { upstream, model, quirks = {}, facts = {} } = target
  return sentTo(upstream, read.value, { model, quirks, facts }).body
}

/** The same turn without a way through a caller. */
function expected(target: Sealing): unknown {
  const read = target.upstream.parseAnswer(target.answer, readable)
  const parts = read?.choices[0]?.parts ?? []
  const heard = { role: 'user', parts: [{ type: 'text', text: 'x' }] } as const
  const { model, quirks = {}, facts = {} } = target
  const messages = [heard, { role: 'assistant', parts } as const, heard]
  return target.back(sentTo(target.upstream, { messages }, { model, quirks, facts }).body)
}

const cohere: Sealed = { maker: 'other', upstream: cohereUpstream, model: 'command-a-reasoning' }

const ways = sealings.flatMap((target) => clients.map((client) => [target.name, client.name, target, client] as const))

describe.each(ways)('%s, to a caller of %s', (_target, _client, target, client) => {
  test.each([
    ['whole', toldWhole],
    ['streamed', toldStreamed],
  ])('an answer that was told %s comes back with its seals on their parts', (_, told) => {
    const back = target.back(nextBody(told(target, client), client, target))
    expect(back).toEqual(expected(target))
    expect(JSON.stringify(back)).toContain('SEAL-1')
  })

  test('nobody else is sent them', () => {
    const turn = toldStreamed(target, client)
    for (const other of [...sealings, cohere].filter(({ maker }) => maker !== target.maker)) {
      expect(JSON.stringify(nextBody(turn, client, other))).not.toContain('SEAL')
    }
  })
})

const signedText = {
  content: { role: 'model', parts: [{ text: 'Hello', thoughtSignature: 'SEAL-1' }] },
  finishReason: 'STOP',
}
const textSealing: Sealing = {
  name: 'a signed text',
  maker: 'google',
  upstream: geminiUpstream,
  model: 'gemini-3-pro-preview',
  answer: { candidates: [signedText] },
  stream: [Buffer.from(`data: ${JSON.stringify({ candidates: [signedText] })}\n\n`)],
  back: ({ contents }) => (contents as { parts: unknown }[])[1]?.parts,
}

describe.each(clients)('a text that Gemini signed, to a caller of $name', (client) => {
  const signed = [{ text: 'Hello', thoughtSignature: 'SEAL-1' }]
  // The text of a stream is told before its signature has come; Google's own streams then have an empty part for it.
  const apart = [{ text: 'Hello' }, { text: '', thoughtSignature: 'SEAL-1' }]

  test('comes back signed', () => {
    const back = (told: typeof toldWhole) => textSealing.back(nextBody(told(textSealing, client), client, textSealing))
    expect(back(toldWhole)).toEqual(signed)
    expect(back(toldStreamed)).toEqual(client.name === 'gemini' ? apart : signed)
  })
})
