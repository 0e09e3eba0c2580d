// The Responses API remembers: over upstreams that do not, what was said is kept here; where an upstream does, everything
// about a response goes to the account that made it. Numbers are those of the rules for the wire.
import type { LLMock } from '@copilotkit/aimock'
import OpenAI, { BadRequestError, NotFoundError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { readOpenAiSchemas } from './openai-schema.ts'
import { modelOn, providerAt, startScriptedLlm } from './scripted-llm.ts'
import {
  eventStream,
  namedEvents,
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from './scripted-upstream.ts'

const judge = readOpenAiSchemas()
let llm: LLMock
let claude: ScriptedUpstream
let holder: ScriptedUpstream
let gateway: Gateway
let secret: string
let openai: OpenAI
let stranger: OpenAI
let script: (request: SeenRequest) => ScriptedAnswer

beforeAll(async () => {
  llm = await startScriptedLlm()
  claude = await startScriptedUpstream((request) => script(request))
  holder = await startScriptedUpstream(hold)
  const credentials = ['one', 'two', 'three'].map((name) => ({ name, apiKey: `sk-${name}` }))
  gateway = await startGateway({
    config: {
      teams: { blue: {}, green: {} },
      providers: {
        claude: { kind: 'anthropic', baseUrl: claude.url, credentials: [{ name: 'main', apiKey: 'sk-ant' }] },
        holder: { kind: 'openai', baseUrl: `${holder.url}/v1`, credentials },
        scripted: { kind: 'anthropic', baseUrl: llm.url, credentials: [{ name: 'main', apiKey: 'sk-llm' }] },
        plain: { ...providerAt(llm.url), kind: 'openai' },
      },
      models: {
        claude: modelOn('claude', 'claude-sonnet-4-5'),
        held: modelOn('holder', 'gpt-x'),
        forgetful: modelOn('holder', 'gpt-forgetful'),
        scripted: modelOn('scripted', 'claude-sonnet-4-5'),
        'scripted-gpt': modelOn('plain', 'gpt-4o'),
      },
    },
  })
  secret = (await gateway.issueKey({ owner: { team: 'blue' } })).secret
  openai = clientFor(secret)
  stranger = clientFor((await gateway.issueKey({ owner: { team: 'green' } })).secret)
})
afterAll(async () => {
  await gateway?.stop()
  await claude?.stop()
  await holder?.stop()
  await llm?.stop()
})
beforeEach(() => {
  claude.seen.length = 0
  holder.seen.length = 0
  script = () => said('Hello from Claude.')
})

function clientFor(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
}

const usage = { input_tokens: 10, output_tokens: 7 }
function message(content: readonly object[], stop_reason = 'end_turn'): ScriptedAnswer {
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', stop_sequence: null }
  return { pieces: [JSON.stringify({ ...base, content, stop_reason, usage })] }
}
function said(text: string): ScriptedAnswer {
  return message([{ type: 'text', text }])
}

function streamed(
  blocks: readonly { start: object; deltas: readonly object[] }[],
  stop_reason: string,
): ScriptedAnswer {
  const events = [
    { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-4-5', usage } },
    ...blocks.flatMap(({ start, deltas }, index) => [
      { type: 'content_block_start', index, content_block: start },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ]
  return { headers: eventStream, pieces: namedEvents(events) }
}

const signature = `EqQBCkYIBxgCKkB${'q7/+'.repeat(80)}==`
const thinking = [
  {
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      { type: 'thinking_delta', thinking: 'Berlin is asked for.' },
      { type: 'signature_delta', signature },
    ],
  },
  {
    start: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    deltas: [{ type: 'input_json_delta', partial_json: '{"city":"Berlin"}' }],
  },
]
const tools = [
  { type: 'function' as const, name: 'get_weather', parameters: { type: 'object', properties: {} }, strict: false },
]
const textOf = ({ content }: { content: string | { text?: string }[] }) =>
  typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')

async function terminalOf(stream: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>) {
  let last: OpenAI.Responses.ResponseStreamEvent | undefined
  for await (const event of stream) last = event
  return last
}

function get(path: string, method = 'GET') {
  return ask(`${gateway.base}/v1/responses/${path}`, method, undefined, { authorization: `Bearer ${secret}` })
}

/** The SDK knows no such member. */
function storeOf(response: OpenAI.Responses.Response): unknown {
  return (response as { store?: unknown }).store
}

describe('kept here, over an upstream of another dialect', () => {
  test('the whole conversation is told again, without the instructions of earlier turns (wire 55)', async () => {
    const first = await openai.responses.create({
      model: 'claude',
      input: 'I am Ada.',
      instructions: 'Be brief.',
      metadata: { k: 'v' },
    })
    expect([storeOf(first), first.previous_response_id, first.output_text]).toEqual([true, null, 'Hello from Claude.'])
    const second = await openai.responses.create({
      model: 'claude',
      input: 'Who am I?',
      previous_response_id: first.id,
    })
    script = () => said('Third.')
    await openai.responses.create({
      model: 'claude',
      input: 'And now?',
      previous_response_id: second.id,
      instructions: 'Be long.',
    })
    expect(second.previous_response_id).toBe(first.id)
    const [, , third] = claude.seen.map(({ body }) => body)
    expect(third.messages.map((one: never) => [one['role'], textOf(one)])).toEqual([
      ['user', 'I am Ada.'],
      ['assistant', 'Hello from Claude.'],
      ['user', 'Who am I?'],
      ['assistant', 'Hello from Claude.'],
      ['user', 'And now?'],
    ])
    expect(JSON.stringify(third.system)).toContain('Be long.')
    expect(JSON.stringify(claude.seen[1]!.body)).not.toContain('Be brief.')
    // Whether the gateway stores it is no business of a provider.
    expect(JSON.stringify(third)).not.toContain('"store"')
  })

  test.each([false, true])('a response is read as it was answered, streamed: %s', async (stream) => {
    script = ({ body }) => (body.stream ? streamed(thinking, 'tool_use') : said('Whole.'))
    const body = { model: 'claude', input: 'weather?', tools, reasoning: { effort: 'low' as const } }
    const made = stream
      ? (
          (await terminalOf(await openai.responses.create({ ...body, stream }))) as {
            response: OpenAI.Responses.Response
          }
        ).response
      : await openai.responses.create(body)
    const { output_text: _text, ...bare } = made as OpenAI.Responses.Response
    const read = (await get(made.id)).json
    expect(read).toEqual(JSON.parse(JSON.stringify(bare)))
    expect(judge?.('Response', read) ?? []).toEqual([])
  })

  test('signed thoughts go back byte by byte, and results join their calls, though the caller never saw a seal (wire 56)', async () => {
    script = () => streamed(thinking, 'tool_use')
    const stream = await openai.responses.create({
      model: 'claude',
      input: 'weather in Berlin?',
      tools,
      stream: true,
      reasoning: { effort: 'low' },
    })
    const last = (await terminalOf(stream)) as { type: string; response: OpenAI.Responses.Response }
    expect(last.type).toBe('response.completed')
    expect(JSON.stringify(last)).not.toContain(signature)
    script = () => said('21 degrees.')
    await openai.responses.create({
      model: 'claude',
      previous_response_id: last.response.id,
      tools,
      reasoning: { effort: 'low' },
      input: [{ type: 'function_call_output', call_id: 'toolu_1', output: '21' }],
    })
    const { messages } = claude.seen[1]!.body
    expect(messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Berlin is asked for.', signature },
        { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Berlin' } },
      ],
    })
    expect(messages[2].role).toBe('user')
    expect(messages[2].content[0]).toMatchObject({ type: 'tool_result', tool_use_id: 'toolu_1' })
    const asked = await openai.responses.retrieve(last.response.id, { include: ['reasoning.encrypted_content'] })
    expect(JSON.stringify(asked)).toContain(signature)
  })

  test('an item that the input names stands in its place (wire 55)', async () => {
    const first = await openai.responses.create({ model: 'claude', input: 'I am Ada.' })
    await openai.responses.create({
      model: 'claude',
      input: [
        { role: 'user', content: 'I am Ada.' },
        { type: 'item_reference', id: first.output[0]!.id! },
        { role: 'user', content: 'Who?' },
      ],
    })
    expect(claude.seen[1]!.body.messages.map(textOf)).toEqual(['I am Ada.', 'Hello from Claude.', 'Who?'])
    const unknown = [{ type: 'item_reference' as const, id: `msg_${'0'.repeat(48)}_0` }]
    const refused = openai.responses.create({ model: 'claude', input: unknown })
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'item_not_found' })
  })

  test('input items are listed in pages, with those of earlier turns', async () => {
    const first = await openai.responses.create({ model: 'claude', input: 'one' })
    const second = await openai.responses.create({
      model: 'claude',
      previous_response_id: first.id,
      input: [
        { role: 'user', content: 'two' },
        { role: 'user', content: [{ type: 'input_text', text: 'three' }] },
      ],
    })
    const newest = await openai.responses.inputItems.list(second.id, { limit: 2 })
    expect(newest.has_more).toBe(true)
    const all: OpenAI.Responses.ResponseItem[] = []
    for await (const item of openai.responses.inputItems.list(second.id, { limit: 2, order: 'asc' })) all.push(item)
    expect(all.map((item) => textOf(item as never))).toEqual(['one', 'Hello from Claude.', 'two', 'three'])
    expect(newest.data.map((item) => item.id)).toEqual([all[3]!.id, all[2]!.id])
    const page = (await get(`${second.id}/input_items?order=asc&after=${all[1]!.id}`)).json
    expect(page.data.map(({ id }: { id: string }) => id)).toEqual([all[2]!.id, all[3]!.id])
    expect(page).toMatchObject({ object: 'list', first_id: all[2]!.id, last_id: all[3]!.id, has_more: false })
    expect(judge?.('ResponseItemList', page) ?? []).toEqual([])
    for (const query of ['limit=0', 'limit=101', 'order=up', 'after=msg_nobody']) {
      const told = await get(`${second.id}/input_items?${query}`)
      expect([told.status, told.json.error.param]).toEqual([400, query.split('=')[0]])
    }
  })

  test('read as a stream, the events come once more, from any of them on (wire 51)', async () => {
    script = () => streamed(thinking, 'tool_use')
    const last = (await terminalOf(
      await openai.responses.create({ model: 'claude', input: 'weather?', tools, stream: true }),
    )) as { response: OpenAI.Responses.Response }
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    for await (const event of await openai.responses.retrieve(last.response.id, { stream: true })) events.push(event)
    expect(events.map(({ sequence_number: n }) => n)).toEqual(events.map((_, n) => n))
    expect([events[0]!.type, events.at(-1)!.type]).toEqual(['response.created', 'response.completed'])
    expect((events.at(-1) as { response: object }).response).toEqual(last.response)
    for (const event of events) expect(judge?.('ResponseStreamEvent', event) ?? []).toEqual([])
    const rest: OpenAI.Responses.ResponseStreamEvent[] = []
    const from = { stream: true, starting_after: 3 } as const
    for await (const event of await openai.responses.retrieve(last.response.id, from)) rest.push(event)
    expect(rest).toEqual(events.slice(4))
  })

  test('with store: false nothing is kept, and the answer says so (wire 57)', async () => {
    const made = await openai.responses.create({ model: 'claude', input: 'hi', store: false })
    expect(storeOf(made)).toBe(false)
    await expect(openai.responses.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError)
    const from = openai.responses.create({ model: 'claude', input: 'hi', previous_response_id: made.id })
    await expect(from).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
  })

  test('a stored one can be gone on from without storing the next', async () => {
    const first = await openai.responses.create({ model: 'claude', input: 'I am Ada.' })
    const body = { model: 'claude', input: 'Who?', previous_response_id: first.id, store: false }
    expect(storeOf(await openai.responses.create(body))).toBe(false)
    expect(claude.seen[1]!.body.messages).toHaveLength(3)
  })

  test('what is deleted is gone: 404 when read, and nothing goes on over it', async () => {
    const first = await openai.responses.create({ model: 'claude', input: 'one' })
    const second = await openai.responses.create({ model: 'claude', input: 'two', previous_response_id: first.id })
    const gone = await get(first.id, 'DELETE')
    expect([gone.status, gone.json]).toEqual([200, { id: first.id, object: 'response', deleted: true }])
    await expect(openai.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(openai.responses.delete(first.id)).rejects.toBeInstanceOf(NotFoundError)
    const onwards = openai.responses.create({ model: 'claude', input: 'three', previous_response_id: second.id })
    await expect(onwards).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      error: { message: `Previous response with id '${first.id}' not found.` },
    })
    expect((await openai.responses.retrieve(second.id)).output_text).toBe('Hello from Claude.')
  })

  test('another team finds nothing, whatever it knows', async () => {
    const made = await openai.responses.create({ model: 'claude', input: 'a secret' })
    await expect(stranger.responses.retrieve(made.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(stranger.responses.delete(made.id)).rejects.toBeInstanceOf(NotFoundError)
    await expect(stranger.responses.inputItems.list(made.id)).rejects.toBeInstanceOf(NotFoundError)
    const onwards = stranger.responses.create({ model: 'claude', input: 'x', previous_response_id: made.id })
    await expect(onwards).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    const items = [{ type: 'item_reference' as const, id: made.output[0]!.id! }]
    await expect(stranger.responses.create({ model: 'claude', input: items })).rejects.toMatchObject({
      code: 'item_not_found',
    })
    const mate = clientFor((await gateway.issueKey({ owner: { team: 'blue' } })).secret)
    expect((await mate.responses.retrieve(made.id)).id).toBe(made.id)
    expect(claude.seen).toHaveLength(1)
  })

  test('ids cannot be chosen by a caller', async () => {
    const headers = { 'x-request-id': 'chosen' }
    const made = await openai.responses.create({ model: 'claude', input: 'hi' }, { headers })
    expect(made.id).toMatch(/^resp_[0-9a-f]{48}$/)
  })

  test('ids that never were are 404 in the shape of OpenAI, and so are those that are no ids', async () => {
    for (const id of ['resp_nobody', 'x', '%00', 'a'.repeat(2_000)]) {
      const told = await get(id)
      const body = told.json
      expect(told.status).toBe(404)
      expect(judge?.('ErrorResponse', body) ?? []).toEqual([])
      expect(body.error).toMatchObject({ type: 'invalid_request_error', param: 'response_id' })
    }
    const wrong = await fetch(`${gateway.base}/v1/responses/resp_x`, { headers: { authorization: 'Bearer nobody' } })
    expect(wrong.status).toBe(401)
    expect((await get('resp_x', 'PUT')).status).toBe(405)
  })

  test('conversation, background and cancel are refused by name (wire 55)', async () => {
    const body = { model: 'claude', input: 'hi' }
    const conversation = openai.responses.create({ ...body, conversation: 'conv_1' })
    await expect(conversation).rejects.toMatchObject({ status: 400, param: 'conversation' })
    const background = openai.responses.create({ ...body, background: true })
    await expect(background).rejects.toMatchObject({ status: 400, param: 'background' })
    const made = await openai.responses.create(body)
    const cancel = openai.responses.cancel(made.id)
    await expect(cancel).rejects.toMatchObject({ status: 400, code: 'response_not_in_background' })
    const strange = openai.responses.create({ ...body, store: 'yes' as never })
    await expect(strange).rejects.toMatchObject({ status: 400, param: 'store' })
    expect(claude.seen).toHaveLength(1)
  })

  test('a stream that breaks off is not stored and says so', async () => {
    script = () => ({ headers: eventStream, pieces: streamed(thinking, 'x').pieces!.slice(0, 4), breaks: true })
    const events: OpenAI.Responses.ResponseStreamEvent[] = []
    const stream = await openai.responses.create({ model: 'claude', input: 'hi', stream: true })
    for await (const event of stream) events.push(event)
    const last = events.at(-1) as { type: string; response: OpenAI.Responses.Response }
    expect([last.type, storeOf(last.response)]).toEqual(['response.failed', false])
    await expect(openai.responses.retrieve(last.response.id)).rejects.toBeInstanceOf(NotFoundError)
  })

  test('a conversation larger than the limit is refused with what it is', async () => {
    const large = 'x'.repeat(6 << 20)
    let previous: string | undefined
    let refused: unknown
    for (let n = 0; n < 5 && refused === undefined; n++) {
      const body = { model: 'claude', input: large, previous_response_id: previous ?? null }
      await openai.responses.create(body).then(
        ({ id }) => (previous = id),
        (error: unknown) => (refused = error),
      )
    }
    expect(refused).toBeInstanceOf(BadRequestError)
    expect(refused).toMatchObject({ code: 'previous_response_chain_too_long', param: 'previous_response_id' })
    expect(claude.seen).toHaveLength(3)
  })

  test('what is too large to store is answered, and says that it is not stored', async () => {
    const made = await openai.responses.create({ model: 'claude', input: 'x'.repeat(9 << 20), store: true })
    expect([storeOf(made), made.output_text]).toEqual([false, 'Hello from Claude.'])
  })

  test('nothing of it stands in what the gateway prints', async () => {
    await openai.responses.create({ model: 'claude', input: 'a-canary-that-was-said' })
    expect(gateway.output()).not.toContain('a-canary-that-was-said')
  })
})

test('a tool is called and answered over two dialects that others wrote, streamed or not', async () => {
  for (const [model, stream] of [
    ['scripted', false],
    ['scripted', true],
  ] as const) {
    const body = { model, input: 'weather?', tools }
    const first = stream
      ? (
          (await terminalOf(await openai.responses.create({ ...body, stream }))) as {
            response: OpenAI.Responses.Response
          }
        ).response
      : await openai.responses.create(body)
    const call = (first as OpenAI.Responses.Response).output.find((item) => item.type === 'function_call')
    const second = await openai.responses.create({
      model,
      tools,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: call!.call_id, output: '21' }],
    })
    expect(second.output_text).toBe('It is 21 degrees in Berlin.')
  }
})

