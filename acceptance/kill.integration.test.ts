// What a crash or a bad disk may do to the configuration: nothing that was acknowledged is lost, damage is noticed and told,
// and where all copies are damaged nothing is served rather than something old.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededChance } from '../loadtest/measure/chance.ts'
import { ask, type Gateway, type IssuedKey, startGateway, type Told } from './gateway.ts'
import { until } from './until.ts'

const seed = Number(process.env['SEED'] ?? Math.floor(performance.timeOrigin) % 1_000_000)
const chance = seededChance(seed)
const writes = 200
const rounds = 5
const writers = 4

let folder: string
let dataDir: string
const acknowledged: { name: string; revision: number }[] = []
const keys: IssuedKey[] = []
let attempted = 0

beforeAll(async () => {
  process.stderr.write(`kill -9: rerun with SEED=${seed}\n`)
  folder = mkdtempSync(join(tmpdir(), 'headgate-kill-'))
  dataDir = join(folder, 'data')
  mkdirSync(dataDir)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Each writer goes on until it has had its share or the process dies. */
async function writeUntilDeath(gateway: Gateway, round: number): Promise<void> {
  const share = writes / rounds / writers
  const writer = async (lane: number) => {
    for (let i = 0; i < share; i++) {
      const name = `team-${round}-${lane}-${i}`
      attempted++
      const told = await gateway.admin('PUT', `/teams/${name}`, { costCenter: `c${i}` })
      if (told.status === 200) acknowledged.push({ name, revision: told.json.revision })
      await pause(chance() * 20)
    }
  }
  await Promise.allSettled(Array.from({ length: writers }, (_, lane) => writer(lane)))
}

test('kill -9 at random during 200 writes loses no write that was acknowledged', async () => {
  for (let round = 0; round < rounds; round++) {
    const gateway = await startGateway({ dataDir })
    keys.push(await gateway.issueKey({ name: `round-${round}` }))
    const writing = writeUntilDeath(gateway, round)
    await pause(20 + chance() * 160)
    await gateway.kill('SIGKILL')
    await writing
  }
  const gateway = await startGateway({ dataDir })
  const { teams } = (await gateway.admin('GET', '/config')).json.resources
  const { status, reasons } = (await readiness(gateway)).json
  const usable = await Promise.all(keys.map(({ secret }) => echo(gateway, secret)))
  const { events } = (await gateway.admin('GET', '/events?after=0&limit=1000')).json
  await gateway.kill()

  expect(acknowledged.length).toBeGreaterThan(rounds)
  expect(acknowledged.length).toBeLessThan(attempted)
  expect(acknowledged.filter(({ name }) => teams[name] === undefined)).toEqual([])
  expect(usable.map(({ status }) => status)).toEqual(keys.map(() => 200))
  expect([status, reasons]).toEqual(['ok', []])
  expect(events.map(({ revision }: { revision: number }) => revision)).toEqual(
    events.map((_: unknown, index: number) => index + 1),
  )
  const revisionOf = new Map<string, number>(acknowledged.map(({ name, revision }) => [name, revision]))
  for (const [name, revision] of revisionOf) expect(JSON.stringify(events[revision - 1].data)).toContain(name)
})

const damages: [string, (configDir: string) => void][] = [
  ['a flipped bit in an event of log.sqlite', (dir) => flip(dir, 'log.sqlite', acknowledged[0]!.name)],
  ['a flipped bit in the newest key', (dir) => flip(dir, 'log.sqlite', keys.at(-1)!.id)],
  ['a log.sqlite cut in half', (dir) => cutInHalf(dir)],
  ['a log.sqlite of zeros', (dir) => overwrite(dir, (name) => name.startsWith('log.sqlite'))],
  ['a log.sqlite that is gone', (dir) => remove(dir, (name) => name.startsWith('log.sqlite'))],
]

describe.each(damages)('%s', (what, damage) => {
  let damaged: Gateway
  beforeAll(async () => {
    const copy = join(folder, what.replaceAll(/\W/g, '-'))
    cpSync(dataDir, copy, { recursive: true })
    damage(join(copy, 'config'))
    damaged = await startGateway({ dataDir: copy })
  })
  afterAll(() => damaged?.stop())

  test('is noticed and told, and the last good state is served', async () => {
    const { status, json } = await readiness(damaged)
    expect([status, json.status]).toEqual([200, 'degraded'])
    expect(json.reasons.join('\n')).toMatch(/damaged|chain|hash|rewound|lost|missing|corrupt|malformed|not a database/i)
    const answers = await Promise.all(keys.map(({ secret }) => echo(damaged, secret)))
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200))
  })

  test('refuses writes, and says why', async () => {
    const { status, json } = await damaged.admin('PUT', '/teams/after-damage', {})
    expect(status).toBeGreaterThanOrEqual(500)
    expect(json.detail ?? json.title).toMatch(/\w+ \w+/)
    expect((await damaged.admin('GET', '/teams/after-damage')).status).not.toBe(200)
  })
})

