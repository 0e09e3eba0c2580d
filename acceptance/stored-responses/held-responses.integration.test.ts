// Responses of an upstream that keeps them itself: everything about one goes to the account that made it. Numbers are those of
// the rules for the wire.
import type OpenAI from 'openai'
import { NotFoundError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { storeOf, terminalOf, textOf } from './claude-answers.ts'
import { type StoredRig, startStoredRig } from './stored-rig.ts'

let rig: StoredRig
beforeAll(async () => {
  rig = await startStoredRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

describe('over an upstream that speaks the API and holds nothing', () => {
  test.each([false, true])('the conversation is kept here, and told whole each time, streamed: %s', async (stream) => {
    const ask = async (input: string, previous: string | null) => {
      const body = { model: 'forgetful', input, previous_response_id: previous }
      if (!stream) return rig.openai.responses.create(body)
      const last = await terminalOf(await rig.openai.responses.create({ ...body, stream }))
      return (last as { response: OpenAI.Responses.Response }).response
    }
    const first = await ask('I am Ada.', null)
    const second = await ask('Who am I?', first.id)
    expect([storeOf(first), storeOf(second), second.id === first.id]).toEqual([true, true, false])
    const { body } = rig.holder.seen[1]!
    expect(body).not.toHaveProperty('previous_response_id')
    expect(body.input.map((item: { content: string }) => textOf(item))).toEqual(['I am Ada.', 'Held.', 'Who am I?'])
    expect(await rig.openai.responses.retrieve(second.id)).toMatchObject({
      id: second.id,
      previous_response_id: first.id,
    })
    expect((await rig.openai.responses.inputItems.list(second.id)).data).toHaveLength(3)
    expect((await rig.get(second.id, 'DELETE')).status).toBe(200)
    await expect(rig.openai.responses.retrieve(second.id)).rejects.toBeInstanceOf(NotFoundError)
    expect(rig.holder.seen).toHaveLength(2)
  })
})

describe('held by an upstream', () => {
  test.each([false, true])(
    'everything about a response goes to the account that made it, streamed: %s (wire 55)',
    async (stream) => {
      for (let n = 0; n < 6; n++) {
        const body = { model: 'held', input: 'hi' }
        const first = stream
          ? ((await terminalOf(await rig.openai.responses.create({ ...body, stream }))) as { response: { id: string } })
              .response
          : await rig.openai.responses.create(body)
        const second = await rig.openai.responses.create({ ...body, previous_response_id: first.id })
        expect(second.previous_response_id).toBe(first.id)
        expect((await rig.openai.responses.retrieve(second.id)).id).toBe(second.id)
        const list = (await rig.get(`${second.id}/input_items?limit=3`)).json
        expect(list.path).toBe(`/v1/responses/${second.id}/input_items?limit=3`)
        expect((await rig.get(second.id, 'DELETE')).status).toBe(200)
        await expect(rig.openai.responses.retrieve(second.id)).rejects.toBeInstanceOf(NotFoundError)
      }
      const accounts = new Set(rig.holder.seen.map(({ headers }) => headers.authorization))
      expect(accounts.size).toBeGreaterThan(1)
    },
  )

  test('what goes out is what the caller wrote, and what comes back is what the upstream sent', async () => {
    const answer = await rig.openai.responses.create({ model: 'held', input: 'hi', store: true })
    expect(rig.holder.seen[0]!.body).toEqual({ model: 'gpt-x', input: 'hi', store: true })
    expect(rig.held.get(answer.id)?.response).toMatchObject({ id: answer.id })
  })

  test('another team reaches none of it, and nothing is asked of the upstream', async () => {
    const { id } = await rig.openai.responses.create({ model: 'held', input: 'hi' })
    rig.holder.seen.length = 0
    await expect(rig.stranger.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError)
    const onwards = rig.stranger.responses.create({ model: 'held', input: 'x', previous_response_id: id })
    await expect(onwards).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    expect(rig.holder.seen).toEqual([])
  })

  test('other requests about a response go to its upstream too', async () => {
    const { id } = await rig.openai.responses.create({ model: 'held', input: 'hi' })
    rig.holder.seen.length = 0
    expect((await rig.openai.responses.cancel(id)).id).toBe(id)
    const query = { include: ['reasoning.encrypted_content' as const] }
    expect((await rig.openai.responses.retrieve(id, query)).id).toBe(id)
    expect(rig.holder.seen.map(({ path }) => decodeURIComponent(path))).toEqual([
      `/v1/responses/${id}/cancel`,
      `/v1/responses/${id}?include[]=reasoning.encrypted_content`,
    ])
    for (const more of [{ background: true }, { background: true, store: false }, { conversation: 'conv_1' }]) {
      const refused = rig.openai.responses.create({ model: 'held', input: 'hi', ...more })
      await expect(refused).rejects.toMatchObject({ status: 400, param: Object.keys(more)[0] })
    }
    expect(rig.holder.seen).toHaveLength(2)
  })

  test('a model elsewhere cannot go on from it, and is told where it lies', async () => {
    const { id } = await rig.openai.responses.create({ model: 'held', input: 'hi' })
    const onwards = rig.openai.responses.create({ model: 'claude', input: 'x', previous_response_id: id })
    await expect(onwards).rejects.toMatchObject({ status: 400, code: 'previous_response_elsewhere' })
    await expect(onwards).rejects.toThrow(/holder.*`held`/)
    expect(rig.claude.seen).toEqual([])
  })

  test('with store: false nothing is remembered of it', async () => {
    const { id } = await rig.openai.responses.create({ model: 'held', input: 'hi', store: false })
    rig.holder.seen.length = 0
    await expect(rig.openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError)
    expect(rig.holder.seen).toEqual([])
  })
})
