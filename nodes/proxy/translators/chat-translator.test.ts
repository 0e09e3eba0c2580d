import { expect, test } from 'vitest'
import type { AssistantPart } from '../../../shared/chat/parts.ts'
import { fail } from '../../../shared/result.ts'
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { bedrockUpstream } from '../dialects/bedrock/bedrock.ts'
import { askedFacts, type UpstreamDialect } from '../dialects/dialect.ts'
import { openAiChatInbound } from '../dialects/openai-chat/openai-chat.ts'
import { plainTarget } from '../dialects/test-dialects.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { TranslatedStream, type Translation } from '../streams/translated-stream.ts'
import { ChatTranslator } from './chat-translator.ts'

interface TestOptions {
  readonly upstream?: UpstreamDialect
  readonly body?: object
  readonly filters?: readonly AnswerFilter[]
  readonly stored?: Translation['facts']['stored']
  readonly dropped?: readonly string[]
  readonly jobs?: InlineJobs
}

/** A chat of OpenAI's for an upstream of another dialect. */
function translatorFor({
  upstream = anthropicUpstream,
  body = {},
  filters = [],
  stored,
  dropped = [],
  jobs = new InlineJobs(),
}: TestOptions = {}) {
  const conversation = { model: 'fast', messages: [{ role: 'user', content: 'hi' }], ...body }
  const request = openAiChatInbound.parseRequest(conversation)
  if (!request.ok) throw new Error(request.error.path)
  const printed = upstream.printRequest(request.value, plainTarget)
  if (!printed.ok) throw new Error(fail(printed.error).error.capability)
  const facts = {
    requestId: 'req_1',
    nowSeconds: 1_700_000_000,
    estimatedInput: 7,
    showUsage: false,
    asked: askedFacts(openAiChatInbound, request.value),
    stored,
  }
  const translation: Translation = {
    inbound: openAiChatInbound,
    upstream,
    printed: printed.value,
    facts,
    errors: 'openai',
    filters,
  }
  const { headerLines, body: text } = printed.value
  const call = {
    path: '/v1/messages',
    headerLines: `traceparent: t1\r\n${headerLines}`,
    body: [Buffer.from(text)],
    dropped,
  }
  const work = { jobs, owner: { team: 't', keyId: 'k' }, operation: '/v1/chat/completions' }
  return new ChatTranslator(translation, call, work)
}

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 10, output_tokens: 7 },
}

function answerTo(translator: ChatTranslator, value: unknown) {
  const told = translator.readAnswer(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
  return told === undefined ? undefined : { ...told, value: JSON.parse(told.body.toString()) }
}

test('an upstream is sent its own dialect, and header lines of both', () => {
  const translator = translatorFor({ dropped: ['seed', 'n'] })
  expect(JSON.parse(Buffer.concat(translator.body).toString())).toMatchObject({
    model: plainTarget.model,
    messages: [{ role: 'user' }],
  })
  expect(translator.headerLines).toMatch(/^traceparent: t1\r\n.*anthropic-version: /s)
  expect([translator.dropped, translator.passesThrough, translator.estimatedInput]).toEqual(['seed, n', false, 7])
})

test('a whole answer is told in the dialect of the caller, with its usage', () => {
  const told = answerTo(translatorFor(), message)
  expect(told).toMatchObject({ contentType: 'application/json', usage: { input: 10, output: 7 } })
  expect(told?.value).toMatchObject({
    object: 'chat.completion',
    choices: [{ message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' }],
    usage: { total_tokens: 17 },
  })
})

test('an error in place of an answer is told in the words of the upstream, and another target may answer', () => {
  const failure = (value: string | object) =>
    translatorFor().failureWithin(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))
  const error = { type: 'overloaded_error', message: 'busy' }
  expect(failure({ type: 'error', error })).toMatchObject({ condition: '5xx', error: { message: 'busy' } })
  expect(failure('Hello.')).toMatchObject({ condition: '5xx', error: { type: 'upstream-protocol' } })
  expect(failure({ ok: true })).toMatchObject({ condition: '5xx', error: { type: 'upstream-protocol' } })
})

const deep = `{"id":"m","content":[{"type":"tool_use","id":"t","name":"n","input":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`

test.each([
  ['no JSON', 'Hello.'],
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '7'],
  ['JSON of something else', '{"ok":true}'],
  ['JSON that is nested too deeply to be printed', deep],
])('%s is no answer', (_, text) => {
  expect(answerTo(translatorFor(), text)).toBeUndefined()
})

test('filters see a whole answer before its caller does', () => {
  const shout: AnswerFilter = (emit) => (event) =>
    emit(event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event)
  expect(answerTo(translatorFor({ filters: [shout] }), message)?.value.choices[0].message.content).toBe('HELLO.')
  const drop: AnswerFilter = () => () => {}
  expect(answerTo(translatorFor({ filters: [drop] }), message)).toBeUndefined()
})

test('an answer that is stored is told to the store before it is printed', () => {
  const taken: (readonly AssistantPart[])[] = []
  const stored = {
    id: 'resp_1',
    take: (parts: readonly AssistantPart[]) => void taken.push(parts),
    takePrinted: () => {},
  }
  answerTo(translatorFor({ stored }), message)
  expect(taken).toEqual([[expect.objectContaining({ type: 'text', text: 'Hello.' })]])
})

test('a schema that was made a tool comes back as text', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } } }
  const body = { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }
  const translator = translatorFor({ body })
  const { tool_choice } = JSON.parse(Buffer.concat(translator.body).toString())
  const content = [{ type: 'tool_use', id: 't', name: tool_choice?.name, input: { a: 1 } }]
  const told = answerTo(translator, { ...message, content, stop_reason: 'tool_use' })
  expect(tool_choice).toMatchObject({ type: 'tool' })
  expect(told?.value.choices[0]).toMatchObject({ message: { content: '{"a":1}' }, finish_reason: 'stop' })
})

test('a stream is translated as well, from the media type of the upstream', () => {
  const sink = { onFirstByte: () => {}, onBytes: () => {}, onDone: () => {}, onErrorEvent: () => {} }
  const stream = translatorFor().openStream({ showUsage: false, nowMs: 0, sink })
  expect(stream).toBeInstanceOf(TranslatedStream)
  expect(translatorFor().streamType).toBe('text/event-stream')
  expect(translatorFor({ upstream: bedrockUpstream }).streamType).toBe('application/vnd.amazon.eventstream')
})

test("an upstream's error is read in its dialect and told in that of the caller", () => {
  const body = Buffer.from(
    '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9"}}',
  )
  const answer = { status: 400, contentType: 'application/json', retryAfterMs: undefined, body }
  expect(translatorFor().failureOf(answer)).toMatchObject({ error: { type: 'upstream-rejected' } })
  expect(JSON.parse(translatorFor().forwardError(answer, 'req_1').body.toString())).toMatchObject({
    error: { code: 'context_length_exceeded', message: 'prompt is too long: 9' },
  })
})