test('a conversation that is kept here goes on at a provider that speaks the API itself, told whole', async () => {
  script = () => streamed(thinking, 'tool_use')
  const stream = await openai.responses.create({ model: 'claude', input: 'weather?', tools, stream: true })
  const { response: first } = (await terminalOf(stream)) as { response: OpenAI.Responses.Response }
  await openai.responses.create({
    model: 'held',
    previous_response_id: first.id,
    input: [{ type: 'function_call_output', call_id: 'toolu_1', output: '21' }],
  })
  const { body } = holder.seen[0]!
  expect(body).not.toHaveProperty('previous_response_id')
  expect(body.input.map(({ type }: { type: string }) => type)).toEqual([
    ...['message', 'function_call', 'function_call_output'],
  ])
  // It knows none of our ids, and cannot read what another family has sealed.
  expect(JSON.stringify(body.input)).not.toMatch(/"id"|headgate:|encrypted/)
})

/** An upstream that keeps responses itself, each for the account that made it. */
let count = 0
const made = new Map<string, { account: string; response: Record<string, unknown> }>()
function hold({ path, headers, body }: SeenRequest): ScriptedAnswer {
  const account = String(headers.authorization)
  const [, id] = /^\/v1\/responses\/([^/?]+)/.exec(path) ?? []
  const json = (value: object, status = 200): ScriptedAnswer => ({ status, pieces: [JSON.stringify(value)] })
  const unknown = json({ error: { message: 'not this account', type: 'invalid_request_error', code: null } }, 404)
  if (id === undefined) {
    const previous = body.previous_response_id
    if (typeof previous === 'string' && made.get(previous)?.account !== account) return unknown
    const response = {
      ...held(`resp_up${count++}`),
      store: body.model !== 'gpt-forgetful' && (body.store ?? true),
      previous_response_id: previous ?? null,
    }
    if (response.store) made.set(response.id, { account, response })
    if (body.stream !== true) return json(response)
    const events = ['created', 'completed'].map((type, n) => ({
      type: `response.${type}`,
      sequence_number: n,
      response,
    }))
    return { headers: eventStream, pieces: namedEvents(events) }
  }
  const one = made.get(id)
  if (one?.account !== account) return unknown
  if (path.includes('/input_items')) return json({ object: 'list', data: [], path })
  return json(one.response)
}

