// Responses that are kept here: read, listed, deleted and kept from others. Numbers are those of the rules for the wire.
import type OpenAI from 'openai'
import { NotFoundError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readOpenAiSchemas } from '../openai-schema.ts'
import { eventStream } from '../scripted-upstream.ts'
import { said, storeOf, streamed, terminalOf, textOf, thinking, tools } from './claude-answers.ts'
import { type StoredRig, startStoredRig } from './stored-rig.ts'

const judge = readOpenAiSchemas()
let rig: StoredRig
beforeAll(async () => {
  rig = await startStoredRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

describe('kept here, over an upstream of another dialect', () => {
  test.each([false, true])('a response is read as it was answered, streamed: %s', async (stream) => {
    rig.script = ({ body }) => (body.stream ? streamed(thinking, 'tool_use') : said('Whole.'))
    const body = { model: 'claude', input: 'weather?', tools, reasoning: { effort: 'low' as const } }
    const made = stream
      ? (
          (await terminalOf(await rig.openai.responses.create({ ...body, stream }))) as {
            response: OpenAI.Responses.Response
          }
        ).response
      : await rig.openai.responses.create(body)
    const { output_text: _text, ...bare } = made as OpenAI.Responses.Response
    const read = (await rig.get(made.id)).json
    expect(read).toEqual(JSON.parse(JSON.stringify(bare)))
    expect(judge?.('Response', read) ?? []).toEqual([])
  })

  test('input items are listed in pages, with those of earlier turns', async () => {
    const first = await rig.openai.responses.create({ model: 'claude', input: 'one' })
    const second = await rig.openai.responses.create({
      model: 'claude',
      previous_response_id: first.id,
      input: [
        { role: 'user', content: 'two' },
        { role: 'user', content: [{ type: 'input_text', text: 'three' }] },
      ],
    })
    const newest = await rig.openai.responses.inputItems.list(second.id, { limit: 2 })
    expect(newest.has_more).toBe(true)
    const all: OpenAI.Responses.ResponseItem[] = []
    for await (const item of rig.openai.responses.inputItems.list(second.id, { limit: 2, order: 'asc' })) all.push(item)
    expect(all.map((item) => textOf(item as never))).toEqual(['one', 'Hello from Claude.', 'two', 'three'])
    expect(newest.data.map((item) => item.id)).toEqual([all[3]!.id, all[2]!.id])
    const page = (await rig.get(`${second.id}/input_items?order=asc&after=${all[1]!.id}`)).json
    expect(page.data.map(({ id }: { id: string }) => id)).toEqual([all[2]!.id, all[3]!.id])
    expect(page).toMatchObject({ object: 'list', first_id: all[2]!.id, last_id: all[3]!.id, has_more: false })
    expect(judge?.('ResponseItemList', page) ?? []).toEqual([])
    for (const query of ['limit=0', 'limit=101', 'order=up', 'after=msg_nobody']) {
      const told = await rig.get(`${second.id}/input_items?${query}`)
      expect([told.status, told.json.error.param]).toEqual([400, query.split('=')[0]])
    }
  })

  test('read as a stream, the events come once more, from any of them on (wire 51)', async () => {
    rig.script = () => streamed(thinking, 'tool_use')
    const last = (await terminalOf(
      await rig.openai.responses.create({ model: 'claude', input: 'weather?', tools, stream: true }),
    )) as { response: OpenAI.Responses.Response }
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    for await (const event of await rig.openai.responses.retrieve(last.response.id, { stream: true }))
      events.push(event)
    expect(events.map(({ sequence_number: n }) => n)).toEqual(events.map((_, n) => n))
    expect([events[0]!.type, events.at(-1)!.type]).toEqual(['response.created', 'response.completed'])
    expect((events.at(-1) as { response: object }).response).toEqual(last.response)
    for (const event of events) expect(judge?.('ResponseStreamEvent', event) ?? []).toEqual([])
    const rest: OpenAI.Responses.ResponseStreamEvent[] = []
    const from = { stream: true, starting_after: 3 } as const
    for await (const event of await rig.openai.responses.retrieve(last.response.id, from)) rest.push(event)
    expect(rest).toEqual(events.slice(4))
  })

  test('with store: false nothing is kept, and the answer says so (wire 57)', async () => {
    const made = await rig.openai.responses.create({ model: 'claude', input: 'hi', store: false })
    expect(storeOf(made)).toBe(false)
    await expect(rig.openai.responses.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError)
    const from = rig.openai.responses.create({ model: 'claude', input: 'hi', previous_response_id: made.id })
    await expect(from).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })

  test('what is deleted is gone: 404 when read, and nothing goes on over it', async () => {
    const first = await rig.openai.responses.create({ model: 'claude', input: 'one' })
    const second = await rig.openai.responses.create({ model: 'claude', input: 'two', previous_response_id: first.id })
    const gone = await rig.get(first.id, 'DELETE')
    expect([gone.status, gone.json]).toEqual([200, { id: first.id, object: 'response', deleted: true }])
    await expect(rig.openai.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(rig.openai.responses.delete(first.id)).rejects.toBeInstanceOf(NotFoundError)
    const onwards = rig.openai.responses.create({ model: 'claude', input: 'three', previous_response_id: second.id })
    await expect(onwards).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      error: { message: `Previous response with id '${first.id}' not found.` },
    })
    expect((await rig.openai.responses.retrieve(second.id)).output_text).toBe('Hello from Claude.')
  })

  test('another team finds nothing, whatever it knows', async () => {
    const made = await rig.openai.responses.create({ model: 'claude', input: 'a secret' })
    await expect(rig.stranger.responses.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(rig.stranger.responses.delete(made.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(rig.stranger.responses.inputItems.list(made.id)).rejects.toBeInstanceOf(NotFoundError)
    const onwards = rig.stranger.responses.create({ model: 'claude', input: 'x', previous_response_id: made.id })
    await expect(onwards).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    const items = [{ type: 'item_reference' as const, id: made.output[0]!.id! }]
    await expect(rig.stranger.responses.create({ model: 'claude', input: items })).rejects.toMatchObject({
      code: 'item_not_found',
    })
    const mate = rig.clientFor((await rig.gateway.issueKey({ owner: { team: 'blue' } })).secret)
    expect((await mate.responses.retrieve(made.id)).id).toBe(made.id)
    expect(rig.claude.seen).toHaveLength(1)
  })

  test('ids cannot be chosen by a caller', async () => {
    const headers = { 'x-request-id': 'chosen' }
    const made = await rig.openai.responses.create({ model: 'claude', input: 'hi' }, { headers })
    expect(made.id).toMatch(/^resp_[0-9a-f]{48}$/)
  })

  test('unknown ids and malformed ones are 404 in the shape of OpenAI', async () => {
    for (const id of ['resp_nobody', 'x', '%00', 'a'.repeat(2_000)]) {
      const told = await rig.get(id)
      const body = told.json
      expect(told.status).toBe(404)
      expect(judge?.('ErrorResponse', body) ?? []).toEqual([])
      expect(body.error).toMatchObject({ type: 'invalid_request_error', param: 'response_id' })
    }
    const wrong = await fetch(`${rig.gateway.base}/v1/responses/resp_x`, {
      headers: { authorization: 'Bearer nobody' },
    })
    expect(wrong.status).toBe(401)
    expect((await rig.get('resp_x', 'PUT')).status).toBe(405)
  })

  test('conversation, background and cancel are refused by name (wire 55)', async () => {
    const body = { model: 'claude', input: 'hi' }
    const conversation = rig.openai.responses.create({ ...body, conversation: 'conv_1' })
    await expect(conversation).rejects.toMatchObject({ status: 400, param: 'conversation' })
    const background = rig.openai.responses.create({ ...body, background: true })
    await expect(background).rejects.toMatchObject({ status: 400, param: 'background' })
    const made = await rig.openai.responses.create(body)
    const cancel = rig.openai.responses.cancel(made.id)
    await expect(cancel).rejects.toMatchObject({ status: 400, code: 'response_not_in_background' })
    const strange = rig.openai.responses.create({ ...body, store: 'yes' as never })
    await expect(strange).rejects.toMatchObject({ status: 400, param: 'store' })
    expect(rig.claude.seen).toHaveLength(1)
  })

  test('a stream that breaks off is not stored and says so', async () => {
    rig.script = () => ({ headers: eventStream, pieces: streamed(thinking, 'x').pieces!.slice(0, 4), breaks: true })
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    const stream = await rig.openai.responses.create({ model: 'claude', input: 'hi', stream: true })
    for await (const event of stream) events.push(event)
    const last = events.at(-1) as { type: string; response: OpenAI.Responses.Response }
    expect([last.type, storeOf(last.response)]).toEqual(['response.failed', false])
    await expect(rig.openai.responses.retrieve(last.response.id)).rejects.toBeInstanceOf(NotFoundError)
  })

  test('what is too large to store is answered, and says that it is not stored', async () => {
    const made = await rig.openai.responses.create({ model: 'claude', input: 'x'.repeat(9 << 20), store: true })
    expect([storeOf(made), made.output_text]).toEqual([false, 'Hello from Claude.'])
  })

  test('nothing of it stands in what the gateway prints', async () => {
    await rig.openai.responses.create({ model: 'claude', input: 'a-canary-that-was-said' })
    expect(rig.gateway.output()).not.toContain('a-canary-that-was-said')
  })
})
