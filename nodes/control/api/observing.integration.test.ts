// What the control node passes on from others: aggregators over the bus, nodes by their heartbeats, followers by what they
// applied. The bus is the real in-process one; this file answers on it in their place.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import type { NodeHeartbeat } from '../../../shared/telemetry/records.ts'
import { type CheckDescribed, describedBy } from '../testing/described.ts'
import { ask, type StartedControl, startedControl } from '../testing/started-control.ts'

let control: StartedControl
let check: CheckDescribed
beforeAll(async () => {
  control = await startedControl({ awaitAppliedBy: 'proxy-1' })
  check = describedBy((await ask(`${control.url}/openapi.json`, 'GET')).json)
})
afterAll(() => control.remove())

async function get(path: string) {
  const told = await control.admin('GET', path)
  check('GET', `/api/v1${path}`, told)
  return told
}

/** Answers the next queries with `answer`; gives the queries that came. */
async function withAggregator<Value>(answer: unknown, ask: (queries: unknown[]) => Promise<Value>): Promise<Value> {
  const queries: unknown[] = []
  const serving = control.bus.serve(subjects.aggregatorQuery, (payload) => {
    queries.push(decodeJson(payload))
    return typeof answer === 'string' ? new TextEncoder().encode(answer) : encodeJson(answer)
  })
  try {
    return await ask(queries)
  } finally {
    serving.stop()
  }
}

describe('aggregators', () => {
  test.each([
    ['/usage', { rows: [] }, { type: 'usage', groupBy: [] }],
    [
      '/usage?groupBy=model,team&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00%2B01:00',
      { rows: [{ model: 'm', requests: 1 }], from: 'x', to: 'y' },
      { type: 'usage', groupBy: ['model', 'team'], fromMs: 1_767_225_600_000, toMs: 1_767_308_400_000 },
    ],
    ['/requests', { items: [] }, { type: 'requests', limit: 100 }],
    [
      '/requests?limit=5&before=r9&model=fast',
      { items: [{ requestId: 'r8' }] },
      { type: 'requests', limit: 5, before: 'r9', filter: { model: 'fast' } },
    ],
    ['/requests/r1', { requestId: 'r1' }, { type: 'request', id: 'r1' }],
    ['/targets', { targets: [] }, { type: 'targets' }],
  ])('%s is asked of an aggregator and passed on', async (path, answer, query) => {
    await withAggregator(answer, async (queries) => {
      const told = await get(path)
      expect([told.status, told.json]).toEqual([200, answer])
      expect(queries).toEqual([query])
    })
  })

  test('a request that is not in the history is 404', async () => {
    await withAggregator(null, async () => expect((await get('/requests/none')).status).toBe(404))
  })

  test('while no aggregator answers, usage is an honest 503', async () => {
    const told = await get('/usage')
    expect([told.status, told.json.type]).toEqual([503, 'urn:headgate:problem:aggregator-unavailable'])
    expect(told.headers.get('retry-after')).toBe('1')
  })

  test('metrics hold what an aggregator says and what the control node knows, and no name of a key or team', async () => {
    await control.admin('PUT', '/teams/canary-team', {})
    const { id } = (await control.admin('POST', '/keys', { name: 'canary-key', owner: { team: 'canary-team' } })).json
    const text = '# TYPE headgate_requests_total counter\nheadgate_requests_total 7'
    const told = await withAggregator(text, () => ask(`${control.url}/metrics`, 'GET'))
    expect(told.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(told.text).toContain('headgate_requests_total 7\n')
    expect(told.text).toMatch(/^headgate_control_config_revision [1-9]/m)
    for (const secret of [id, 'canary-key', 'canary-team', 'test-token']) expect(told.text).not.toContain(secret)
  })
})

describe('nodes', () => {
  test('a heartbeat puts a node on the list, and the control node is on it by its own', async () => {
    const heartbeat: NodeHeartbeat = {
      ...{ node: 'proxy-1', role: 'proxy', region: 'local', version: '9', revision: 3, hash: 'ab', lagMs: 0 },
      ...{ draining: false, atMs: 1, queues: { telemetry: { length: 0, dropped: 0 } } },
    }
    control.bus.publish(subjects.heartbeat, encodeJson(heartbeat))
    await expect
      .poll(async () =>
        (await get('/nodes')).json.nodes.map((node: { name: string; role: string }) => [node.name, node.role]),
      )
      .toEqual([
        ['proxy-1', 'proxy'],
        ['test', 'control'],
      ])
    const { nodes } = (await get('/nodes')).json
    expect(nodes[0]).toMatchObject({ revision: 3, queues: { telemetry: { length: 0, dropped: 0 } } })
  })
})

describe('waiting for the proxy', () => {
  test('a write is answered once the proxy has applied it', async () => {
    let appliedMs = 0
    const following = control.bus.subscribe(subjects.configAppended, (payload) => {
      const { revision } = decodeJson(payload) as { revision: number }
      setTimeout(() => {
        appliedMs = performance.now()
        control.bus.publish(subjects.configApplied, encodeJson({ node: 'proxy-1', revision, hash: '' }))
      }, 50)
    })
    expect((await control.admin('PUT', '/teams/awaited', {})).status).toBe(200)
    expect(performance.now()).toBeGreaterThanOrEqual(appliedMs)
    expect(appliedMs).toBeGreaterThan(0)
    following.stop()
  })

  test('a proxy that says nothing holds a write up for one second, not more', async () => {
    const startedMs = performance.now()
    expect((await control.admin('PUT', '/teams/impatient', {})).status).toBe(200)
    expect(performance.now() - startedMs).toSatisfy((ms: number) => ms >= 950 && ms < 2_000)
  })
})