function held(id: string) {
  const content = [{ type: 'output_text', text: 'Held.', annotations: [] }]
  return {
    id,
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'gpt-x',
    output: [{ id: `msg_${id}`, type: 'message', role: 'assistant', status: 'completed', content }],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  }
}

describe('over an upstream that speaks the API and holds nothing', () => {
  test.each([false, true])('the conversation is kept here, and told whole each time, streamed: %s', async (stream) => {
    const ask = async (input: string, previous: string | null) => {
      const body = { model: 'forgetful', input, previous_response_id: previous }
      if (!stream) return openai.responses.create(body)
      const last = await terminalOf(await openai.responses.create({ ...body, stream }))
      return (last as { response: OpenAI.Responses.Response }).response
    }
    const first = await ask('I am Ada.', null)
    const second = await ask('Who am I?', first.id)
    expect([storeOf(first), storeOf(second), second.id === first.id]).toEqual([true, true, false])
    const { body } = holder.seen[1]!
    expect(body).not.toHaveProperty('previous_response_id')
    expect(body.input.map((item: { content: string }) => textOf(item))).toEqual(['I am Ada.', 'Held.', 'Who am I?'])
    expect(await openai.responses.retrieve(second.id)).toMatchObject({ id: second.id, previous_response_id: first.id })
    expect((await openai.responses.inputItems.list(second.id)).data).toHaveLength(3)
    expect((await get(second.id, 'DELETE')).status).toBe(200)
    await expect(openai.responses.retrieve(second.id)).rejects.toBeInstanceOf(NotFoundError)
    expect(holder.seen).toHaveLength(2)
  })
})

