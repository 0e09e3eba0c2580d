// A configuration that is a hundred times larger than anybody's is applied, or refused by a limit that has a name; requests
// go on either way. And 5,000 keys (200,000 in `npm run test:long`): how long a node takes to start with them, and for how
// long it stands still when one changes.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkout, type Gateway, startGateway } from './gateway.ts'
import { ask } from './http.ts'
import { until } from './until.ts'

const keys = Number(process.env['SCALE_KEYS'] ?? 5_000)
const run = promisify(execFile)
let gateway: Gateway
let key: string

beforeAll(async () => {
  gateway = await startGateway({ environment: { HEADGATE_DEMO: 'on' } })
  key = (await gateway.issueKey()).secret
})
afterAll(() => gateway?.stop())

function documentOf(models: number): object {
  const names = Array.from({ length: models }, (_, number) => `model-${number}`)
  const spec = { targets: [{ provider: 'main', model: 'gpt-x' }] }
  return {
    providers: {
      main: { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1', credentials: [{ name: 'a', apiKey: 'k' }] },
    },
    models: Object.fromEntries(names.map((name) => [name, spec])),
  }
}
const apply = (models: number) => gateway.admin('POST', '/apply', documentOf(models))
const revision = async () => (await gateway.admin('GET', '/config')).json.revision
const authorization = () => ({ authorization: `Bearer ${key}` })

/** Asks until `work` has ended; statuses that came. */
async function whileAsking<Answer>(work: Promise<Answer>): Promise<{ answer: Answer; statuses: Set<number> }> {
  const statuses = new Set<number>()
  let isOver = false
  const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] }
  const asking = (async () => {
    do statuses.add((await ask(`${gateway.base}/v1/chat/completions`, 'POST', body, authorization())).status)
    while (!isOver)
  })()
  const answer = await work
  isOver = true
  await asking
  return { answer, statuses }
}

test('a document of 1,000 models is one revision and is served, and no request fails meanwhile', async () => {
  const { answer, statuses } = await whileAsking(apply(1_000))
  expect([answer.status, [...statuses]]).toEqual([200, [200]])
  await until(async () => {
    const { json } = await ask(`${gateway.base}/v1/models`, 'GET', undefined, authorization())
    return json.data.length >= 1_000
  }, 60_000)
})

test('a document that makes too large a change is refused by the name of the limit, and nothing is stored', async () => {
  const before = await revision()
  const { answer, statuses } = await whileAsking(apply(9_000))
  expect(answer.status).toBe(413)
  expect(answer.json.detail).toMatch(/\d+ (bytes|[KM]i?B)/)
  expect([await revision(), [...statuses]]).toEqual([before, [200]])
})

test(`${keys} keys: a node starts within 5 s, and a change of one costs it less than 20 ms`, async () => {
  const script = ['cluster/config-log/follower/scale.bench.ts', `${keys}`, `${keys + 1_000}`]
  const { stdout } = await run(process.execPath, script, { cwd: checkout })
  process.stderr.write(stdout)
  expect(workedMs(stdout, 'boot from the copy: to serving')).toBeLessThan(5_000)
  expect(workedMs(stdout, '1 new events over')).toBeLessThan(20)
}, 300_000)

/** The time that the thread worked, from the row that begins with `name`. Other processes do not make it longer. */
function workedMs(table: string, name: string): number {
  const row = table.split('\n').find((line) => line.startsWith(name)) ?? ''
  return Number(/worked ([\d.]+) ms/.exec(row)?.[1])
}
