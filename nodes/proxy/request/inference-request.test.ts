import { expect, test } from 'vitest'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { StoredHistory } from '../conversations/history.ts'
import { ReferredTurns } from '../conversations/item-references.ts'
import { encodeStored } from '../conversations/stored-response.ts'
import { kept } from '../conversations/test-responses.ts'
import { requestOf } from '../dialects/test-dialects.ts'
import { bodyOf, type InferenceRequest } from './inference-request.ts'
import { inferenceRequest, readFacts, readModels } from './read-inference.ts'
import { formType, testForm } from './test-form.ts'
import { testHead, testRequest } from './test-request.ts'

const hi = [{ role: 'user', content: 'hi' }]

function askedAt(path: string, body: object | string, headers: Record<string, string> = {}): InferenceRequest {
  const { request } = testRequest({ head: testHead({ path, headers }), body })
  const models = readModels(request)
  if (!models.ok) throw new Error(models.error.type)
  const facts = readFacts(request, models.value)
  if (!facts.ok) throw new Error(facts.error.type)
  return inferenceRequest(facts.value)
}

test('the conversation is parsed once, when somebody asks for it', () => {
  const asked = askedAt('/v1/chat/completions', { model: 'fast', messages: hi, n: 2 })
  const parsed = asked.parsed()
  expect(parsed).toMatchObject({ ok: true, value: { request: { messages: [{ role: 'user' }] } } })
  expect(parsed.ok && parsed.value.needs).toEqual([{ capability: 'several choices', what: 'n' }])
  expect(asked.parsed()).toBe(parsed)
})

test('what is wrong in a conversation is told with its path', () => {
  const asked = askedAt('/v1/chat/completions', { model: 'fast', messages: [{ role: 'wizard', content: 'x' }] })
  expect(asked.parsed()).toMatchObject({ ok: false, error: { type: 'unreadable', path: 'messages[0].role' } })
})

test.each<[string, string, object | string, Record<string, string>, boolean]>([
  ['a chat', '/v1/chat/completions', { model: 'm', messages: hi }, {}, true],
  ['a message of Anthropic', '/v1/messages', { model: 'm', max_tokens: 1, messages: hi }, {}, true],
  ['embeddings', '/v1/embeddings', { model: 'm', input: 'x' }, {}, false],
  ['speech', '/v1/audio/speech', { model: 'm', input: 'x' }, {}, false],
  [
    'a form',
    '/v1/audio/transcriptions',
    testForm([
      { name: 'file', content: 'x', filename: 'a' },
      { name: 'model', content: 'm' },
    ]),
    { 'content-type': formType },
    false,
  ],
])('%s has a conversation: see the table', (_, path, body, headers, wanted) => {
  const asked = askedAt(path, body, headers)
  expect(asked.hasConversation).toBe(wanted)
  if (!wanted) expect(asked.parsed()).toMatchObject({ ok: false, error: { type: 'unreadable' } })
})

test('another conversation stands in the place of the one in the body', () => {
  const asked = askedAt('/v1/chat/completions', { model: 'fast', messages: hi, temperature: 0.5 })
  const replaced = requestOf({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'redacted' }] }] })
  const other = asked.with(replaced)
  expect(other.parsed()).toMatchObject({ ok: true, value: { request: replaced } })
  expect([other.facts, other.model, other.replaced]).toEqual([asked.facts, 'fast', replaced])
  expect(asked.replaced).toBeUndefined()
})

test("Anthropic's features of the header are part of the conversation", () => {
  const body = { model: 'm', max_tokens: 1, messages: hi }
  const parsed = askedAt('/v1/messages', body, { 'anthropic-beta': 'a, b' }).parsed()
  expect(parsed.ok && parsed.value.request.betas).toEqual(['a', 'b'])
  const plain = askedAt('/v1/messages', body).parsed()
  expect(plain.ok && plain.value.request.betas).toBeUndefined()
})

test('earlier turns stand before the input, and items of theirs in its place', () => {
  const asked = askedAt('/v1/responses', { model: 'm', input: 'and now?' })
  const stem = 'a1'.repeat(24)
  const said = (content: string) => ({ type: 'message', id: `msg_${stem}_i0`, role: 'user', content })
  const turnOf = (content: string) =>
    Buffer.from(encodeStored({ ...kept(`resp_${stem}`), input: [said(content)], parts: [] }))
  const state = { history: new StoredHistory([turnOf('first')]), pin: undefined, keeper: undefined }
  const referred = new ReferredTurns([turnOf('resolved')])
  const texts = (request: InferenceRequest) => {
    const parsed = request.parsed()
    return (
      parsed.ok &&
      parsed.value.request.messages.flatMap(({ parts }) => parts.map((part) => 'text' in part && part.text))
    )
  }
  const { state: _state, ...facts } = asked.facts
  expect(texts(inferenceRequest(facts, { ...state, referred: undefined }))).toEqual(['first', 'and now?'])
  const naming = askedAt('/v1/responses', { model: 'm', input: [{ type: 'item_reference', id: `msg_${stem}_i0` }] })
  expect(texts(inferenceRequest(naming.facts, { ...state, referred }))).toEqual(['first', 'resolved'])
})

test('the body of a scan is what stands between its braces', () => {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from('\ufeff {"model":"m","n":1} '), scan)).toBeUndefined()
  expect(bodyOf(scan)).toEqual({ model: 'm', n: 1 })
})
