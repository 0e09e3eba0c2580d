import { expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { resolveReferences } from './item-references.ts'
import type { LocalResponse } from './stored-response.ts'
import { scanOf, TestResponses } from './test-responses.ts'

const owner = 'team search'
const stem = 'a1'.repeat(24)
const id = `resp_${stem}`
const [question, thought, answer] = [`msg_${stem}_i0`, `rs_${stem}_0`, `msg_${stem}_1`]
const turn: LocalResponse = {
  type: 'kept',
  chain: [],
  chainBytes: 0,
  response: {
    id,
    output: [
      { id: thought, type: 'reasoning', summary: [] },
      { id: answer, type: 'message', status: 'completed', role: 'assistant', content: [] },
    ],
  },
  input: [{ id: question, type: 'message', role: 'user', content: 'hi' }],
  parts: [{ type: 'reasoning', text: '', encrypted: { family: 'openai', data: 'sealed' } }],
}
const reference = (item: string) => ({ type: 'item_reference', id: item })

async function resolved(input: unknown, responses = new TestResponses()) {
  await responses.store.keep(owner, id, turn)
  return {
    responses,
    result: await resolveReferences({ store: responses.store, owner, charge: () => undefined }, scanOf({ input })),
  }
}

test('items that an input names stand in their places', async () => {
  const own = { role: 'user', content: 'and now?' }
  const { result } = await resolved([reference(question), reference(answer), own])
  expect(result.ok && result.value?.items).toEqual([turn.input[0], expect.objectContaining({ id: answer }), own])
})

test('a provider that did not make them is told neither their ids nor their thoughts', async () => {
  const { result } = await resolved([reference(question), reference(thought), reference(answer)])
  expect(result.ok && result.value?.forOthers).toEqual([
    { type: 'message', role: 'user', content: 'hi' },
    { type: 'message', role: 'assistant', content: [] },
  ])
})

test('a thought comes with its seal, for the model that made it', async () => {
  const { result } = await resolved([reference(thought)])
  expect(result.ok && result.value?.items).toEqual([
    { id: thought, type: 'reasoning', summary: [], encrypted_content: 'sealed' },
  ])
})

test.each<[string, unknown]>([
  ['text', 'item_reference'],
  ['a list without references', [{ role: 'user', content: 'hi' }]],
  ["a reference to a provider's item", [reference('msg_68f0aa')]],
  ['a reference without an id', [{ type: 'item_reference' }]],
  ['an item of the same id that is no reference', [{ type: 'message', id: question }]],
  ['null', [null, 7, 'x']],
])('of %s nothing is looked for', async (_, input) => {
  const { responses, result } = await resolved(input)
  expect(result).toEqual({ ok: true, value: undefined })
  expect(responses.asked).toBe(1)
})

test('an item that is not found stays a reference, and whoever it goes to says so', async () => {
  const gone = reference(`msg_${'b2'.repeat(24)}_0`)
  const missing = reference(`msg_${stem}_9`)
  const { result } = await resolved([gone, missing])
  expect(result.ok && result.value).toEqual({ items: [gone, missing], forOthers: [gone, missing] })
})

test('items of others are not found', async () => {
  const { responses } = await resolved([])
  const others = { store: responses.store, owner: 'team other', charge: () => undefined }
  const result = await resolveReferences(others, scanOf({ input: [reference(question)] }))
  expect(result.ok && result.value?.items).toEqual([reference(question)])
})

test('each response is fetched once, and not too many are', async () => {
  const { responses } = await resolved([reference(question), reference(answer), reference(question)])
  expect(responses.asked).toBe(2)
  const many = Array.from({ length: bounds.responseChainMax + 1 }, (_, n) =>
    reference(`msg_${n.toString(16).padStart(48, '0')}_0`),
  )
  const { result } = await resolved(many)
  expect(result).toEqual({
    ok: false,
    error: { type: 'chain-too-long', responses: bounds.responseChainMax + 1, bytes: 0 },
  })
})

test('a store that is away is told', async () => {
  const responses = new TestResponses()
  responses.leave()
  const { result } = await resolved([reference(question)], responses)
  expect(result).toEqual({ ok: false, error: { type: 'state-away' } })
})

test('one item that is named again and again is refused before it is written out as often', async () => {
  const responses = new TestResponses()
  const long = { ...turn, input: [{ id: question, type: 'message', role: 'user', content: 'x'.repeat(1 << 20) }] }
  await responses.store.keep(owner, id, long)
  const asked = (count: number) => scanOf({ input: Array.from({ length: count }, () => reference(question)) })
  const stored = { store: responses.store, owner, charge: () => undefined }
  expect((await resolveReferences(stored, asked(15))).ok).toBe(true)
  expect(await resolveReferences(stored, asked(2_000))).toMatchObject({ ok: false, error: { type: 'chain-too-long' } })
})

test('responses that are too long together are not all fetched', async () => {
  const responses = new TestResponses()
  const ids = Array.from({ length: 20 }, (_, n) => n.toString(16).padStart(48, '0'))
  const content = 'x'.repeat(1 << 20)
  for (const one of ids) {
    const item = { id: `msg_${one}_i0`, type: 'message', role: 'user', content }
    await responses.store.keep(owner, `resp_${one}`, { ...turn, input: [item] })
  }
  const input = ids.map((one) => reference(`msg_${one}_i0`))
  const result = await resolveReferences({ store: responses.store, owner, charge: () => undefined }, scanOf({ input }))
  expect(result).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: 20 } })
  expect(responses.asked).toBeLessThan(2 * ids.length)
})

test('without memory for what is referred to the request is shed', async () => {
  const responses = new TestResponses()
  await responses.store.keep(owner, id, turn)
  const full = { store: responses.store, owner, charge: () => ({ type: 'no-room', when: 'now' }) as const }
  expect(await resolveReferences(full, scanOf({ input: [reference(question)] }))).toMatchObject({
    ok: false,
    error: { type: 'no-memory' },
  })
})
