// Some hosts go on behind a finish reason, or put one into every chunk: nothing of the answer is lost, and the last finish counts.
// Sources: 0xPlaygrounds/rig#2328 (a round of Gemini's own tools has a finish reason), BerriAI/litellm#2195 and songquanpeng/one-api#1477
// (Gemini: one in every chunk), anomalyco/opencode#49167 (OpenAI-compatible hosts: pieces behind it).
import { describe, expect, test } from 'vitest'
import { assemble } from '../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { geminiUpstream } from '../dialects/gemini/gemini.ts'
import { openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { dialects, factsFor, printedNothing } from '../dialects/test-dialects.ts'
import { PassThroughStream } from './pass-through-stream.ts'
import { TestSink } from './test-sink.ts'

const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const chat = (delta: object, finish_reason: string | null = null) =>
  data({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason }] })
const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 }
const gemini = (parts: object[], finishReason?: string) =>
  data({ responseId: 'r', candidates: [{ index: 0, content: { role: 'model', parts }, finishReason }], usageMetadata })
const call = { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] }
const done = 'data: [DONE]\n\n'

const streams: readonly (readonly [string, UpstreamDialect, readonly string[], object])[] = [
  [
    'chat: text behind the finish',
    openAiChatUpstream,
    [chat({ content: 'a' }), chat({}, 'stop'), chat({ content: 'b' }), done],
    { text: 'ab', reason: 'stop' },
  ],
  [
    'chat: a finish in every chunk',
    openAiChatUpstream,
    [chat({ content: 'a' }, 'stop'), chat({ content: 'b' }, 'stop'), chat({}, 'stop'), done],
    { text: 'ab', reason: 'stop' },
  ],
  [
    'chat: a call behind the finish',
    openAiChatUpstream,
    [chat({ content: 'ab' }, 'stop'), chat(call, 'tool_calls'), done],
    { text: 'ab', calls: ['f'], reason: 'tool-calls' },
  ],
  [
    'chat: the last finish counts',
    openAiChatUpstream,
    [chat({ content: 'a' }, 'stop'), chat({ content: 'b' }, 'length')],
    { text: 'ab', reason: 'length' },
  ],
  [
    'gemini: a finish in every chunk',
    geminiUpstream,
    [gemini([{ text: 'a' }], 'STOP'), gemini([{ text: 'b' }], 'STOP'), gemini([], 'STOP')],
    { text: 'ab', reason: 'stop' },
  ],
  [
    'gemini: text behind a round of its own tools',
    geminiUpstream,
    [gemini([{ text: 'a' }]), gemini([{ executableCode: { code: 'x' } }], 'STOP'), gemini([{ text: 'b' }], 'STOP')],
    { text: 'ab', reason: 'stop' },
  ],
  [
    'gemini: a call behind the finish',
    geminiUpstream,
    [gemini([{ text: 'ab' }], 'STOP'), gemini([{ functionCall: { name: 'f', args: {} } }], 'STOP')],
    { text: 'ab', calls: ['f'], reason: 'tool-calls' },
  ],
]

function read(upstream: UpstreamDialect, chunks: readonly string[]): ChatEvent[] {
  const parser = upstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  for (const chunk of chunks) expect(parser.push(Buffer.from(chunk), emit)).toBe('ok')
  parser.end(emit)
  return events
}

function told(events: readonly ChatEvent[]) {
  const answer = assemble(events)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  const [choice] = answer.value.choices
  const parts = choice?.parts ?? []
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [part.name] : []))
  return { text, calls, reason: choice?.finish.reason }
}

describe.each(streams)('%s', (_, upstream, chunks, wanted) => {
  test('is read to its end', () => {
    expect(told(read(upstream, chunks))).toMatchObject(wanted)
  })

  test.each(dialects)('and told to callers of the dialect $name', ({ inbound, upstream: caller }) => {
    const printer = inbound.openPrinter(factsFor(inbound))
    const printed = read(upstream, chunks).map((event) => printer.print(event))
    expect(told(read(caller, printed))).toMatchObject(wanted)
    if (inbound.name === 'openai-chat') expect(printed.join('').match(/"finish_reason":"/g)).toHaveLength(1)
  })
})

test.each(['gemini', 'chat'] as const)('%s: such a stream passes through whole', (dialect) => {
  const chunks = streams.filter(([name]) => name.startsWith(dialect)).flatMap(([, , list]) => list.filter(isNotDone))
  const sink = new TestSink()
  const stream = new PassThroughStream(dialect, { showUsage: true, nowMs: 0, sink })
  for (const chunk of chunks) expect(stream.push(Buffer.from(chunk), 1)).toBe('ok')
  expect(stream.end()).toBe('whole')
  expect(sink.text + sink.last).toBe(chunks.join('') + (dialect === 'chat' ? done : ''))
})

function isNotDone(chunk: string): boolean {
  return chunk !== done
}