describe('held by an upstream', () => {
  test.each([false, true])(
    '55: everything about a response goes to the account that made it, streamed: %s',
    async (stream) => {
      for (let n = 0; n < 6; n++) {
        const body = { model: 'held', input: 'hi' }
        const first = stream
          ? ((await terminalOf(await openai.responses.create({ ...body, stream }))) as { response: { id: string } })
              .response
          : await openai.responses.create(body)
        const second = await openai.responses.create({ ...body, previous_response_id: first.id })
        expect(second.previous_response_id).toBe(first.id)
        expect((await openai.responses.retrieve(second.id)).id).toBe(second.id)
        const list = (await get(`${second.id}/input_items?limit=3`)).json
        expect(list.path).toBe(`/v1/responses/${second.id}/input_items?limit=3`)
        expect((await get(second.id, 'DELETE')).status).toBe(200)
        await expect(openai.responses.retrieve(second.id)).rejects.toBeInstanceOf(NotFoundError)
      }
      const accounts = new Set(holder.seen.map(({ headers }) => headers.authorization))
      expect(accounts.size).toBeGreaterThan(1)
    },
  )

  test('what goes out is what the caller wrote, and what comes back is what the upstream sent', async () => {
    const answer = await openai.responses.create({ model: 'held', input: 'hi', store: true })
    expect(holder.seen[0]!.body).toEqual({ model: 'gpt-x', input: 'hi', store: true })
    expect(made.get(answer.id)?.response).toMatchObject({ id: answer.id })
  })

  test('another team reaches none of it, and nothing is asked of the upstream', async () => {
    const { id } = await openai.responses.create({ model: 'held', input: 'hi' })
    holder.seen.length = 0
    await expect(stranger.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError)
    const onwards = stranger.responses.create({ model: 'held', input: 'x', previous_response_id: id })
    await expect(onwards).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    expect(holder.seen).toEqual([])
  })

  test('what else is asked about a response goes there too', async () => {
    const { id } = await openai.responses.create({ model: 'held', input: 'hi' })
    holder.seen.length = 0
    expect((await openai.responses.cancel(id)).id).toBe(id)
    const query = { include: ['reasoning.encrypted_content' as const] }
    expect((await openai.responses.retrieve(id, query)).id).toBe(id)
    expect(holder.seen.map(({ path }) => decodeURIComponent(path))).toEqual([
      `/v1/responses/${id}/cancel`,
      `/v1/responses/${id}?include[]=reasoning.encrypted_content`,
    ])
    for (const more of [{ background: true }, { background: true, store: false }, { conversation: 'conv_1' }]) {
      const refused = openai.responses.create({ model: 'held', input: 'hi', ...more })
      await expect(refused).rejects.toMatchObject({ status: 400, param: Object.keys(more)[0] })
    }
    expect(holder.seen).toHaveLength(2)
  })

  test('a model elsewhere cannot go on from it, and is told where it lies', async () => {
    const { id } = await openai.responses.create({ model: 'held', input: 'hi' })
    const onwards = openai.responses.create({ model: 'claude', input: 'x', previous_response_id: id })
    await expect(onwards).rejects.toMatchObject({ status: 400, code: 'previous_response_elsewhere' })
    await expect(onwards).rejects.toThrow(/holder.*`held`/)
    expect(claude.seen).toEqual([])
  })

  test('with store: false nothing is remembered of it', async () => {
    const { id } = await openai.responses.create({ model: 'held', input: 'hi', store: false })
    holder.seen.length = 0
    await expect(openai.responses.retrieve(id)).rejects.toBeInstanceOf(NotFoundError)
    expect(holder.seen).toEqual([])
  })
})

test('state survives a restart of the process', async () => {
  const first = await openai.responses.create({ model: 'claude', input: 'I am Ada.' })
  await gateway.kill('SIGKILL')
  const { dataDir } = gateway
  const again = await startGateway({ dataDir, config: undefined as never })
  try {
    const client = new OpenAI({ apiKey: secret, baseURL: `${again.base}/v1`, maxRetries: 0 })
    expect((await client.responses.retrieve(first.id)).output_text).toBe('Hello from Claude.')
    await client.responses.create({ model: 'claude', input: 'Who?', previous_response_id: first.id })
    expect(claude.seen.at(-1)!.body.messages).toHaveLength(3)
  } finally {
    await again.stop()
  }
})
