import { expect, test } from 'vitest'
import { kept, TestResponses } from '../../conversations/test-responses.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import { answerStoredResponse, directAnswer, type StoredResponseRequest } from './stored-response-endpoint.ts'

const owner = 'team search'
const work = { jobs: new InlineJobs(), owner: { team: 'search', keyId: 'key_1' }, hold: undefined }
/** What is told, with its text as JSON. */
const parsed = (answer: Awaited<ReturnType<typeof answerStoredResponse>>) =>
  answer.ok && answer.value.type === 'json' ? JSON.parse(answer.value.text) : answer
const unknown = (id: string) => ({ ok: false, error: { type: 'response-unknown', id, isPrevious: false } })
const turns = ['resp_0', 'resp_1', 'resp_2']

/** Three turns, the last of which goes on from both others, and one response that a provider holds. */
async function world() {
  const responses = new TestResponses()
  for (const [n, id] of turns.entries()) {
    const turn = kept(id, turns.slice(0, n))
    const response = { ...turn.response, model: 'm', created_at: 1, status: 'completed' }
    await responses.store.keep(owner, id, { ...turn, response })
  }
  await responses.store.keep(owner, 'resp_held', { type: 'held', target: 'p/m', provider: 'p', credential: 'main' })
  const ask = (id: string, more: Partial<StoredResponseRequest> = {}) =>
    answerStoredResponse(responses.store, { id, owner, method: 'GET', action: '', query: '', ...more }, work)
  return { responses, ask }
}

test('a response is told as it was stored', async () => {
  const { ask } = await world()
  const wanted = { id: 'resp_2', output: [{ type: 'message' }], status: 'completed' }
  expect(parsed(await ask('resp_2'))).toMatchObject(wanted)
})

test('it is told as events to who wants that, from where it was interrupted', async () => {
  const { ask } = await world()
  const events = async (query: string) => {
    const answer = await ask('resp_2', { query })
    return answer.ok && answer.value.type === 'events' ? answer.value.text.match(/^event: \S+/gm) : answer
  }
  const all = await events('stream=true')
  expect(all).toContain('event: response.completed')
  expect(await events('stream=true&starting_after=1')).toEqual((all as string[]).slice(2))
  for (const query of ['stream=true&starting_after=x', 'stream=true&starting_after=-1', 'stream=true&starting_after='])
    expect(await events(query)).toMatchObject({ ok: false, error: { code: 'invalid_value', param: 'starting_after' } })
  expect(await ask('resp_2', { query: 'stream=false&starting_after=x' })).toMatchObject({ ok: true })
})

async function inputOf(query: string, id = 'resp_2') {
  const { ask } = await world()
  const answer = await ask(id, { action: 'input_items', query })
  if (!answer.ok || answer.value.type !== 'json') return answer
  return (parsed(answer).data as { id: string }[]).map((item) => item.id)
}

test('its input is all that the model was told, newest first', async () => {
  const all = ['in_resp_0', 'msg_resp_0', 'in_resp_1', 'msg_resp_1', 'in_resp_2']
  expect(await inputOf('')).toEqual(all.toReversed())
  expect(await inputOf('order=asc&limit=2')).toEqual(all.slice(0, 2))
  expect(await inputOf('', 'resp_0')).toEqual(['in_resp_0'])
  expect(await inputOf('order=up')).toMatchObject({ ok: false, error: { param: 'order' } })
})

test('of turns that are deleted its input says nothing', async () => {
  const { ask } = await world()
  await ask('resp_0', { method: 'DELETE' })
  const answer = await ask('resp_2', { action: 'input_items', query: 'order=asc' })
  expect(parsed(answer)).toMatchObject({ data: [{ id: 'in_resp_1' }, { id: 'msg_resp_1' }, { id: 'in_resp_2' }] })
})

test('what is deleted is gone', async () => {
  const { ask } = await world()
  const deleted = { id: 'resp_1', object: 'response', deleted: true }
  expect(parsed(await ask('resp_1', { method: 'DELETE' }))).toEqual(deleted)
  expect(await ask('resp_1')).toEqual(unknown('resp_1'))
  expect(await ask('resp_1', { method: 'DELETE' })).toEqual(unknown('resp_1'))
})

test('a response that was never in the background cannot be cancelled', async () => {
  const { ask } = await world()
  expect(await ask('resp_1', { method: 'POST', action: 'cancel' })).toMatchObject({
    ok: false,
    error: { type: 'bad-body', code: 'response_not_in_background' },
  })
})

test.each<Partial<StoredResponseRequest>>([
  {},
  { query: 'stream=true' },
  { method: 'DELETE' },
  { action: 'input_items' },
  { method: 'POST', action: 'cancel' },
])('the provider that holds a response is asked, with %j', async (more) => {
  const { ask } = await world()
  expect(await ask('resp_held', more)).toMatchObject({ ok: true, value: { type: 'held', held: { provider: 'p' } } })
})

test('to others a response is not there, whatever they want of it', async () => {
  const { ask } = await world()
  for (const more of [{}, { method: 'DELETE' }, { action: 'input_items' as const }, { action: 'cancel' as const }])
    expect(await ask('resp_1', { owner: 'team other', ...more })).toEqual(unknown('resp_1'))
  expect(await ask('resp_1')).toMatchObject({ ok: true })
})

test('while the store is away nothing is known', async () => {
  const { responses, ask } = await world()
  responses.leave()
  for (const more of [{}, { method: 'DELETE' }, { action: 'input_items' as const }])
    expect(await ask('resp_1', more)).toEqual({ ok: false, error: { type: 'state-away' } })
})

test('what is sealed is told to who asks for it', async () => {
  const responses = new TestResponses()
  const { store } = responses
  const response = { id: 'resp_s', output: [{ id: 'rs_1', type: 'reasoning', summary: [] }] }
  const parts = [{ type: 'reasoning', text: '', encrypted: { family: 'openai', data: 'sealed' } }] as const
  await store.keep(owner, 'resp_s', { ...kept('resp_s'), response, parts })
  await store.keep(owner, 'resp_t', kept('resp_t', ['resp_s']))
  const ask = (id: string, query: string, action: StoredResponseRequest['action'] = '') =>
    answerStoredResponse(store, { id, owner, method: 'GET', action, query }, work).then(parsed)
  for (const name of ['include', 'include[]']) {
    const query = new URLSearchParams([[name, 'reasoning.encrypted_content']]).toString()
    expect(JSON.stringify(await ask('resp_s', query))).toContain('"encrypted_content":"sealed"')
    expect(JSON.stringify(await ask('resp_t', query, 'input_items'))).toContain('"encrypted_content":"sealed"')
  }
  expect(JSON.stringify(await ask('resp_s', ''))).not.toContain('sealed')
  expect(JSON.stringify(await ask('resp_t', '', 'input_items'))).not.toContain('sealed')
})

test('an answer of our own is JSON or a stream of events', () => {
  expect(directAnswer({ type: 'json', text: '{"id":"r"}' })).toEqual({ body: '{"id":"r"}' })
  expect(directAnswer({ type: 'events', text: 'data: {}\n\n' })).toMatchObject({
    contentType: 'text/event-stream',
    body: 'data: {}\n\n',
  })
})
