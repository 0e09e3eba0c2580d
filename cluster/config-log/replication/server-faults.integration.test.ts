// The log of a cluster on three real servers that stand still and are killed. Every acknowledged event is stored
// afterwards, once; and all nodes hold the same. Each fault gets a cluster of its own: 2.9.10 does not always survive
// two faults in a row (docs/nats.md).
import { setTimeout as sleep } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { busyness } from '../../../shared/test-load.ts'
import { findNatsServer, type NatsRig, startNatsRig } from '../../nats/nats-rig.ts'
import { appendNext, connectedLink, type JetStreamNode, startNode } from './jetstream-rig.ts'

let rig: NatsRig
let nodes: JetStreamNode[] = []
/** The ids that were acknowledged so far. */
let acknowledged: string[] = []

beforeEach(async (context) => {
  if (findNatsServer() === undefined) context.skip('nats-server is not installed')
  acknowledged = []
  rig = await startNatsRig({ servers: 3 })
  const urls = rig.servers.map(({ url }) => url)
  // Each node uses another server as long as that one lives.
  const orders = urls.map((_url, index) => [...urls.slice(index), ...urls.slice(0, index)].join())
  nodes = await Promise.all(orders.map((url) => startNode({ url })))
})
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close()
  await rig?.dispose()
})

function alarms() {
  return nodes.flatMap(({ notices }) => notices).filter(({ type }) => type === 'log-alarm')
}

/** Appends one event after the other until it is stopped; returns the acknowledged ids. */
function startWriter({ log }: JetStreamNode, name: string) {
  let isOver = false
  const counts = { stored: 0, longestMs: 0, refused: [] as string[] }
  const run = async () => {
    for (let i = 0; !isOver; i++) {
      const startedMs = performance.now()
      const answer = await appendNext(log, `${name}-${i}`)
      counts.longestMs = Math.max(counts.longestMs, Math.round(performance.now() - startedMs))
      if (answer.ok) {
        acknowledged.push(`${name}-${i}`)
        counts.stored++
      } else counts.refused.push(answer.error.type)
      await sleep(5)
    }
  }
  const running = run()
  const stop = async () => {
    isOver = true
    await running
  }
  return { counts, stop }
}

async function expectAgreement(): Promise<void> {
  for (const { log } of nodes) {
    await expect.poll(async () => (await log.sync()).ok, { timeout: 60_000 }).toBe(true)
  }
  const heads = await Promise.all(nodes.map(({ log }) => log.head()))
  expect(new Set(heads.map((head) => (head.ok ? head.value.hash : head.error.type))).size).toBe(1)
  const ids: string[] = []
  for (;;) {
    const page = await nodes[0]!.log.read(ids.length, 1_000)
    if (!page.ok || page.value.length === 0) break
    ids.push(...page.value.map(({ commandId }) => commandId))
  }
  expect(new Set(ids).size).toBe(ids.length)
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([])
}

// What a node does then is also tested without a writer: `open-nats-link.integration.test.ts`.
test.runIf(process.env['SERVER_FAULTS'] === 'all')(
  'the leader stands still: it is noticed, another one takes over, and its return splits nothing',
  async ({ annotate }) => {
    const writers = nodes.map((node, index) => startWriter(node, `still-${index}`))
    await expectMoreWrites(writers, 10)
    const leader = await rig.leaderOf('CFG')
    const pausedMs = performance.now()
    leader.pause()
    const { log } = nodes[0]!
    await expect.poll(() => log.state.type, { interval: 20, timeout: 60_000 }).toBe('away')
    const noticedMs = Math.round(performance.now() - pausedMs)
    await expectMoreWrites(writers, 4)
    const backMs = Math.round(performance.now() - pausedMs)
    leader.resume()
    await expectMoreWrites(writers, 10)
    await Promise.all(writers.map(({ stop }) => stop()))
    await annotate(`noticed after ${noticedMs} ms, written again after ${backMs} ms; ${say(writers)}`)
    // The bound is three seconds on an idle machine.
    expect(noticedMs).toBeLessThan(6_000 * busyness())
    await expectAgreement()
    expect(alarms()).toEqual([])
  },
)

test('the leader is killed: nothing acknowledged is lost, nothing is stored twice', async ({ annotate }) => {
  const writers = nodes.map((node, index) => startWriter(node, `killed-${index}`))
  await expectMoreWrites(writers, 10)
  await (await rig.leaderOf('CFG')).kill()
  await expectMoreWrites(writers, 4)
  await Promise.all(writers.map(({ stop }) => stop()))
  await annotate(say(writers))
  for (const { counts } of writers) expect(counts.longestMs).toBeLessThan(35_000 * busyness())
  await expectAgreement()
  expect(alarms()).toEqual([])
})

test('all are killed: the copies answer, and everything acknowledged is there when they are back', async ({
  annotate,
}) => {
  const writers = nodes.map((node, index) => startWriter(node, `before-${index}`))
  await expectMoreWrites(writers, 10)
  await Promise.all(writers.map(({ stop }) => stop()))
  await expectWholeReplicas()
  await rig.kill()
  const { log } = nodes[0]!
  await expect.poll(() => log.state.type, { timeout: 60_000 }).toBe('away')
  expect(await log.read(0, 10)).toMatchObject({ ok: true, value: { length: 10 } })
  expect(await appendNext(log, 'meanwhile')).toMatchObject({ ok: false, error: { type: 'unavailable' } })
  const startedMs = performance.now()
  await rig.start()
  const readyMs = Math.round(performance.now() - startedMs)
  await expectAgreement()
  await annotate(`servers ready after ${readyMs} ms, nodes agree after ${Math.round(performance.now() - startedMs)} ms`)
  expect(await appendNext(log, 'after')).toMatchObject({ ok: true })
  acknowledged.push('after')
  await expectAgreement()
})

/** Waits until all replicas are current. A server that was down, when started together with two that went on, has made
 *  2.9.10 return with its older history: then nodes alarm, serve their copies, and wait for `log repair`. */
async function expectWholeReplicas(): Promise<void> {
  await rig.start()
  const link = await connectedLink(rig.servers[0]!.url)
  try {
    const { streams } = await jetstreamManager(link.connection!, { checkAPI: false })
    const replicas = async () => (await streams.info('CFG')).cluster?.replicas ?? []
    const areCurrent = async () =>
      (await replicas()).filter(({ current, lag = 0 }) => current && lag === 0).length === 2
    await expect.poll(areCurrent, { timeout: 60_000 }).toBe(true)
  } finally {
    await link.close()
  }
}

type Writer = ReturnType<typeof startWriter>

async function expectMoreWrites(writers: Writer[], count: number): Promise<void> {
  const stored = () => writers.reduce((sum, { counts }) => sum + counts.stored, 0)
  const before = stored()
  await expect.poll(stored, { timeout: 60_000 }).toBeGreaterThanOrEqual(before + count)
}

function say(writers: Writer[]): string {
  const stored = writers.reduce((sum, { counts }) => sum + counts.stored, 0)
  const longestMs = Math.max(...writers.map(({ counts }) => counts.longestMs))
  const refused = writers.flatMap(({ counts }) => counts.refused).join() || 'none'
  return `${stored} stored, the longest append took ${longestMs} ms, refused: ${refused}`
}
