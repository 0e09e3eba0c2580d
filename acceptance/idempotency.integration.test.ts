// Idempotency keys as callers of one process and of a cluster meet them: the same bytes again at no cost, also from a proxy that has just
// started, and nothing of another virtual key.
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from './answering-upstream.ts'
import { type Cluster, type ClusterNode, findNatsServer, startCluster } from './cluster.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { price } from './limits/budget-callers.ts'
import { providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'hi' }]

let upstream: AnsweringUpstream
beforeAll(async () => {
  upstream = await startAnsweringUpstream()
})
afterAll(async () => {
  await upstream?.stop()
})

const configOf = ({ url }: AnsweringUpstream) => ({
  providers: { up: providerAt(url) },
  models: { fast: { targets: [{ provider: 'up', model: 'm', price }], retries: { attempts: 0 } } },
})

interface Asked {
  readonly base: string
  readonly apiKey: string
  readonly idempotencyKey: string
  readonly content?: string
}

function ask({ base, apiKey, idempotencyKey, content = 'hi' }: Asked) {
  const client = new OpenAI({ apiKey, baseURL: `${base}/v1`, maxRetries: 2 })
  const body = { model: 'fast', messages: [{ ...messages[0]!, content }], max_tokens: 5 }
  return client.chat.completions.create(body, { headers: { 'Idempotency-Key': idempotencyKey } }).withResponse()
}

const replayed = ({ response }: { response: Response }) => response.headers.get('x-headgate-idempotent-replay')

describe('one process', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway({ config: configOf(upstream) })
  })
  afterAll(async () => {
    await gateway?.stop()
  })

  test('answers again for nothing, also after a restart, and refuses another request', async () => {
    const { secret: apiKey, id } = await gateway.issueKey()
    const asked = { base: gateway.base, apiKey, idempotencyKey: 'order-7' }
    const before = upstream.answered
    const first = await ask(asked)
    const again = await ask(asked)
    expect([replayed(first), replayed(again), upstream.answered - before]).toEqual([null, 'true', 1])
    expect(again.data).toEqual(first.data)
    const conflict = await ask({ ...asked, content: 'something else' }).catch((thrown: unknown) => thrown)
    expect(conflict).toBeInstanceOf(OpenAI.ConflictError)
    expect(conflict).toMatchObject({ status: 409, code: 'idempotency_conflict' })
    const events = async () => (await gateway.admin('GET', `/ledger?key=${id}`)).json.items
    await until(async () => (await events()).length > 0, 5_000)
    const { dataDir } = gateway
    await gateway.kill('SIGTERM')
    gateway = await startGateway({ config: configOf(upstream), dataDir })
    const later = await ask({ ...asked, base: gateway.base })
    expect([replayed(later), later.data, upstream.answered - before]).toEqual(['true', first.data, 1])
    await until(async () => (await events()).length > 0, 5_000)
    expect((await events()).map(({ settlement }: { settlement: string }) => settlement)).toEqual(['reported'])
  })

  test('a request that is sent twice at once is made once, and the SDK waits for its answer', async () => {
    const { secret: apiKey } = await gateway.issueKey()
    const asked = { base: gateway.base, apiKey, idempotencyKey: 'twice' }
    const before = upstream.answered
    upstream.delayMs = 300
    const both = await Promise.all([ask(asked), ask(asked)])
    upstream.delayMs = 10
    expect(both.map(replayed).sort()).toEqual([null, 'true'].sort())
    expect(upstream.answered - before).toBe(1)
  })

  test('another virtual key of the team has answers of its own', async () => {
    const keys = [await gateway.issueKey(), await gateway.issueKey()]
    const before = upstream.answered
    for (const { secret: apiKey } of keys) {
      const told = await ask({ base: gateway.base, apiKey, idempotencyKey: 'guessed' })
      expect(replayed(told)).toBeNull()
    }
    expect(upstream.answered - before).toBe(2)
  })
})

describe.skipIf(findNatsServer() === undefined)('a cluster (needs nats-server)', () => {
  let cluster: Cluster
  let proxies: ClusterNode[]
  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.start('control', { config: configOf(upstream) })
    proxies = await Promise.all(['proxy-1', 'proxy-2'].map((name) => cluster.start('proxy', { name })))
  })
  afterAll(async () => {
    await cluster?.dispose()
  })

  test('one proxy answers what another one has been asked', async () => {
    const { secret: apiKey, revision } = await cluster.issueKey()
    await cluster.applied(revision)
    const [one, other] = proxies.map(({ base }) => base) as [string, string]
    // A stream that was just made has no leader yet.
    await until(async () => replayed(await ask({ base: one, apiKey, idempotencyKey: 'warm' })) === 'true', 20_000)
    const before = upstream.answered
    const first = await ask({ base: one, apiKey, idempotencyKey: 'order-8' })
    const again = await ask({ base: other, apiKey, idempotencyKey: 'order-8' })
    expect([replayed(again), again.data, upstream.answered - before]).toEqual(['true', first.data, 1])
    const conflict = await ask({ base: other, apiKey, idempotencyKey: 'order-8', content: 'else' }).catch(
      (thrown: unknown) => thrown,
    )
    expect(conflict).toMatchObject({ status: 409, code: 'idempotency_conflict' })
  })
})
