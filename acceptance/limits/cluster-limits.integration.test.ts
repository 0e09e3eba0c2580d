// Limits of a cluster: proxies in processes of their own share one count, also while one of them is killed and while NATS is
// away.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busyness } from '../../shared/test-load.ts'
import { type AnsweringUpstream, startAnsweringUpstream } from '../answering-upstream.ts'
import { type Cluster, type ClusterNode, chat, findNatsServer, startCluster } from '../cluster.ts'
import { providerAt } from '../scripted-llm.ts'
import { sleep } from '../until.ts'

const skipReason = findNatsServer() === undefined ? ' (skipped: nats-server is not installed)' : ''
let cluster: Cluster
let upstream: AnsweringUpstream
let proxies: ClusterNode[]

beforeAll(async () => {
  if (skipReason !== '') return
  upstream = await startAnsweringUpstream()
  cluster = await startCluster()
  await cluster.start('control', {
    config: {
      providers: { up: providerAt(upstream.url) },
      models: { fast: { targets: [{ provider: 'up', model: 'm' }], retries: { attempts: 0 } } },
      teams: { few: {}, many: {}, daily: {}, places: {} },
      limits: {
        few: { per: 'key', match: { team: 'few' }, requests: 5, window: '1h' },
        many: { per: 'key', match: { team: 'many' }, requests: 200, window: '1h' },
        daily: { per: 'key', match: { team: 'daily' }, requests: 100, window: '1d' },
        places: { per: 'key', match: { team: 'places' }, concurrency: 4 },
      },
    },
  })
  proxies = await Promise.all([1, 2, 3].map((number) => cluster.start('proxy', { name: `proxy-${number}` })))
}, 120_000)
afterAll(async () => {
  await cluster?.dispose()
  await upstream?.stop()
})

/** Answers of requests that go to the proxies in turn, some at a time. */
async function statuses(key: string, { count, atOnce = 1 }: { count: number; atOnce?: number }): Promise<number[]> {
  const told: number[] = []
  for (let sent = 0; sent < count; sent += atOnce) {
    const calls = Array.from({ length: Math.min(atOnce, count - sent) }, (_, index) => {
      const proxy = proxies[(sent + index) % proxies.length]
      return proxy === undefined ? Promise.resolve({ status: 0 }) : chat(proxy, key, 'fast')
    })
    for (const { status } of await Promise.all(calls)) told.push(status)
  }
  return told
}

const passed = (told: readonly number[]) => told.filter((status) => status === 200).length

test(`a small limit is exact, whichever proxies are asked and however many at once${skipReason}`, async ({ skip }) => {
  if (skipReason !== '') skip(skipReason)
  expect(await statuses(await cluster.keyOf('few'), { count: 8 })).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
  const atOnce = passed(await statuses(await cluster.keyOf('few'), { count: 12, atOnce: 12 }))
  expect(atOnce).toBeLessThanOrEqual(5)
  // A proxy that hears nothing of the others in time, on a loaded machine, rejects rather than exceed.
  expect(atOnce).toBeGreaterThanOrEqual(Math.max(1, 6 - busyness()))
})

test(`a large limit is used whole and hardly exceeded${skipReason}`, async ({ skip }) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('many')
  const told = await statuses(key, { count: 600, atOnce: 20 })
  await sleep(1_000)
  const rest = await statuses(key, { count: 40, atOnce: 4 })
  const all = passed(told) + passed(rest)
  expect(all).toBeGreaterThanOrEqual(196)
  // On a loaded machine words arrive late, and what they tell of was charged unheard.
  expect(all).toBeLessThanOrEqual(200 + 10 * busyness())
})

test(`a day's limit is used whole, and no more${skipReason}`, async ({ skip }) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('daily')
  const first = passed(await statuses(key, { count: 90, atOnce: 3 }))
  await sleep(1_000)
  const rest = passed(await statuses(key, { count: 60, atOnce: 3 }))
  await sleep(1_000)
  const last = passed(await statuses(key, { count: 30 }))
  expect(first + rest + last).toBeGreaterThanOrEqual(99)
  // On a loaded machine words arrive late, and what they tell of was charged unheard.
  expect(first + rest + last).toBeLessThanOrEqual(100 + Math.ceil(busyness()))
})

test(`places of a proxy that is killed are free again${skipReason}`, async ({ skip }) => {
  if (skipReason !== '') skip(skipReason)
  const [first, second] = proxies
  if (first === undefined || second === undefined) throw new Error('there are no two proxies')
  const key = await cluster.keyOf('places')
  upstream.delayMs = 4_000
  const held = Array.from({ length: 4 }, () => chat(first, key, 'fast').catch(() => undefined))
  await sleep(700)
  expect((await chat(second, key, 'fast')).status).toBe(429)
  await first.restart({ signal: 'SIGKILL' })
  await Promise.all(held)
  upstream.delayMs = 10
  await sleep(1_000)
  expect((await chat(second, key, 'fast')).status).toBe(200)
})

test(`with NATS away each proxy gives its part, and all together no more than the limit${skipReason}`, async ({
  skip,
}) => {
  if (skipReason !== '') skip(skipReason)
  const key = await cluster.keyOf('daily')
  expect(passed(await statuses(key, { count: 9 }))).toBe(9)
  await sleep(500)
  await cluster.nats.kill()
  await sleep(2_500)
  const away = passed(await statuses(key, { count: 180, atOnce: 6 }))
  expect(away).toBeLessThanOrEqual(91)
  expect(away).toBeGreaterThanOrEqual(80)
  await cluster.nats.start()
})
