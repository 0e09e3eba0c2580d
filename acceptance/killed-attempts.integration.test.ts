// A proxy that is killed in the middle of its attempts: each attempt that the upstream saw is one money event afterwards, none is there
// twice, and none is below what the upstream charged.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededChance } from '../loadtest/measure/chance.ts'
import { busyness } from '../shared/test-load.ts'
import {
  type Asked,
  answerNanoUsd,
  type Behaviour,
  bodyFor,
  type CountingUpstream,
  countedPrice,
  startCountingUpstream,
} from './counting-upstream.ts'
import { ask, type Gateway, startGateway, type Told } from './gateway.ts'
import { providerAt } from './scripted-llm.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)
const chance = seededChance(seed)
const rounds = Number(process.env['INTENT_KILLS'] ?? 4)
const lanes = 10
const behaviours: readonly Behaviour[] = ['answer', 'answer', 'stream', 'stream', 'hang', 'fail', 'reset', 'cut']

let folder: string
let upstream: CountingUpstream
/** The length of each request's body. */
const asked = new Map<string, { does: Behaviour; bound: number }>()

beforeAll(async () => {
  process.stderr.write(`killed attempts: rerun with SEED=${seed}\n`)
  folder = mkdtempSync(join(tmpdir(), 'headgate-killed-'))
  mkdirSync(join(folder, 'data'))
  upstream = await startCountingUpstream()
})
afterAll(async () => {
  await upstream?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function start(intents: string): Promise<Gateway> {
  const target = (provider: string) => ({ provider, model: 'gpt-4o-mini', price: countedPrice })
  return startGateway({
    dataDir: join(folder, 'data'),
    environment: { HEADGATE_INTENTS: intents },
    config: {
      providers: { a: providerAt(`${upstream.url}/a/v1`), b: providerAt(`${upstream.url}/b/v1`) },
      models: { m: { targets: [target('a'), target('b')], routing: 'priority', retries: { attempts: 1 } } },
    },
  })
}

interface Load {
  /** Nothing more is sent. */
  isOver: boolean
  readonly ended: Promise<unknown>
}

function startLoad(gateway: Gateway, secret: string, round: number): Load {
  const load: { isOver: boolean } = { isOver: false }
  const lane = async (number: number) => {
    for (let i = 0; !load.isOver; i++) {
      const does = behaviours[Math.floor(chance() * behaviours.length)] ?? 'answer'
      const one: Asked = { id: `killed-${round}-${number}-${i}`, does, afterMs: Math.floor(chance() * 40) }
      const body = bodyFor(one, 'm')
      // The gateway sees the name of its own model, which is as long as it is here.
      asked.set(one.id, { does, bound: (JSON.stringify(body).length + 32) * 1_000 + 20_000 })
      const headers = { authorization: `Bearer ${secret}`, 'x-request-id': one.id }
      await ask(`${gateway.base}/v1/chat/completions`, 'POST', body, headers)
    }
  }
  const ended = Promise.allSettled(Array.from({ length: lanes }, (_, number) => lane(number)))
  return Object.assign(load, { ended })
}

test('kill -9 leaves one money event for each attempt that the upstream saw', async () => {
  for (let round = 0; round < rounds; round++) {
    // What is sent within the last milliseconds is not journaled, unless the journal is strict.
    const isStrict = round % 2 === 1
    const gateway = await start(isStrict ? 'strict' : 'on')
    const { secret } = await gateway.issueKey()
    const load = startLoad(gateway, secret, round)
    await pause(300 + chance() * 300)
    load.isOver = !isStrict
    // Its attempts end, and those of its retries, and the journal is written.
    if (!isStrict) await pause(60 * busyness())
    await gateway.kill('SIGKILL')
    load.isOver = true
    await load.ended
  }
  const gateway = await start('on')
  try {
    const ids = new Set(upstream.seen.map(({ id }) => id))
    await expect
      .poll(async () => missing(ids, await historyOf(gateway)), { timeout: 60_000, interval: 250 })
      .toEqual([])
    const history = await historyOf(gateway)
    let nanoUsd = 0
    for (const id of history) nanoUsd += await checkRequest(gateway, id)
    expect(interruptions).toBeGreaterThan(rounds)
    const [row] = (await gateway.admin('GET', '/usage?groupBy=model')).json.rows
    expect([row.requests, Math.round(row.costUsd * 1e9)]).toEqual([history.size, nanoUsd])
    expect(gateway.output()).not.toContain('intents-failed')
    const { rows } = (
      await gateway.admin('GET', '/ledger:sums?groupBy=key&from=1970-01-01T00:00:00Z&to=2100-01-01T00:00:00Z')
    ).json
    const sum = rows.reduce((all: number, { costNanoUsd }: { costNanoUsd: string }) => all + Number(costNanoUsd), 0)
    expect(sum).toBe(nanoUsd)
    const { slices } = await verified(gateway)
    expect(slices.flatMap(({ faults }) => faults)).toEqual([])
  } finally {
    await gateway.kill()
  }
})

/** The proof of the ledger, slice by slice. */
async function verified(gateway: Gateway): Promise<{ slices: { faults: unknown[]; next?: string }[] }> {
  const slices: { faults: unknown[]; next?: string }[] = []
  for (let after = ''; ; ) {
    const { json } = await gateway.admin('GET', `/ledger:verify?partition=0${after}`)
    slices.push(json)
    if (json.next === undefined) return { slices }
    after = `&after=${encodeURIComponent(json.next)}`
  }
}

let interruptions = 0

/** Compares the events of a request with what the upstream saw of it. Returns what it costs. */
async function checkRequest(gateway: Gateway, id: string): Promise<number> {
  const { json }: Told = await gateway.admin('GET', `/requests/${id}`)
  const seen = upstream.seen.filter((one) => one.id === id)
  const events = json.attempts as { index: number; provider: string; costUsd: number; settlement?: string }[]
  // The kill may come between the intent of an attempt and its first byte.
  const isUnsent = events.length === seen.length + 1 && events.at(-1)?.settlement === 'interrupted'
  const sent = isUnsent ? events.slice(0, -1) : events
  expect([id, sent.map(({ index, provider }) => [index, provider])]).toEqual([
    id,
    seen.map(({ provider }, index) => [index, provider]),
  ])
  const bound = asked.get(id)?.bound ?? 0
  let sum = 0
  for (const [index, { costUsd, settlement = 'reported' }] of events.entries()) {
    const nanoUsd = Math.round(costUsd * 1e9)
    const { charged = 0 } = seen[index] ?? {}
    if (settlement === 'interrupted') interruptions++
    const allowed = { reported: charged, bound, interrupted: bound, estimated: nanoUsd, unpriced: -1 }[settlement]
    expect([id, index, settlement, nanoUsd]).toEqual([id, index, settlement, allowed])
    expect(nanoUsd).toBeGreaterThanOrEqual(charged)
    sum += nanoUsd
  }
  expect(Math.round(json.costUsd * 1e9)).toBe(sum)
  return sum
}

function missing(ids: ReadonlySet<string>, history: ReadonlySet<string>): string[] {
  return [...ids].filter((id) => !history.has(id))
}

/** The ids of requests. Throws on one that is there twice. */
async function historyOf(gateway: Gateway): Promise<Set<string>> {
  const history = new Set<string>()
  let before = ''
  do {
    const { json } = await gateway.admin('GET', `/requests?limit=1000${before}`)
    for (const { id } of json.items) {
      if (history.has(id)) throw new Error(`${id} was counted twice`)
      history.add(id)
    }
    before = json.next === undefined ? '' : `&before=${encodeURIComponent(json.next)}`
  } while (before !== '')
  return history
}

test('the upstream charges what the price says', () => {
  expect(answerNanoUsd).toBe(7 * 1_000 + 3 * 2_000)
})
