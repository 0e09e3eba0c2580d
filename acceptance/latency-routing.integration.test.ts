// Latency routing from outside: requests go where answers are fast, and come back when a slow target recovers.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { busyness } from '../shared/test-load.ts'
import { type AnsweringUpstream, startAnsweringUpstream } from './answering-upstream.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

let left: AnsweringUpstream
let right: AnsweringUpstream
let gateway: Gateway
let load: { stop(): Promise<void> }

beforeAll(async () => {
  left = await startAnsweringUpstream()
  right = await startAnsweringUpstream()
  for (const upstream of [left, right]) upstream.delayMs = 40
  gateway = await startGateway({
    config: {
      providers: { left: providerAt(left.url), right: providerAt(right.url) },
      models: {
        fast: {
          routing: 'latency',
          targets: [
            { provider: 'left', model: 'm' },
            { provider: 'right', model: 'm' },
          ],
        },
      },
    },
  })
  load = startLoad(`Bearer ${(await gateway.issueKey()).secret}`)
})
afterAll(async () => {
  await load?.stop()
  await gateway?.stop()
  await left?.stop()
  await right?.stop()
})

/** One request each 10 ms, whatever became of those before. */
function startLoad(authorization: string) {
  const open = new Set<Promise<unknown>>()
  const body = { model: 'fast', messages: [{ role: 'user', content: 'Hello' }] }
  const timer = setInterval(() => {
    const request = ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization })
      .catch(() => undefined)
      .finally(() => open.delete(request))
    open.add(request)
  }, 10)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
    },
  }
}

/** The right one's part of the next `count` answers. */
async function shareOfRight(count = 150): Promise<number> {
  const before = { left: left.answered, right: right.answered }
  await until(() => left.answered + right.answered - before.left - before.right >= count, 60_000)
  const [toLeft, toRight] = [left.answered - before.left, right.answered - before.right]
  return toRight / (toLeft + toRight)
}

async function targets() {
  return (await gateway.admin('GET', '/targets')).json
}

test('targets that are alike share alike', async () => {
  await shareOfRight()
  const share = await shareOfRight()
  expect(share).toBeGreaterThan(0.3)
  expect(share).toBeLessThan(0.7)
})

test('a target that becomes ten times slower is left to little more than what measures it', async () => {
  right.delayMs = 400
  await until(async () => (await shareOfRight(100)) < 0.2, 40_000)
  const [slow] = (await targets()).targets.filter(({ provider }: { provider: string }) => provider === 'right')
  expect(slow.share.whole).toBeLessThan(0.3)
  expect(slow.estimate.perTokenMs).toBeGreaterThan(5)
  expect(right.answered).toBeGreaterThan(0)
})

test('a choice is explained, and the weights have a publisher and an age', async () => {
  const { items } = (await gateway.admin('GET', '/requests?limit=1')).json
  const explained = (await gateway.admin('GET', `/requests/${items[0].id}/explain`)).json
  expect(explained.why).toMatch(
    /^The first of 2 targets was drawn by latency routing: (left|right)\/m had [\d.]+ % of the draw, in table \d+ /,
  )
  const { weights } = await targets()
  expect(weights).toMatchObject({ stale: false, epoch: expect.any(Number), publisher: expect.any(String) })
  expect(weights.ageMs).toBeLessThan(5_000 * busyness())
})

test('when it recovers its share comes back', async () => {
  right.delayMs = 40
  await until(async () => (await shareOfRight(100)) > 0.35, 60_000)
})
