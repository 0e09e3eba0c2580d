// Recorded answers of real providers, each replayed as an upstream and translated for every caller, unary and streamed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { assemble } from '../../../shared/chat/assemble.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Usage } from '../../../shared/chat/usage.ts'
import { sseEvent } from '../../../shared/sse/event.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import { cohereUpstream } from './cohere/cohere.ts'
import type { InboundDialect, UpstreamDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound, openAiResponsesUpstream } from './openai-responses/openai-responses.ts'
import { chunked, dialects, encodedEvent, factsFor, printedNothing } from './test-dialects.ts'

interface Recording {
  readonly name: string
  readonly dialect: UpstreamDialect
  readonly text: string
}

/** Recordings by dialect: the pattern of the file names, and the dialect that they are in. */
const speakers: readonly (readonly [RegExp, UpstreamDialect])[] = [
  [/^anthropic--(?!skills)/, anthropicUpstream],
  [/^amazon-bedrock--/, bedrockUpstream],
  [/^cohere--cohere-(?!embedding)/, cohereUpstream],
  [/^google--google-/, geminiUpstream],
  [/^openai--chat--/, openAiChatUpstream],
  [/^(groq|mistral)--(?!.*transcription)/, openAiChatUpstream],
  [/^(openai--responses|azure--azure-|xai--responses)/, openAiResponsesUpstream],
  [/^xai--(?!responses)/, openAiChatUpstream],
  [/^(deepseek|perplexity|openai-compatible)--/, openAiChatUpstream],
]

const here = fileURLToPath(new URL('./recordings/', import.meta.url))
/** More recordings may lie beside the checkout; not every machine has them. */
const beside = fileURLToPath(new URL('../../../../shared/data/provider-recordings/', import.meta.url))

const files = new Map<string, string>()
for (const name of readdirSync(here)) files.set(name.replace('.fixture.json', '.json'), join(here, name))
if (existsSync(beside)) {
  for (const folder of readdirSync(beside).filter((entry) => !entry.includes('.'))) {
    for (const name of readdirSync(join(beside, folder))) files.set(`${folder}--${name}`, join(beside, folder, name))
  }
}

function recordings(ending: string): Recording[] {
  return [...files].flatMap(([name, file]) => {
    const dialect = speakers.find(([pattern]) => pattern.test(name))?.[1]
    return dialect === undefined || !name.endsWith(ending) ? [] : [{ name, dialect, text: readFileSync(file, 'utf8') }]
  })
}

const limited = 'google--google-429-retry-info.json'
const errors = recordings('.json').filter(({ name }) => name.endsWith('-error.json'))
const whole = recordings('.json').filter(({ name }) => !name.endsWith('-error.json') && name !== limited)
const failed = 'openai--responses--openai-error.1.chunks.txt'
const streams = recordings('.chunks.txt').filter(({ name }) => !name.includes('spliced') && name !== failed)

function framed({ dialect, text }: Recording): Buffer {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (dialect.name === 'bedrock') return Buffer.concat(lines.map(awsMessage))
  const named = dialect.name === 'anthropic' || dialect.name === 'cohere'
  const events = lines.map((line) => `${named ? `event: ${JSON.parse(line).type}\n` : ''}data: ${line}\n\n`)
  const ends = !named && dialect.name !== 'gemini'
  return Buffer.from(events.join('') + (ends ? 'data: [DONE]\n\n' : ''))
}

/** A line holds one event under its name. */
function awsMessage(line: string): Buffer {
  const [[name, value]] = Object.entries(JSON.parse(line) as JsonObject) as [[string, unknown]]
  return encodedEvent(name, value)
}

function eventsOf(dialect: UpstreamDialect, chunks: readonly Buffer[]): ChatEvent[] {
  const parser = dialect.openParser(printedNothing)
  const events: ChatEvent[] = []
  for (const chunk of chunks) expect(parser.push(chunk, (event) => void events.push(event))).toBe('ok')
  parser.end((event) => void events.push(event))
  return events
}

function answerOf(events: readonly ChatEvent[]): ChatAnswer {
  const answer = assemble(events)
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

function check(answer: ChatAnswer): void {
  expect(answer.model).not.toBe('')
  expect(answer.choices.length).toBeGreaterThan(0)
  if (answer.usage !== undefined) checkUsage(answer.usage)
  for (const { parts } of answer.choices) {
    for (const part of parts) {
      if (part.type === 'tool-call') expect(JSON.parse(part.input)).toBeTypeOf('object')
    }
    const ids = parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []))
    expect(new Set(ids).size).toBe(ids.length)
  }
}

function checkUsage({ input, output, cached, cacheWrite5m, cacheWrite1h, reasoning }: Usage): void {
  expect(cached + cacheWrite5m + cacheWrite1h).toBeLessThanOrEqual(input)
  expect(reasoning).toBeLessThanOrEqual(output)
}

