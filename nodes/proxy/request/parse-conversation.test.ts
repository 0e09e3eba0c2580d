import { expect, test } from 'vitest'
import { StoredHistory } from '../conversations/history.ts'
import { ReferredTurns } from '../conversations/item-references.ts'
import { encodeStored } from '../conversations/stored-response.ts'
import { kept } from '../conversations/test-responses.ts'
import { messages as anthropic, responses } from '../operations/operations.ts'
import { parseBody, parseConversation, type UnparsedConversation } from './parse-conversation.ts'

function parsed(
  { inbound }: Pick<typeof responses, 'inbound'>,
  body: object,
  more: Partial<UnparsedConversation> = {},
) {
  if (inbound === undefined) throw new Error('the operation has no conversation')
  return parseConversation({ inbound, body: parseBody(Buffer.from(JSON.stringify(body))), betas: undefined, ...more })
}

const turn = Buffer.from(encodeStored(kept('resp_0')))
const text = (said: string) => [{ type: 'text', text: said }]

test('turns before the request stand before it', () => {
  const read = parsed(responses, { model: 'm', input: 'hi' }, { history: new StoredHistory([turn]) })
  const said = read.ok ? read.value.request.messages.map(({ parts }) => parts) : read
  expect(said).toMatchObject([text('question of resp_0'), text('answer of resp_0'), text('hi')])
})

test('items that the input refers to stand in their places', () => {
  const input = [
    { type: 'item_reference', id: 'in_resp_0' },
    { role: 'user', content: 'hi' },
  ]
  const read = parsed(responses, { model: 'm', input }, { referred: new ReferredTurns([turn]) })
  const parts = read.ok ? read.value.request.messages.flatMap((message): readonly object[] => message.parts) : []
  expect(parts).toMatchObject([...text('question of resp_0'), ...text('hi')])
})

test('betas of the header are read, and what the request needs is known', () => {
  const tools = [{ name: 'f', input_schema: { type: 'object' } }]
  const body = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }], tools }
  const read = parsed(anthropic, body, { betas: 'context-1m-2025-08-07' })
  expect(read).toMatchObject({ ok: true, value: { request: { betas: expect.anything() } } })
  expect(read.ok && read.value.needs.map(({ capability }) => capability)).toContain('tools')
})

test('what cannot be read is said', () => {
  expect(parsed(responses, { model: 'm', input: [{ role: 'wizard' }] })).toMatchObject({
    ok: false,
    error: { type: 'unreadable' },
  })
})

test('numbers beyond a double are kept', () => {
  expect(JSON.stringify(parseBody(Buffer.from('{"a":12345678901234567890}')))).toBe('{"a":12345678901234567890}')
})
