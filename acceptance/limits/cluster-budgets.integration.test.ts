// Hard budgets of a cluster: proxies in processes of their own spend one budget, to its end and no further, by the count of the
// upstream: also when one of them is killed and when NATS is away.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from '../cluster.ts'
import { providerAt } from '../scripted-llm.ts'
import { sleep, until } from '../until.ts'
import { costUsd, price, spend } from './budget-callers.ts'

const skipReason = findNatsServer() === undefined ? ' (skipped: nats-server is not installed)' : ''
const usd = 0.5
let cluster: Cluster
let upstream: AnsweringUpstream
let proxies: ClusterNode[]

beforeAll(async () => {
  if (skipReason !== '') return
  upstream = await startAnsweringUpstream()
  cluster = await startCluster()
  const hard = { usd, window: '1mo' }
  await cluster.start('control', {
    config: {
      providers: { up: providerAt(upstream.url) },
      models: { fast: { targets: [{ provider: 'up', model: 'm', price }], retries: { attempts: 0 } } },
      teams: { whole: {}, killed: {}, away: {}, soft: {} },
      budgets: {
        whole: { team: 'whole', ...hard },
        killed: { team: 'killed', ...hard },
        away: { team: 'away', ...hard },
        soft: { team: 'soft', usd: 0.01, window: '1d', mode: 'soft', alertAt: [0.5, 1] },
      },
    },
  })
  proxies = await Promise.all([1, 2, 3].map((number) => cluster.start('proxy', { name: `proxy-${number}` })))
}, 120_000)
afterAll(async () => {
  await cluster?.dispose()
  await upstream?.stop()
})

async function statusOf(name: string) {
  const { json } = await cluster.admin('GET', '/budgets:status')
  return json.budgets.find((budget: { name: string }) => budget.name === name)
}

test(`a budget is spent by many callers on three proxies to its end, and no further${skipReason}`, async ({ skip }) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('whole')
  const before = upstream.answered
  const { passed, statuses } = await spend(proxies, key, { callers: 60 })
  const spent = (upstream.answered - before) * costUsd
  expect(spent).toBeLessThanOrEqual(usd)
  expect(spent).toBeGreaterThanOrEqual(0.97 * usd)
  expect(upstream.answered - before).toBe(passed)
  expect([...statuses.keys()].sort()).toEqual([200, 429])
  await until(async () => Math.abs((await statusOf('whole')).spentUsd - spent) < 1e-9, 10_000)
  expect(await statusOf('whole')).toMatchObject({ mode: 'hard', limitUsd: usd, unsureUsd: 0 })
}, 120_000)

test(`what a killed proxy held comes back when it is there again, and nothing is overspent${skipReason}`, async ({
  skip,
}) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('killed')
  const before = upstream.answered
  const spentSoFar = () => (upstream.answered - before) * costUsd
  const [first] = proxies
  const spending = spend(proxies, key, { callers: 30, until: () => spentSoFar() > 0.5 * usd })
  await until(async () => spentSoFar() > 0.25 * usd, 30_000)
  await first?.restart({ signal: 'SIGKILL' })
  await spending
  await spend(proxies, key, { callers: 30 })
  await sleep(500)
  expect(spentSoFar()).toBeLessThanOrEqual(usd)
  expect(spentSoFar()).toBeGreaterThanOrEqual(0.97 * usd)
  expect((await statusOf('killed')).unsureUsd).toBeGreaterThan(0)
}, 120_000)

test(`with NATS away each proxy spends what it holds, and tells others to come again${skipReason}`, async ({
  skip,
}) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('away')
  const before = upstream.answered
  const spentSoFar = () => (upstream.answered - before) * costUsd
  await spend(proxies, key, { callers: 6, until: () => spentSoFar() > 0.2 * usd })
  await cluster.nats.kill()
  let refused = 0
  const away = await spend(proxies, key, { callers: 6, until: () => refused++ > 400 })
  expect(away.statuses.get(503) ?? 0).toBeGreaterThan(0)
  expect(spentSoFar()).toBeLessThan(usd)
  const { json, headers } = await chat(proxies[0] as ClusterNode, key, 'fast', { max_tokens: 5 })
  expect(json.error.code).toBe('budget_unavailable')
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  await cluster.nats.start()
  await until(
    async () => (await chat(proxies[0] as ClusterNode, key, 'fast', { max_tokens: 5 })).status === 200,
    30_000,
  )
  await spend(proxies, key, { callers: 20 })
  expect(spentSoFar()).toBeLessThanOrEqual(usd)
  expect(spentSoFar()).toBeGreaterThanOrEqual(0.97 * usd)
}, 120_000)

test(`a soft budget lets all through, and each threshold is told once by one of the proxies${skipReason}`, async ({
  skip,
}) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('soft')
  let sent = 0
  await spend(proxies, key, { callers: 6, until: () => sent++ >= 40 })
  await until(async () => (await statusOf('soft')).alerted.length === 2, 10_000)
  const alerts = proxies.flatMap(({ process }) => process.output().match(/"event":"budget-alert"[^\n]*/g) ?? [])
  expect(alerts.map((line) => /"threshold":([\d.]+)/.exec(line)?.[1]).sort()).toEqual(['0.5', '1'])
}, 60_000)
