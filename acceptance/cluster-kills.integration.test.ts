// Any process of a cluster is killed, again and again, while callers ask and an administrator writes: what was acknowledged
// is there, and whoever got the last byte of an answer is billed for it once. In `npm test` a few times, in
// `npm run test:long` often.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededChance } from '../loadtest/measure/chance.ts'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { startBilledLoad } from './billed-load.ts'
import { type Cluster, findNatsServer, startCluster } from './cluster.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { sleep, until } from './until.ts'

const kills = Number(process.env['KILLS'] ?? 3)
const seed = Number(process.env['SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)
const chance = seededChance(seed)
const killMsMax = 20_000
const settleMs = 90_000

describe.skipIf(findNatsServer() === undefined)('kill -9 of any process (needs nats-server)', () => {
  let cluster: Cluster
  let mock: MockUpstream
  let key: string
  beforeAll(async () => {
    process.stderr.write(`kills: rerun with SEED=${seed}\n`)
    mock = await startMockUpstream()
    cluster = await startCluster()
    const config = { providers: { mock: providerAt(mock.url) }, models: { billed: modelOn('mock', 'gpt-x') } }
    await cluster.start('control', { config })
    await Promise.all(
      ['aggregator-1', 'aggregator-2', 'proxy-1', 'proxy-2'].map((name) =>
        cluster.start(name.startsWith('proxy') ? 'proxy' : 'aggregator', { name }),
      ),
    )
    const issued = await cluster.issueKey()
    key = issued.secret
    await cluster.applied(issued.revision)
  })
  afterAll(async () => {
    await cluster?.dispose()
    await mock?.stop()
  })

  /** One after the other, each acknowledged or not; what was is kept. */
  function startWriting() {
    const acknowledged: { name: string; revision: number }[] = []
    let isOver = false
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        const name = `team-${i}`
        const told = await cluster.admin('PUT', `/teams/${name}`, { costCenter: `c${i}` }).catch(() => undefined)
        if (told?.status === 200) acknowledged.push({ name, revision: told.json.revision })
        await sleep(40)
      }
    })()
    const stop = async () => {
      isOver = true
      await writing
    }
    return { acknowledged, stop }
  }

  const killed: Record<string, number> = {}
  /** Everybody has a turn before anybody has another one. */
  let turns: string[] = []
  async function killOne(): Promise<void> {
    if (turns.length === 0) turns = ['nats-server', ...cluster.nodes.map(({ name }) => name)]
    const [victim] = turns.splice(Math.floor(chance() * turns.length), 1) as [string]
    killed[victim] = (killed[victim] ?? 0) + 1
    if (victim === 'nats-server') {
      await cluster.nats.kill()
      await sleep(chance() * 500)
      await cluster.nats.start()
      return
    }
    const node = cluster.nodes.find(({ name }) => name === victim)!
    await node.process.kill('SIGKILL')
    await node.restart()
  }

  test(
    `${kills} times: no event that was acknowledged is lost, no answer is billed twice or not at all`,
    async () => {
      const proxies = cluster.nodes.filter(({ role }) => role === 'proxy')
      const load = startBilledLoad({ proxies, key, model: 'billed', lanes: 3 })
      const writes = startWriting()
      for (let i = 0; i < kills; i++) {
        await sleep(100 + chance() * 500)
        await killOne()
      }
      await sleep(500)
      await Promise.all([load.stop(), writes.stop()])

      const { teams } = (await cluster.admin('GET', '/config')).json.resources
      expect(writes.acknowledged.filter(({ name }) => teams[name] === undefined)).toEqual([])
      const revisions = writes.acknowledged.map(({ revision }) => revision)
      expect(new Set(revisions).size).toBe(revisions.length)
      const missing = async () => {
        const history = await load.history(cluster.admin)
        return [...load.answered].filter((id) => !history.has(id)).length
      }
      await until(async () => (await missing().catch(() => 1)) === 0, settleMs, 500)
      const history = await load.history(cluster.admin)
      const billed = async () => (await cluster.admin('GET', '/usage?groupBy=model')).json.rows[0].requests
      await until(async () => (await billed()) === history.size, settleMs, 500)
      process.stderr.write(
        `kills: ${JSON.stringify(killed)}; ${writes.acknowledged.length} writes acknowledged, 0 lost; ` +
          `${load.answered.size} answers to their last byte, ${history.size} billed, 0 of them missing or double; ` +
          `${load.broken} requests ended with their process\n`,
      )
      expect(load.refused).toEqual([])
      // An answer that was whole and did not reach its caller is billed as well, and so is one that was cut.
      expect(history.size - load.answered.size).toBeLessThanOrEqual(load.broken)
      expect(writes.acknowledged.length).toBeGreaterThan(kills)
      expect(load.answered.size).toBeGreaterThan(kills * 10)
    },
    kills * killMsMax + 2 * settleMs,
  )
})
