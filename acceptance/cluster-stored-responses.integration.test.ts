// Stored responses in a cluster: every proxy knows at once what any of them has stored, a restart forgets nothing, and with
// NATS away what needs no state goes on, while what does is told so.
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { busyness } from '../shared/test-load.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from './cluster.ts'
import { readOpenAiSchemas } from './openai-schema.ts'
import { modelOn } from './scripted-llm.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

const judge = readOpenAiSchemas()

/** The SDK knows no such member. */
function storeOf(response: OpenAI.Responses.Response): unknown {
  return (response as { store?: unknown }).store
}

describe.skipIf(findNatsServer() === undefined)('stored responses in a cluster (needs nats-server)', () => {
  let cluster: Cluster
  let claude: ScriptedUpstream
  let holder: ScriptedUpstream
  let proxies: [ClusterNode, ClusterNode]
  let key: string
  let clients: [OpenAI, OpenAI]
  beforeAll(async () => {
    const base = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x', stop_sequence: null }
    const content = [{ type: 'text', text: 'Hello from Claude.' }]
    const usage = { input_tokens: 10, output_tokens: 7 }
    const answer = { ...base, content, stop_reason: 'end_turn', usage }
    claude = await startScriptedUpstream(() => ({ pieces: [JSON.stringify(answer)] }))
    let made = 0
    holder = await startScriptedUpstream(({ body }) => ({
      pieces: [
        JSON.stringify({ id: `resp_up${made++}`, object: 'response', store: true, output: [], model: body.model }),
      ],
    }))
    cluster = await startCluster({ nats: { servers: 3 } })
    const credentials = [{ name: 'main', apiKey: 'sk-ant' }]
    const config = {
      providers: {
        claude: { kind: 'anthropic', baseUrl: claude.url, credentials },
        holder: {
          kind: 'openai',
          baseUrl: `${holder.url}/v1`,
          credentials: ['one', 'two', 'three'].map((name) => ({ name, apiKey: `sk-${name}` })),
        },
      },
      models: { claude: modelOn('claude', 'claude-sonnet-4-5'), held: modelOn('holder', 'gpt-x') },
    }
    await cluster.start('control', { config })
    proxies = await Promise.all([
      cluster.start('proxy', { name: 'proxy-1' }),
      cluster.start('proxy', { name: 'proxy-2' }),
    ])
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
    clients = proxies.map(
      ({ base }) => new OpenAI({ apiKey: key, baseURL: `${base}/v1`, maxRetries: 0 }),
    ) as typeof clients
    // A stream that was just made has no leader yet.
    await stored('first')
  })
  afterAll(async () => {
    await cluster?.dispose()
    await claude?.stop()
    await holder?.stop()
  })
  beforeEach(() => {
    claude.seen.length = 0
  })

  /** Answers the id of a response that was stored: while NATS is away a response is given and not stored. */
  async function stored(input: string): Promise<string> {
    let id = ''
    await until(async () => {
      const response = await clients[0].responses.create({ model: 'claude', input })
      id = response.id
      return storeOf(response) === true
    }, 60_000)
    return id
  }

  test('a response is gone on from at once, through another proxy each time', async () => {
    let previous: string | null = null
    for (let n = 0; n < 12; n++) {
      const turn: OpenAI.Responses.Response = await clients[n % 2]!.responses.create({
        model: 'claude',
        input: `turn ${n}`,
        previous_response_id: previous,
      })
      expect(storeOf(turn)).toBe(true)
      previous = turn.id
    }
    const { messages } = claude.seen.at(-1)!.body
    expect(messages).toHaveLength(23)
    expect(JSON.stringify(messages[0])).toContain('turn 0')
    expect((await clients[0].responses.retrieve(previous!)).output_text).toBe('Hello from Claude.')
    const items: unknown[] = []
    for await (const item of clients[0].responses.inputItems.list(previous!, { limit: 5 })) items.push(item)
    expect(items).toHaveLength(23)
  })

  test('what an upstream holds is asked of the account that made it, through whichever proxy', async () => {
    for (let n = 0; n < 8; n++) {
      holder.seen.length = 0
      const { id } = await clients[0].responses.create({ model: 'held', input: 'hi' })
      await clients[1].responses.create({ model: 'held', input: 'on', previous_response_id: id })
      await clients[1].responses.retrieve(id)
      expect(holder.seen.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/responses', `/v1/responses/${id}`])
      expect(new Set(holder.seen.map(({ headers }) => headers.authorization)).size).toBe(1)
    }
  })

  test('what one proxy deleted the other one does not find', async () => {
    const id = await stored('hi')
    await clients[0].responses.delete(id)
    await expect(clients[1].responses.retrieve(id)).rejects.toMatchObject({ status: 404 })
  })

  test('a team that is made again has nothing of the old one at any proxy, and what the old one stored is erased', async () => {
    const make = async () => {
      await cluster.admin('PUT', '/teams/again', {})
      const issued = await cluster.issueKey({ owner: { team: 'again' } })
      await cluster.applied(issued.revision)
      const openAs = ({ base }: ClusterNode) =>
        new OpenAI({ apiKey: issued.secret, baseURL: `${base}/v1`, maxRetries: 0 })
      return { id: issued.id, clients: proxies.map(openAs) as [OpenAI, OpenAI] }
    }
    const before = await entries()
    const old = await make()
    const made = await old.clients[0].responses.create({ model: 'claude', input: 'of the old one', store: true })
    expect([(await old.clients[1].responses.retrieve(made.id)).id, await entries()]).toEqual([made.id, before + 1])
    expect((await cluster.admin('DELETE', `/keys/${old.id}`)).status).toBe(200)
    expect((await cluster.admin('DELETE', '/teams/again')).status).toBe(200)
    await until(async () => (await entries()) === before, 20_000)
    const { clients: anew } = await make()
    for (const client of anew) {
      await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 })
    }
  })

  /** Number of entries in the stream of state. */
  async function entries(): Promise<number> {
    const connection = await connect({ servers: cluster.nats.url.split(',') })
    try {
      const manager = await jetstream(connection).jetstreamManager(false)
      return (await manager.streams.info('STATE')).state.messages
    } finally {
      await connection.close()
    }
  }

  test('a leader that ends costs no stored response', async () => {
    const id = await stored('hi')
    const leader = await cluster.nats.leaderOf('STATE')
    await leader.kill()
    const found = () =>
      clients[1].responses.retrieve(id).then(
        () => true,
        (error: { status?: number }) => {
          // It may be away for a moment; it is never said to be unknown.
          expect(error.status).toBe(503)
          return false
        },
      )
    await until(found, 30_000)
    await leader.start()
    await until(
      async () => storeOf(await clients[0].responses.create({ model: 'claude', input: 'x' })) === true,
      30_000,
    )
  })

  test('with NATS away: what needs state is 503 before anything is spent, everything else goes on', async () => {
    const id = await stored('hi')
    await cluster.nats.kill()
    await until(async () => (await proxies[0].readyz()).reasons.some((reason) => /NATS is away/.test(reason)), 30_000)
    claude.seen.length = 0
    const away = { status: 503, code: 'state_unavailable' }
    await expect(clients[0].responses.retrieve(id)).rejects.toMatchObject(away)
    await expect(clients[0].responses.delete(id)).rejects.toMatchObject(away)
    const body = { model: 'claude', input: 'hi' }
    const onwards = clients[0].responses.create({ ...body, previous_response_id: id })
    await expect(onwards).rejects.toMatchObject(away)
    const insisting = clients[0].responses.create({ ...body, store: true })
    await expect(insisting).rejects.toMatchObject(away)
    expect(claude.seen).toEqual([])
    const told = await fetch(`${proxies[0].base}/v1/responses/${id}`, { headers: { authorization: `Bearer ${key}` } })
    expect(told.headers.get('x-should-retry')).toBe('true')
    expect(judge?.('ErrorResponse', await told.json()) ?? []).toEqual([])

    // Who did not ask for it is answered, and told that nothing is stored.
    const answered = await clients[0].responses.create(body)
    expect([answered.output_text, storeOf(answered)]).toEqual(['Hello from Claude.', false])
    expect((await clients[1].responses.create({ ...body, store: false })).output_text).toBe('Hello from Claude.')
    expect((await chat(proxies[0], key, 'claude')).status).toBe(200)

    await cluster.nats.start()
    const found = () =>
      clients[1].responses.retrieve(id).then(
        () => true,
        () => false,
      )
    await until(found, 60_000)
  })

  test('with servers that stand still, what asked for no state waits for nothing, and the rest for seconds at most', async () => {
    const id = await stored('hi')
    for (const server of cluster.nats.servers) server.pause()
    try {
      const body = { model: 'claude', input: 'hi' }
      const startedMs = performance.now()
      const [said, statelessMs] = await Promise.all([
        clients[0].responses.create(body),
        clients[1].responses.create({ ...body, store: false }).then(() => performance.now() - startedMs),
        expect(clients[1].responses.retrieve(id)).rejects.toMatchObject({ status: 503 }),
        expect(clients[1].responses.create({ ...body, store: true })).rejects.toMatchObject({ status: 503 }),
      ])
      expect(storeOf(said)).toBe(false)
      // The line to a server is given up within 3 s, and the bus of a process after 4 s; a busy machine may be late.
      expect(performance.now() - startedMs).toBeLessThan(10_000 * busyness())
      expect(statelessMs).toBeLessThan(3_000 * busyness())
    } finally {
      for (const server of cluster.nats.servers) server.resume()
    }
    const found = () =>
      clients[1].responses.retrieve(id).then(
        () => true,
        () => false,
      )
    await until(found, 60_000)
  })

  test('a restart of everything forgets nothing', async () => {
    const id = await stored('I am Ada.')
    await cluster.nats.kill()
    await cluster.nats.start()
    await Promise.all(proxies.map((proxy) => proxy.restart()))
    const found = () =>
      clients[1].responses.create({ model: 'claude', input: 'Who?', previous_response_id: id }).then(
        () => true,
        () => false,
      )
    await until(found, 60_000)
    expect(claude.seen.at(-1)!.body.messages).toHaveLength(3)
  })
})
