// Whoever got an answer is billed for it once, whatever happens to the process: its record is on its way before the last
// byte of the answer is.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededChance } from '../loadtest/measure/chance.ts'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)
const chance = seededChance(seed)
const rounds = Number(process.env['BILLING_ROUNDS'] ?? 2)
const lanes = 12
const outputTokens = { unary: 82, stream: 16 }

let folder: string
let mock: MockUpstream

beforeAll(async () => {
  process.stderr.write(`billing: rerun with SEED=${seed}\n`)
  folder = mkdtempSync(join(tmpdir(), 'headgate-billing-'))
  mkdirSync(join(folder, 'data'))
  mock = await startMockUpstream()
})
afterAll(async () => {
  await mock?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(): Promise<Gateway> {
  return startGateway({
    dataDir: join(folder, 'data'),
    config: { providers: { mock: providerAt(mock.url) }, models: { billed: modelOn('mock', 'gpt-x') } },
  })
}

interface Answered {
  id: string
  outputTokens: number
}

/** Asks until the process dies; what was answered whole goes on the list. */
async function askUntilDeath(gateway: Gateway, secret: string, round: number, answered: Answered[]): Promise<void> {
  const lane = async (number: number) => {
    for (let i = 0; ; i++) {
      const stream = i % 2 === 1
      const id = `billing-${round}-${number}-${i}`
      const body = { model: 'billed', stream, messages: [{ role: 'user', content: 'hi' }] }
      const headers = { authorization: `Bearer ${secret}`, 'x-request-id': id }
      const { status, text } = await ask(`${gateway.base}/v1/chat/completions`, 'POST', body, headers)
      expect([status, stream === text.endsWith('data: [DONE]\n\n')]).toEqual([200, true])
      answered.push({ id, outputTokens: stream ? outputTokens.stream : outputTokens.unary })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: lanes }, (_, number) => lane(number)))
  // Only the kill may end a lane.
  for (const end of ends)
    expect(String((end as PromiseRejectedResult).reason)).toMatch(/fetch failed|terminated|other side/)
}

test('kill -9 under load loses no record of an answer, and counts none twice', async () => {
  const answered: Answered[] = []
  for (let round = 0; round < rounds; round++) {
    const gateway = await start()
    const { secret } = await gateway.issueKey()
    const asking = askUntilDeath(gateway, secret, round, answered)
    const before = answered.length
    await until(() => answered.length >= before + lanes * 6, 30_000)
    await pause(chance() * 300)
    await gateway.kill('SIGKILL')
    await asking
  }
  const gateway = await start()
  try {
    await expect
      .poll(async () => missing(answered, await historyOf(gateway)), { timeout: 60_000, interval: 250 })
      .toEqual([])
    expect(answered.length).toBeGreaterThan(100)
    const history = await historyOf(gateway)
    for (const { id, outputTokens } of answered) expect([id, history.get(id)]).toEqual([id, outputTokens])
    const [row] = (await gateway.admin('GET', '/usage?groupBy=model')).json.rows
    const tokens = [...history.values()].reduce((sum, count) => sum + count, 0)
    expect([row.requests, row.outputTokens]).toEqual([history.size, tokens])
    // Answers that were whole and never reached their caller are billed too; there is at most one a lane and round.
    expect(history.size - answered.length).toBeLessThanOrEqual(lanes * rounds)
  } finally {
    await gateway.kill()
  }
})

function missing(answered: readonly Answered[], history: ReadonlyMap<string, number>): string[] {
  return answered.map(({ id }) => id).filter((id) => !history.has(id))
}

/** Output tokens by request id. Throws on an id that is there twice. */
async function historyOf(gateway: Gateway): Promise<Map<string, number>> {
  const history = new Map<string, number>()
  let before = ''
  do {
    const { json } = await gateway.admin('GET', `/requests?limit=1000${before}`)
    for (const { id, outputTokens } of json.items) {
      if (history.has(id)) throw new Error(`${id} was counted twice`)
      history.set(id, outputTokens)
    }
    before = json.next === undefined ? '' : `&before=${encodeURIComponent(json.next)}`
  } while (before !== '')
  return history
}