/** What a caller of any dialect can see: text, reasoning, calls, finish reason and counts. */
function essence({ choices, usage, model }: ChatAnswer) {
  const said = (type: 'text' | 'reasoning') =>
    choices.flatMap(({ parts }) => parts.flatMap((part) => (part.type === type ? [part.text] : []))).join('')
  const calls = choices.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool-call' ? [[part.id, part.name, JSON.parse(part.input)]] : [])),
  )
  const text = said('text').replace(pictureAsText, '')
  return { model, usage: usage ?? printedUsage, text, reasoning: said('reasoning'), calls }
}

/** A picture is text to callers whose dialect has no form for it. */
const pictureAsText = /!\[image\]\([^)]*\)/g

const printedUsage: Usage = { input: 0, output: 0, cached: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 }

/** Chat completions do not report how long the cache keeps a write, and Gemini reports no writes. */
function shared(told: ReturnType<typeof essence>, caller?: InboundDialect) {
  const { input, output, cached, cacheWrite5m, cacheWrite1h, reasoning } = told.usage
  const written = caller?.name === 'gemini' ? 0 : cacheWrite5m + cacheWrite1h
  return { ...told, usage: { input, output, cached, reasoning, written } }
}

test.skipIf(!existsSync(beside))(
  'more recordings lie beside the checkout in ../shared/data, and are played too',
  () => {
    expect(whole.length + streams.length).toBeGreaterThan(60)
  },
)

describe.each(whole)('the answer $name', ({ dialect, text }) => {
  const answer = dialect.parseAnswer(JSON.parse(text) as JsonObject, printedNothing)!

  test('is understood', () => check(answer))

  test.each(dialects)('says the same to a caller who speaks $name', ({ inbound, upstream }) => {
    const printed = JSON.parse(inbound.printAnswer(answer, factsFor(inbound))) as JsonObject
    expect(shared(essence(upstream.parseAnswer(printed, printedNothing)!))).toEqual(shared(essence(answer), inbound))
  })
})

describe.each(streams)('the stream $name', (recording) => {
  const bytes = framed(recording)
  const events = eventsOf(recording.dialect, [bytes])
  const answer = answerOf(events)

  test('is understood', () => check(answer))

  test('is understood the same a byte at a time (wire 2)', () => {
    const size = bytes.length > 32_768 ? 5 : 1
    expect(eventsOf(recording.dialect, chunked(bytes, size))).toEqual(events)
  })

  test.each(dialects)('assembled by a caller who speaks $name it is the whole answer', ({ inbound, upstream }) => {
    // Without input from the upstream, dialects that report the input first print the estimate.
    const estimatedInput = (answer.usage?.input ?? 0) === 0 ? 0 : 7
    const facts = { ...factsFor(inbound), showUsage: true, estimatedInput }
    const printer = inbound.openPrinter(facts)
    const text = events.map((event) => printer.print(event)).join('')
    const assembled = answerOf(eventsOf(upstream, [Buffer.from(text)]))
    expect(shared(essence(assembled))).toEqual(shared(essence(answer), inbound))
    const unary = upstream.parseAnswer(JSON.parse(inbound.printAnswer(answer, facts)) as JsonObject, printedNothing)!
    expect(shared(essence(assembled))).toEqual(shared(essence(unary)))
    expect(assembled.choices.map(({ finish }) => finish)).toEqual(unary.choices.map(({ finish }) => finish))
  })

  test('told over the Responses API it ends with the whole answer', () => {
    const facts = factsFor(openAiResponsesInbound)
    const printer = openAiResponsesInbound.openPrinter(facts)
    const text = events.map((event) => printer.print(event)).join('')
    const last = text.trim().split('\n\n').at(-1)!
    const { response } = JSON.parse(sseEvent(`${last}\n\n`).data!)
    expect(response).toEqual(JSON.parse(openAiResponsesInbound.printAnswer(answer, facts)))
  })
})

test.each(errors)('the error $name is understood', ({ dialect, text }) => {
  const error = dialect.parseError(400, Buffer.from(text))
  expect(error.kind).toBe('invalid-request')
  expect(error.message.length).toBeGreaterThan(10)
})

test.skipIf(!files.has(limited))('Google tells in the body alone how long to wait (wire 76)', () => {
  const error = geminiUpstream.parseError(429, readFileSync(files.get(limited)!))
  expect(error).toMatchObject({ kind: 'rate-limit', code: 'RESOURCE_EXHAUSTED', retryAfterMs: 34_400 })
})

test.skipIf(!files.has(failed))('a response that fails in its stream is the error that it tells', () => {
  const text = readFileSync(files.get(failed)!, 'utf8')
  const events = eventsOf(openAiResponsesUpstream, [framed({ name: '', dialect: openAiResponsesUpstream, text })])
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { kind: 'quota', code: 'insufficient_quota' } })
})

test('two answers spliced into one stream are an error, not an answer with half a call in it', () => {
  const text = readFileSync(join(here, 'anthropic--spliced-message-start.chunks.txt'), 'utf8')
  const events = eventsOf(anthropicUpstream, [framed({ name: '', dialect: anthropicUpstream, text })])
  expect(events.at(-1)).toMatchObject({ type: 'error' })
})
