import { expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { done } from '../../../shared/result.ts'
import { expandedBytes, findReferred, referredResponses } from './item-references.ts'
import type { LocalResponse } from './stored-response.ts'
import type { Charge } from './stored-weight.ts'
import { TestResponses } from './test-responses.ts'

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

/** An input with what it refers to, as a caller of `team` is told it. */
async function resolvedFor({ store }: TestResponses, team: string, input: unknown, charge: Charge = () => undefined) {
  if (!Array.isArray(input)) return done(undefined)
  const found = await findReferred({ store, owner: team, charge }, referredResponses(JSON.stringify(input)))
  return found.ok ? done(found.value?.referred.resolve(input)) : found
}

async function resolved(input: unknown, responses = new TestResponses()) {
  await responses.store.keep(owner, id, turn)
  return { responses, result: await resolvedFor(responses, owner, input) }
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
  const result = await resolvedFor(responses, 'team other', [reference(question)])
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

test('one item that is named again and again is weighed as often', async () => {
  const { responses } = await resolved([])
  const input = JSON.stringify([
    reference(question),
    reference(question),
    reference('msg_unknown'),
    { type: 'message' },
  ])
  const { store } = responses
  const found = await findReferred({ store, owner, charge: () => undefined }, referredResponses(input))
  const { expandedBytesMax = 0, referred } = (found.ok && found.value) || {}
  const exact = expandedBytes(input, referred?.turns ?? [])
  expect(exact).toBe(2 * JSON.stringify(turn.input[0]).length)
  expect(expandedBytesMax).toBeGreaterThanOrEqual(exact)
})

test('responses that are too long together are not all fetched', async () => {
  const responses = new TestResponses()
  const ids = Array.from({ length: 20 }, (_, n) => n.toString(16).padStart(48, '0'))
  const content = 'x'.repeat(1 << 20)
  for (const one of ids) {
    const item = { id: `msg_${one}_i0`, type: 'message', role: 'user', content }
    await responses.store.keep(owner, `resp_${one}`, { ...turn, input: [item] })
  }
  const result = await resolvedFor(
    responses,
    owner,
    ids.map((one) => reference(`msg_${one}_i0`)),
  )
  expect(result).toMatchObject({ ok: false, error: { type: 'chain-too-long', responses: 20 } })
  expect(responses.asked).toBeLessThan(2 * ids.length)
})

test('without memory for what is referred to the request is shed', async () => {
  const { responses } = await resolved([])
  const full: Charge = () => ({ type: 'no-room', when: 'now' })
  expect(await resolvedFor(responses, owner, [reference(question)], full)).toMatchObject({
    ok: false,
    error: { type: 'no-memory' },
  })
})
