// The ledger beside that of a provider: each attempt that the provider saw is a money event, with what the provider charges for it, to the
// nano-dollar, where it tells what it charges; elsewhere the event says that it is an estimate or a bound, and is on the safe side.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminToken, type Gateway, startGateway } from '../gateway.ts'
import { startNodeProcess } from '../node-process.ts'
import {
  type Behaviour,
  behaviours,
  type ChargingProvider,
  startChargingProvider,
  textFor,
} from './charging-provider.ts'
import { type FakeDialect, fakeDialects } from './ledger-dialects.ts'
import { fakeMedia } from './ledger-media.ts'

const dialects = [...fakeDialects, ...fakeMedia]

let provider: ChargingProvider
let gateway: Gateway
/** A key of a team with a hard budget, and one of a team without, for what has no bound. */
let secret: string
let unboundedSecret: string

beforeAll(async () => {
  provider = await startChargingProvider()
  gateway = await startGateway({ config: configuration(provider.url) })
  secret = (await gateway.issueKey({ owner: { team: 'payers' } })).secret
  unboundedSecret = (await gateway.issueKey({ owner: { team: 'others' } })).secret
}, 120_000)
afterAll(async () => {
  await gateway?.stop()
  await provider?.stop()
})

function configuration(url: string) {
  const providers = Object.fromEntries(
    dialects.flatMap((dialect) =>
      ['a', 'b'].map((name) => [`${dialect.name}-${name}`, providerOf(url, dialect, name)]),
    ),
  )
  const models = Object.fromEntries(
    dialects.flatMap(({ name, model, price }) => {
      const target = (provider: string) => ({ provider: `${name}-${provider}`, model, ...price })
      const more = { routing: 'priority', retries: { attempts: 2 } }
      return [
        [name, { targets: [target('a')], ...more }],
        [`${name}-two`, { targets: [target('a'), target('b')], ...more }],
        [`${name}-timed`, { targets: [target('a')], retries: { attempts: 0 }, timeouts: { total: '400ms' } }],
      ]
    }),
  )
  return {
    providers,
    models,
    teams: { payers: { costCenter: '4711' }, others: { costCenter: '4711' } },
    budgets: { all: { team: 'payers', usd: 100, window: '1mo', timeZone: 'Europe/Berlin' } },
  }
}

function providerOf(url: string, { name, kind }: FakeDialect, provider: string) {
  const base = `${url}/${provider}/${name}`
  const aws = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'upstream-canary' }
  if (kind === 'bedrock') return { kind, region: 'us-east-1', baseUrl: base, credentials: [{ name: 'main', aws }] }
  const baseUrl = kind === 'openai' ? `${base}/v1` : base
  return { kind, baseUrl, credentials: [{ name: 'main', apiKey: 'sk-upstream-canary' }] }
}

interface Item {
  readonly attempt: number
  readonly settlement: string
  readonly costNanoUsd: string
  readonly costCenter: string
  readonly provider: string
}

async function itemsOf(id: string): Promise<Item[]> {
  return (await gateway.admin('GET', `/ledger?requestId=${id}`)).json.items
}

/** Sends a request, and leaves it where the provider hangs. */
async function send(
  dialect: FakeDialect,
  { id, behaviour, stream }: { id: string; behaviour: Behaviour; stream: boolean },
): Promise<void> {
  const leaving = new AbortController()
  const model = modelFor(dialect, behaviour)
  const key = dialect.isUnbounded === true ? unboundedSecret : secret
  const { body, type } = bodyOf(dialect.body(model, textFor(id, behaviour), stream), dialect.isForm === true)
  const headers = { authorization: `Bearer ${key}`, 'x-request-id': id, ...type }
  try {
    const response = await fetch(`${gateway.base}${dialect.path(model, stream)}`, {
      method: 'POST',
      headers,
      body,
      signal: behaviour === 'hang' && !stream ? AbortSignal.timeout(300) : leaving.signal,
    })
    const reader = response.body?.getReader()
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      if (behaviour === 'hang') leaving.abort()
    }
  } catch (error) {
    if (behaviour !== 'hang' && behaviour !== 'cut') throw error
  }
}

function modelFor({ name }: FakeDialect, behaviour: Behaviour): string {
  if (behaviour === 'fallback') return `${name}-two`
  return behaviour === 'timeout' ? `${name}-timed` : name
}

function bodyOf(members: object, isForm: boolean): { body: string | FormData; type: Record<string, string> } {
  if (!isForm) return { body: JSON.stringify(members), type: { 'content-type': 'application/json' } }
  const form = new FormData()
  for (const [name, value] of Object.entries(members)) form.append(name, String(value))
  form.append('file', new Blob(['RIFF']), 'a.wav')
  return { body: form, type: {} }
}

/** A broken connection takes seconds, and is the same for all. */
const dropping = ['openai-chat', 'speech']