describe('when all copies are damaged', () => {
  let damaged: Gateway
  beforeAll(async () => {
    const copy = join(folder, 'all-damaged')
    cpSync(dataDir, copy, { recursive: true })
    overwrite(join(copy, 'config'), () => true)
    damaged = await startGateway({ dataDir: copy, ready: false })
    await until(() => models(damaged).then(Boolean, () => false), 30_000, 100)
  })
  afterAll(() => damaged?.stop())

  test('the data port answers 503 config_damaged, and nothing old', async () => {
    const told = await models(damaged)
    expect([told.status, told.json.error.code]).toEqual([503, 'config_damaged'])
    expect(told.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(told.headers.get('x-should-retry')).toBe('true')
    expect((await echo(damaged, keys[0]!.secret)).status).toBe(503)
    expect((await fetch(`${damaged.base}/readyz`)).status).toBe(503)
    expect((await fetch(`${damaged.base}/livez`)).status).toBe(200)
  })

  test('the control port says so too', async () => {
    const { status, json } = await readiness(damaged)
    expect([status, json.status]).toEqual([503, 'unready'])
    expect(json.reasons.join('\n')).toMatch(/damaged|corrupt|not a database/i)
    expect((await damaged.admin('PUT', '/teams/after-damage', {})).status).toBeGreaterThanOrEqual(500)
  })
})

function readiness(gateway: Gateway): Promise<Told> {
  return ask(`${gateway.control}/readyz?verbose`, 'GET')
}

function models(gateway: Gateway): Promise<Told> {
  return ask(`${gateway.base}/v1/models`, 'GET', undefined, { authorization: `Bearer ${keys[0]!.secret}` })
}

function echo(gateway: Gateway, key: string): Promise<Told> {
  const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] }
  return ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${key}` })
}

/** Flips one bit at every place of the log's files where `text` stands. */
function flip(configDir: string, prefix: string, text: string): void {
  let flipped = 0
  for (const path of filesIn(configDir, (name) => name.startsWith(prefix))) {
    const bytes = readFileSync(path)
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      bytes[at]! ^= 1
      flipped++
    }
    writeFileSync(path, bytes)
  }
  if (flipped === 0) throw new Error(`${text} stands nowhere in ${prefix}*`)
}

/** The WAL as well: with every page in it, it would mend the database. */
function cutInHalf(configDir: string): void {
  remove(configDir, (name) => name === 'log.sqlite-shm')
  for (const path of filesIn(configDir, (name) => name === 'log.sqlite' || name === 'log.sqlite-wal')) {
    truncateSync(path, readFileSync(path).length >> 1)
  }
}

function overwrite(configDir: string, which: (name: string) => boolean): void {
  for (const path of filesIn(configDir, which)) writeFileSync(path, Buffer.alloc(readFileSync(path).length))
}

function remove(configDir: string, which: (name: string) => boolean): void {
  for (const path of filesIn(configDir, which)) rmSync(path)
}

function filesIn(folder: string, which: (name: string) => boolean): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && which(entry.name)).map(({ name }) => join(folder, name))
}
