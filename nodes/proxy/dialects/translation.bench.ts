// Measures translation without any I/O. Run: node nodes/proxy/dialects/translation.bench.ts. Targets: 3 µs for a
// streamed chunk of 230 bytes, 15 µs for a small request and its answer.
import type { Emit } from '../../../shared/chat/events.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicInbound, anthropicUpstream } from './anthropic/anthropic.ts'
import { askedFacts, type InboundDialect, type PrintFacts, type UpstreamDialect } from './dialect.ts'
import { openAiChatInbound, openAiChatUpstream } from './openai-chat/openai-chat.ts'

const words = 'xxxxxxxxxxxxxxxxxxxxxxxx'.repeat(3)
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const named = (event: { type: string }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })

const chatDelta = Buffer.from(chunk({ content: `${words} one` }, null))
const messageDelta = Buffer.from(named(delta(`${words}${words} one`)))
const messageStart = Buffer.from(
  named(Object.assign({ type: 'message_start' }, { message: { id: 'a', model: 'm', usage: { input_tokens: 1 } } })) +
    named(Object.assign({ type: 'content_block_start' }, { index: 0, content_block: { type: 'text', text: '' } })),
)

const text = 'Hello there, how may I assist you today? '.repeat(8)
const messages = [{ role: 'user', content: 'Tell me about the weather in Paris. '.repeat(4) }]
const chatRequest = { model: 'm', messages: [{ role: 'system', content: 'Be brief.' }, ...messages], temperature: 0.7 }
const messagesRequest = { model: 'm', system: 'Be brief.', messages, max_tokens: 500, temperature: 0.7 }
const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }]
const chatAnswer = JSON.stringify({
  id: 'c',
  created: 1,
  model: 'm',
  choices,
  usage: { prompt_tokens: 9, completion_tokens: 82 },
})
const content = [{ type: 'text', text }]
const messageAnswer = JSON.stringify({
  id: 'a',
  model: 'm',
  content,
  stop_reason: 'end_turn',
  usage: { input_tokens: 9, output_tokens: 82 },
})

interface Pair {
  readonly name: string
  readonly inbound: InboundDialect
  readonly upstream: UpstreamDialect
  readonly request: JsonObject
  readonly answer: string
  readonly first: Buffer
  readonly delta: Buffer
}

const toAnthropic: Pair = {
  name: 'OpenAI to Anthropic',
  inbound: openAiChatInbound,
  upstream: anthropicUpstream,
  request: chatRequest,
  answer: messageAnswer,
  first: messageStart,
  delta: messageDelta,
}
const toOpenAi: Pair = {
  name: 'Anthropic to OpenAI',
  inbound: anthropicInbound,
  upstream: openAiChatUpstream,
  request: messagesRequest,
  answer: chatAnswer,
  first: chatDelta,
  delta: chatDelta,
}

for (const pair of [toAnthropic, toOpenAi]) {
  report(`${pair.name}, a chunk`, 200_000, streamed(pair))
  report(`${pair.name}, request and answer`, 30_000, whole(pair))
}

function streamed({ upstream, inbound, request, first, delta }: Pair): () => number {
  const { printed, facts } = prepared(inbound, upstream, request)
  const parser = upstream.openParser(printed)
  const printer = inbound.openPrinter(facts)
  let text = ''
  const emit: Emit = (event) => {
    text += printer.print(event)
  }
  parser.push(first, emit)
  return () => {
    text = ''
    parser.push(delta, emit)
    return Buffer.byteLength(text)
  }
}

function whole({ upstream, inbound, request, answer }: Pair): () => number {
  const body = Buffer.from(JSON.stringify(request))
  return () => {
    const { printed, facts } = prepared(inbound, upstream, JSON.parse(body.toString()))
    const read = upstream.parseAnswer(JSON.parse(answer), printed)!
    return printed.body.length + inbound.printAnswer(read, facts).length
  }
}

function prepared(inbound: InboundDialect, upstream: UpstreamDialect, body: JsonObject) {
  const request = inbound.parseRequest(body)
  if (!request.ok) throw new Error(request.error.message)
  const printed = upstream.printRequest(request.value, { model: 'x', facts: {}, quirks: {} })
  if (!printed.ok) throw new Error(printed.error.what)
  const facts: PrintFacts = {
    requestId: 'r',
    nowSeconds: 1,
    estimatedInput: 1,
    showUsage: false,
    asked: askedFacts(inbound, request.value),
  }
  return { printed: printed.value, facts }
}

function report(name: string, rounds: number, run: () => number): void {
  let bytes = 0
  for (let i = 0; i < rounds; i++) bytes += run()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    const startedMs = performance.now()
    for (let i = 0; i < rounds; i++) bytes += run()
    best = Math.min(best, (performance.now() - startedMs) / rounds)
  }
  process.stdout.write(`${name.padEnd(44)} ${(best * 1_000).toFixed(2).padStart(7)} µs (${bytes % 10})\n`)
}
