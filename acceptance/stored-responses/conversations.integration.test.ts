// A conversation that is kept here is told again, whole, to upstreams that keep none. Numbers are those of the rules for the wire.
import OpenAI, { BadRequestError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startGateway } from '../gateway.ts'
import { said, signature, storeOf, streamed, terminalOf, textOf, thinking, tools } from './claude-answers.ts'
import { type StoredRig, startStoredRig } from './stored-rig.ts'

let rig: StoredRig
beforeAll(async () => {
  rig = await startStoredRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

describe('kept here, over an upstream of another dialect', () => {
  test('the whole conversation is told again, without the instructions of earlier turns (wire 55)', async () => {
    const first = await rig.openai.responses.create({
      model: 'claude',
      input: 'I am Ada.',
      instructions: 'Be brief.',
      metadata: { k: 'v' },
    })
    expect([storeOf(first), first.previous_response_id, first.output_text]).toEqual([true, null, 'Hello from Claude.'])
    const second = await rig.openai.responses.create({
      model: 'claude',
      input: 'Who am I?',
      previous_response_id: first.id,
    })
    rig.script = () => said('Third.')
    await rig.openai.responses.create({
      model: 'claude',
      input: 'And now?',
      previous_response_id: second.id,
      instructions: 'Be long.',
    })
    expect(second.previous_response_id).toBe(first.id)
    const [, , third] = rig.claude.seen.map(({ body }) => body)
    expect(third.messages.map((one: never) => [one['role'], textOf(one)])).toEqual([
      ['user', 'I am Ada.'],
      ['assistant', 'Hello from Claude.'],
      ['user', 'Who am I?'],
      ['assistant', 'Hello from Claude.'],
      ['user', 'And now?'],
    ])
    expect(JSON.stringify(third.system)).toContain('Be long.')
    expect(JSON.stringify(rig.claude.seen[1]!.body)).not.toContain('Be brief.')
    // Whether the gateway stores it is no business of a provider.
    expect(JSON.stringify(third)).not.toContain('"store"')
  })

  test('signed thoughts go back byte by byte, and results join their calls, though the caller never saw a seal (wire 56)', async () => {
    rig.script = () => streamed(thinking, 'tool_use')
    const stream = await rig.openai.responses.create({
      model: 'claude',
      input: 'weather in Berlin?',
      tools,
      stream: true,
      reasoning: { effort: 'low' },
    })
    const last = (await terminalOf(stream)) as { type: string; response: OpenAI.Responses.Response }
    expect(last.type).toBe('response.completed')
    expect(JSON.stringify(last)).not.toContain(signature)
    rig.script = () => said('21 degrees.')
    await rig.openai.responses.create({
      model: 'claude',
      previous_response_id: last.response.id,
      tools,
      reasoning: { effort: 'low' },
      input: [{ type: 'function_call_output', call_id: 'toolu_1', output: '21' }],
    })
    const { messages } = rig.claude.seen[1]!.body
    expect(messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Berlin is asked for.', signature },
        { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Berlin' } },
      ],
    })
    expect(messages[2].role).toBe('user')
    expect(messages[2].content[0]).toMatchObject({ type: 'tool_result', tool_use_id: 'toolu_1' })
    const asked = await rig.openai.responses.retrieve(last.response.id, { include: ['reasoning.encrypted_content'] })
    expect(JSON.stringify(asked)).toContain(signature)
  })

  test('an item that the input names stands in its place (wire 55)', async () => {
    const first = await rig.openai.responses.create({ model: 'claude', input: 'I am Ada.' })
    await rig.openai.responses.create({
      model: 'claude',
      input: [
        { role: 'user', content: 'I am Ada.' },
        { type: 'item_reference', id: first.output[0]!.id! },
        { role: 'user', content: 'Who?' },
      ],
    })
    expect(rig.claude.seen[1]!.body.messages.map(textOf)).toEqual(['I am Ada.', 'Hello from Claude.', 'Who?'])
    const unknown = [{ type: 'item_reference' as const, id: `msg_${'0'.repeat(48)}_0` }]
    const refused = rig.openai.responses.create({ model: 'claude', input: unknown })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'item_not_found' })
  })

  test('a conversation goes on from a stored response without storing the next', async () => {
    const first = await rig.openai.responses.create({ model: 'claude', input: 'I am Ada.' })
    const body = { model: 'claude', input: 'Who?', previous_response_id: first.id, store: false }
    expect(storeOf(await rig.openai.responses.create(body))).toBe(false)
    expect(rig.claude.seen[1]!.body.messages).toHaveLength(3)
  })

  test('a conversation larger than the limit is refused with what it is', async () => {
    const large = 'x'.repeat(6 << 20)
    let previous: string | undefined
    let refused: unknown
    for (let n = 0; n < 5 && refused === undefined; n++) {
      const body = { model: 'claude', input: large, previous_response_id: previous ?? null }
      await rig.openai.responses.create(body).then(
        ({ id }) => (previous = id),
        (error: unknown) => (refused = error),
      )
    }
    expect(refused).toBeInstanceOf(BadRequestError)
    expect(refused).toMatchObject({ code: 'previous_response_chain_too_long', param: 'previous_response_id' })
    expect(rig.claude.seen).toHaveLength(3)
  })
})

test.each([false, true])(
  'a tool is called and its result understood over a server that others wrote, streamed: %s',
  async (stream) => {
    const model = 'scripted'
    const body = { model, input: 'weather?', tools }
    const first = stream
      ? (
          (await terminalOf(await rig.openai.responses.create({ ...body, stream }))) as {
            response: OpenAI.Responses.Response
          }
        ).response
      : await rig.openai.responses.create({ ...body, stream: false })
    const call = first.output.find((item) => item.type === 'function_call')
    const second = await rig.openai.responses.create({
      model,
      tools,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: call!.call_id, output: '21' }],
    })
    expect(second.output_text).toBe('It is 21 degrees in Berlin.')
  },
)

test('a conversation that is kept here goes on at a provider that speaks the API itself, told whole', async () => {
  rig.script = () => streamed(thinking, 'tool_use')
  const stream = await rig.openai.responses.create({ model: 'claude', input: 'weather?', tools, stream: true })
  const { response: first } = (await terminalOf(stream)) as { response: OpenAI.Responses.Response }
  await rig.openai.responses.create({
    model: 'held',
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: 'toolu_1', output: '21' }],
  })
  const { body } = rig.holder.seen[0]!
  expect(body).not.toHaveProperty('previous_response_id')
  expect(body.input.map(({ type }: { type: string }) => type)).toEqual([
    ...['message', 'function_call', 'function_call_output'],
  ])
  // It knows none of our ids, and cannot read what another family has sealed.
  expect(JSON.stringify(body.input)).not.toMatch(/"id"|headgate:|encrypted/)
})

test('state survives a restart of the process', async () => {
  const first = await rig.openai.responses.create({ model: 'claude', input: 'I am Ada.' })
  await rig.gateway.kill('SIGKILL')
  const { dataDir } = rig.gateway
  const again = await startGateway({ dataDir })
  try {
    const client = new OpenAI({ apiKey: rig.secret, baseURL: `${again.base}/v1`, maxRetries: 0 })
    expect((await client.responses.retrieve(first.id)).output_text).toBe('Hello from Claude.')
    await client.responses.create({ model: 'claude', input: 'Who?', previous_response_id: first.id })
    expect(rig.claude.seen.at(-1)!.body.messages).toHaveLength(3)
  } finally {
    await again.stop()
  }
})