const cases = dialects.flatMap((dialect) =>
  (dialect.pieces === undefined ? [false] : [false, true]).flatMap((stream) =>
    behaviours
      .filter((behaviour) => behaviour !== 'drop' || dropping.includes(dialect.name))
      .map((behaviour) => [dialect.name, stream ? 'streamed' : 'whole', behaviour, { dialect, stream }] as const),
  ),
)

describe.each(cases)('%s, %s, %s', (name, how, behaviour, { dialect, stream }) => {
  test('is in both ledgers', async () => {
    const id = `${name}-${how}-${behaviour}`
    await send(dialect, { id, behaviour, stream })
    const charged = provider.charges.filter((charge) => charge.id === id)
    const attempts = {
      ok: 1,
      'fail-once': 2,
      drop: charged.length,
      fallback: 2,
      hang: 1,
      timeout: 1,
      cut: charged.length,
    }
    expect(charged.length).toBe(attempts[behaviour])
    await expect.poll(async () => (await itemsOf(id)).length, { timeout: 10_000 }).toBe(charged.length)
    const events = (await itemsOf(id)).toSorted((a, b) => a.attempt - b.attempt)
    const isTold =
      ['ok', 'fail-once', 'fallback'].includes(behaviour) || (stream && dialect.tellsEarly && behaviour !== 'drop')
    for (const [index, event] of events.entries()) {
      const nanoUsd = charged[index]?.nanoUsd ?? Number.NaN
      expect(event.costCenter).toBe('4711')
      expect(event.provider).toBe(`${name}-${charged[index]?.provider}`)
      if (event.settlement === 'reported') expect(Number(event.costNanoUsd)).toBe(nanoUsd)
      else expect(Number(event.costNanoUsd)).toBeGreaterThanOrEqual(nanoUsd)
    }
    const settlements = events.map(({ settlement }) => settlement)
    if (isTold) expect(settlements).toEqual(events.map(() => 'reported'))
    else if (dialect.isUnbounded !== true) expect(settlements).not.toContain('unpriced')
  }, 60_000)
})

test('usage and the ledger have the same sums, and the months too', async () => {
  const from = '1970-01-01T00:00:00Z'
  const sums = (await gateway.admin('GET', `/ledger:sums?groupBy=team&from=${from}&to=2100-01-01T00:00:00Z`)).json.rows
  const usage = (await gateway.admin('GET', '/usage?groupBy=team')).json.rows
  const byTeam = (rows: { team: string; costUsd: number }[]) =>
    rows.map(({ team, costUsd }) => `${team} ${costUsd}`).sort()
  expect(byTeam(sums)).toEqual(byTeam(usage))
  const total = sums.reduce((all: bigint, { costNanoUsd }: { costNanoUsd: string }) => all + BigInt(costNanoUsd), 0n)
  const { months } = (await gateway.admin('GET', '/ledger:months?timeZone=Asia/Kathmandu')).json
  expect(months[0]).toMatchObject({ status: 'open', total: { costNanoUsd: String(total) } })
})

test('the command proves it, the budget included, and exports it', async () => {
  const { code, output } = await headgate('--json', 'ledger', 'verify')
  const told = JSON.parse(output)
  expect([code, told.isProven]).toEqual([0, true])
  expect(told.partitions).toMatchObject([{ partition: 0, faults: [] }])
  expect(told.budgets).toMatchObject([{ name: 'all', faults: [], note: '' }])
  expect(told.budgets[0].spent).toBe(told.budgets[0].ledger)
  const table = await headgate('ledger', 'verify')
  expect(table.output).toMatch(
    /PARTITION {2}EVENTS.*\n0 .*ok\n[\s\S]*BUDGET.*\nall .*ok\n[\s\S]*The ledger is proven\./,
  )
  const file = await headgate('ledger', 'export', '--from', '2020-01-01T00:00:00Z', '--format', 'csv')
  const lines = file.output.trimEnd().split('\r\n')
  expect(lines).toHaveLength(told.partitions[0].events + 1)
}, 120_000)

test('the command says no where the ledger was changed, with exit code 1', async () => {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(`${gateway.dataDir}/usage.sqlite`)
  database.exec('UPDATE ledger SET costNanoUsd = costNanoUsd - 1000 WHERE sequence = 2')
  database.close()
  const { code, output } = await headgate('ledger', 'verify')
  expect(code).toBe(1)
  expect(output).toMatch(/partition 0: chain: an event up to sequence \d+ was changed/)
  expect(output).toMatch(/The ledger is NOT proven\./)
}, 120_000)

async function headgate(...words: string[]) {
  const environment = { HEADGATE_CONTROL_URL: gateway.control, HEADGATE_DATA_DIR: gateway.dataDir }
  const running = startNodeProcess({ words, environment: { ...environment, HEADGATE_ADMIN_TOKEN: adminToken } })
  await running.ended
  return { code: running.exitCode, output: running.output().replace(/^\(node.*\n.*\n/gm, '') }
}
