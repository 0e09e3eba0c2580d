// What the control node passes on from others: aggregators over the bus, nodes by their heartbeats, followers by what they
// applied. The bus is the real in-process one; this file answers on it in their place.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import type { NodeHeartbeat } from '../../../shared/telemetry/records.ts'
import { busyness } from '../../../shared/test-load.ts'
import { type CheckDescribed, describedBy } from '../testing/described.ts'
import { ask, type StartedControl, startedControl } from '../testing/started-control.ts'

let control: StartedControl
let awaiting: StartedControl
let check: CheckDescribed
beforeAll(async () => {
  control = await startedControl({ node: { name: 'test', version: '0.0.0', role: 'control' } })
  awaiting = await startedControl({ awaitAppliedBy: 'proxy-1' })
  check = describedBy((await ask(`${control.url}/openapi.json`, 'GET')).json)
})
afterAll(() => Promise.all([control.remove(), awaiting.remove()]))

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
      { items: [{ id: 'r8' }] },
      { type: 'requests', limit: 5, before: 'r9', filter: { model: 'fast' } },
    ],
    ['/requests/r1', { id: 'r1' }, { type: 'request', id: 'r1' }],
    ['/targets', { targets: [] }, { type: 'targets' }],
  ])('%s is asked of an aggregator and passed on', async (path, answer, query) => {
    await withAggregator(answer, async (queries) => {
      const told = await get(path)
      expect([told.status, told.json]).toEqual([200, answer])
      expect(queries).toEqual([query])
    })
  })

  test('a request that is not in the history is 404', async () => {
    await withAggregator({ missing: true }, async () => expect((await get('/requests/none')).status).toBe(404))
  })

  test('what an aggregator finds wrong with a question is a 422 that names it', async () => {
    await withAggregator({ problem: 'is not a cursor of this list', path: 'before' }, async () => {
      const told = await get('/requests?before=x')
      expect([told.status, told.json.problems]).toEqual([
        422,
        [{ path: 'query.before', message: 'is not a cursor of this list' }],
      ])
    })
  })

  test('a request is explained by its attempts and by the configuration of its moment', async () => {
    await control.admin('PUT', '/providers/a', { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1' })
    await control.admin('PUT', '/models/spare', { targets: [{ provider: 'a', model: 'small' }] })
    const targets = [
      { provider: 'a', model: 'big', weight: 3 },
      { provider: 'a', model: 'bigger' },
    ]
    const { revision } = (await control.admin('PUT', '/models/m', { targets, fallbacks: ['spare'] })).json
    await control.admin('DELETE', '/models/m')
    const attempts = [
      { provider: 'a', target: 'big', outcome: 'timeout', upstreamStatus: 0 },
      { provider: 'a', target: 'bigger', outcome: 'ok', upstreamStatus: 200 },
    ]
    const explain = { revision, chosen: { provider: 'a', target: 'bigger' }, attempts }
    await withAggregator({ id: 'r1', model: 'm', status: 'ok', errorCode: '', explain }, async () => {
      expect((await get('/requests/r1/explain')).json).toEqual({
        revision,
        chosen: explain.chosen,
        attempts,
        candidates: [
          { model: 'm', provider: 'a', target: 'big', weight: 3, fallbackIndex: 0 },
          { model: 'm', provider: 'a', target: 'bigger', weight: 1, fallbackIndex: 0 },
          { model: 'spare', provider: 'a', target: 'small', weight: 1, fallbackIndex: 1 },
        ],
        why: 'The first of 2 targets was drawn by weighted routing. a/big ended in timeout, so the next was tried. a/bigger answered.',
      })
    })
  })

  test('while no aggregator answers, usage is an honest 503', async () => {
    const told = await get('/usage')
    expect([told.status, told.json.type]).toEqual([503, 'urn:headgate:problem:aggregator-unavailable'])
    expect(told.headers.get('retry-after')).toBe('1')
  })

  test('metrics hold what an aggregator says and what the control node knows, and no name of a key or team (wire 105)', async () => {
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
      node: 'proxy-1',
      role: 'proxy',
      region: 'local',
      version: '9',
      revision: 3,
      hash: 'ab',
      lagMs: 0,
      draining: false,
      atMs: 1,
      queues: { telemetry: { length: 0, dropped: 0 } },
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

test('a node that means something else by a revision than the log is an alarm everywhere one looks', async () => {
  const mistaken: NodeHeartbeat = {
    node: 'proxy-9',
    role: 'proxy',
    region: 'local',
    version: '9',
    revision: 1,
    hash: 'ff',
    lagMs: 0,
    draining: false,
    atMs: 1,
    queues: {},
    troubles: ['its disk is old'],
  }
  const beating = setInterval(() => control.bus.publish(subjects.heartbeat, encodeJson(mistaken)), 200)
  try {
    const ready = async () => (await ask(`${control.url}/readyz?verbose`, 'GET')).json.reasons.join()
    await expect.poll(ready, { timeout: 60_000 }).toMatch(/revision 1 .* proxy-9 has another one/)
    const { nodes } = (await get('/nodes')).json
    const shown = nodes.find(({ name }: { name: string }) => name === 'proxy-9')
    expect(shown).toMatchObject({ agrees: false, troubles: ['its disk is old'] })
    expect((await ask(`${control.url}/metrics`, 'GET')).text).toMatch(/^headgate_config_disagreements [1-9]/m)
    expect(control.notices).toContainEqual({ type: 'config-disagreement', revision: 1, nodes: ['proxy-9'] })
  } finally {
    clearInterval(beating)
  }
})

describe('waiting for the proxy', () => {
  const applied = (revision: number) =>
    awaiting.bus.publish(subjects.configApplied, encodeJson({ node: 'proxy-1', revision, hash: '' }))

  test('one that was never heard of serves nobody yet, and is not waited for', async () => {
    const startedMs = performance.now()
    expect((await awaiting.admin('PUT', '/teams/early', {})).status).toBe(200)
    expect(performance.now() - startedMs).toBeLessThan(900 * busyness())
    applied(0)
  })

  test('a write is answered once the proxy has applied it', async () => {
    let appliedMs = 0
    const following = awaiting.bus.subscribe(subjects.configAppended, (payload) => {
      const { revision } = decodeJson(payload) as { revision: number }
      setTimeout(() => {
        appliedMs = performance.now()
        applied(revision)
      }, 50)
    })
    expect((await awaiting.admin('PUT', '/teams/awaited', {})).status).toBe(200)
    expect(performance.now()).toBeGreaterThanOrEqual(appliedMs)
    expect(appliedMs).toBeGreaterThan(0)
    following.stop()
  })

  test('a proxy that says nothing holds a write up for one second, not more', async () => {
    const startedMs = performance.now()
    expect((await awaiting.admin('PUT', '/teams/impatient', {})).status).toBe(200)
    expect(performance.now() - startedMs).toSatisfy((ms: number) => ms >= 950 && ms < 10_000)
  })
})
