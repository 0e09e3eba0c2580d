// What the admin API answers to the console in its tests, as recorded from a control node.
/** What an upstream, a caller or a careless administrator may put into any name. */
export const hostileText = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>`

export function requestRecord(index: number) {
  return {
    id: `req_01k${index.toString().padStart(4, '0')}`,
    at: new Date(new Date().setHours(9, 30, 0, 0) + index * 1_370).toISOString(),
    route: '/v1/chat/completions',
    status: 'ok',
    httpStatus: 200,
    errorCode: '',
    key: 'key-other',
    team: 'search',
    user: '',
    app: '',
    costCenter: '4711',
    model: 'fast',
    provider: 'openai',
    target: 'gpt-4o-mini',
    stream: index % 2 === 0,
    attempts: 1,
    fallbackIndex: 0,
    cacheStatus: 'BYPASS',
    estimated: false,
    inputTokens: 412 + index * 7,
    outputTokens: 128 + index,
    cachedTokens: 0,
    costUsd: 0.000_138_4 + index * 0.000_000_9,
    savedUsd: 0,
    totalMs: 812.4 + index * 11,
    overheadMs: 0.184,
    ttftMs: index % 2 === 0 ? 231 : 0,
    configRevision: 7,
  }
}

export const sessionBody = {
  actor: 'console',
  expiresAt: '2030-01-01T00:00:00.000Z',
  dataEndpoint: 'http://127.0.0.1:8080',
  version: '0.1.0',
  demoKeyHint: 'hg_6aVd2',
}

const attempt = { outcome: 'ok', upstreamStatus: 200, firstByteMs: 181.2, ttftMs: 231, totalMs: 640.4, costUsd: 0 }
export const attemptItems = [
  {
    ...attempt,
    index: 0,
    provider: 'openai',
    target: 'gpt-4o-mini',
    outcome: 'http-error',
    upstreamStatus: 503,
    upstreamText: 'The model is overloaded.',
    ttftMs: 0,
  },
  { ...attempt, index: 1, provider: 'local', target: hostileText, costUsd: 0.000_138_4 },
]

export function usageBody(requests: number) {
  const row = (model: string, share: number) => ({
    model,
    requests: Math.ceil(requests * share),
    errors: share < 0.2 ? 1 : 0,
    inputTokens: 18_311 * share * requests,
    outputTokens: 6_120 * share * requests,
    costUsd: model.startsWith('demo/') ? 0 : 0.0421 * share * requests,
  })
  const rejectedOnly = { ...row('', 0), errors: 1 }
  return { rows: requests === 0 ? [] : [row('fast', 0.6), row('demo/echo', 0.3), row(hostileText, 0.1), rejectedOnly] }
}

const hash = '9f2ab8c1d4e5f60718293a4b5c6d7e8f9f2ab8c1d4e5f60718293a4b5c6d7e8f'
const node = { region: 'local', revision: 7, hash, lagMs: 0, draining: false, version: '0.1.0' }
export const nodesBody = {
  nodes: [
    { ...node, name: 'n-4f1c', role: 'aggregator', queues: { usage: { length: 3, dropped: 0 } } },
    { ...node, name: 'n-4f1c', role: 'control', queues: {} },
    {
      ...node,
      name: hostileText.slice(0, 31),
      role: 'proxy',
      draining: true,
      lagMs: 4_200,
      queues: { usage: { length: 12, dropped: 2 }, telemetry: { length: 0, dropped: 0 } },
      refusals: { invalid_api_key: 41, unknown_path: 3 },
    },
  ],
}

export const targetsBody = {
  targets: [
    {
      model: 'fast',
      provider: 'openai',
      target: 'gpt-4o-mini',
      weight: 70,
      health: 'healthy',
      inFlight: 14,
      ttft: { p50: 231.4, p99: 1_120 },
      share: { stream: 0.842, whole: 0.79 },
      multiplier: 1,
    },
    {
      model: 'fast',
      provider: 'local',
      target: 'llama-3.1-8b',
      weight: 30,
      health: 'ejected',
      inFlight: 0,
      ttft: {},
      share: { stream: 0.158, whole: 0.21 },
      multiplier: 0.2813,
    },
    {
      model: 'demo/echo',
      provider: 'demo',
      target: 'echo',
      weight: 1,
      health: 'healthy',
      inFlight: 1,
      ttft: { p50: 20.2, p99: 24 },
    },
    { model: hostileText, provider: hostileText, target: hostileText, weight: 1, health: hostileText, inFlight: 0 },
  ],
}

const burn = { '1m': 0, '5m': 0, '30m': 0.2, '1h': 0.4, '6h': 0.7, '3d': 0.6 }
const burning = { '1m': 61.2, '5m': 54.9, '30m': 22.1, '1h': 14.8, '6h': 3.9, '3d': 0.9 }
const firing = { id: 'a', severity: 'page', since: '2026-11-25T09:30:00.000Z', rule: { burn: 50, windowSeconds: 300 } }
const event = { severity: 'page', at: firing.since, since: firing.since, rule: firing.rule, burn: burning }

/** Three objectives, of which one burns, as an aggregator judged them. */
export function objectivesBody({ stale = false } = {}) {
  const status = { state: 'ok', burn, budgetRemaining: 0.812, good: 182_004, total: 182_041, alerts: [], stale }
  return {
    items: [
      {
        name: 'fast-answers',
        spec: { match: { model: 'fast' }, objective: 'availability', target: 0.999, window: '30d' },
        status: { ...status, state: 'page', burn: burning, budgetRemaining: -0.214, alerts: [firing] },
      },
      {
        name: 'fast-first-token',
        spec: { match: { model: 'fast', team: 'search' }, objective: 'ttft', threshold: '1s', target: 0.95 },
        status,
      },
      { name: hostileText.slice(0, 60), spec: { match: { team: hostileText }, objective: 'total', threshold: '10s' } },
    ],
    evaluation: {
      publisher: 'n-4f1c',
      epoch: 3,
      revision: 9,
      ageMs: stale ? 74_000 : 420,
      stale,
      silentPartitions: [],
    },
    events: [
      { ...event, id: 'a/firing', type: 'firing', slo: 'fast-answers', delivery: 'delivered' },
      {
        ...event,
        id: 'b/resolved',
        type: 'resolved',
        slo: 'fast-first-token',
        severity: 'ticket',
        delivery: 'waiting',
      },
      { ...event, id: 'c/firing', type: 'firing', slo: hostileText, severity: 'ticket', delivery: 'none' },
    ],
  }
}
