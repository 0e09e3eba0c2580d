import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { SqliteLog } from '../../cluster/config-log/sqlite/sqlite-log.ts'
import { FileKeyStore } from '../../cluster/secrets/file-key-store.ts'
import { deriveKeys } from '../../cluster/secrets/keys.ts'
import { SecretBox } from '../../cluster/secrets/secret-box.ts'
import type { ConfigEvent } from '../../shared/config/events.ts'
import { type StartedControl, startedControl } from './testing/started-control.ts'

let running: StartedControl[] = []
afterEach(async () => {
  for (const control of running) await control.remove()
  running = []
})

async function given() {
  const control = await startedControl()
  running.push(control)
  const { admin, dataDir } = control
  const path = join(dataDir, 'config', 'data-keys.json')
  const owners = () => Object.keys((JSON.parse(readFileSync(path, 'utf8')) as { keys: object }).keys).sort()
  const masterKey = Buffer.from(readFileSync(join(dataDir, 'master.key'), 'utf8').trim(), 'base64')
  const box = () => new SecretBox(new FileKeyStore(path, deriveKeys(masterKey).wrapKey))
  const put = (name: string, apiKey: string) =>
    admin('PUT', `/providers/${name}`, { kind: 'openai', credentials: [{ name: 'main', apiKey }] })
  /** The secrets of a provider as they stand in the log, the newest last. */
  const sealedOf = async (name: string) => {
    const log = new SqliteLog({ path: join(dataDir, 'config', 'log.sqlite'), readOnly: true })
    const events = await log.read(0, 1_000)
    await log.close()
    if (!events.ok) throw new Error(events.error.type)
    return events.value
      .map(({ bytes }) => (JSON.parse(Buffer.from(bytes).toString()) as ConfigEvent).change)
      .flatMap((change) => (change.type === 'provider-set' && change.name === name ? [change.spec] : []))
      .flatMap(({ credentials }) => credentials?.[0]?.apiKey ?? [])
  }
  return { ...control, path, owners, box, put, sealedOf }
}

test('a deleted provider takes its data key along, and no other', async () => {
  const { admin, owners, put, box, sealedOf } = await given()
  await put('one', 'sk-one-1234567890abcdef')
  await put('two', 'sk-two-1234567890abcdef')
  expect(owners()).toEqual([expect.stringMatching(/^key:/), 'provider:one', 'provider:two'])
  expect((await admin('DELETE', '/providers/one')).status).toBe(200)
  expect(owners()).toEqual([expect.stringMatching(/^key:/), 'provider:two'])
  const [one, two] = [(await sealedOf('one'))[0]!, (await sealedOf('two'))[0]!]
  expect(box().open(one)).toEqual({ ok: false, error: { type: 'key-missing', owner: 'provider:one' } })
  expect(box().open(two)).toEqual({ ok: true, value: 'sk-two-1234567890abcdef' })
  await put('one', 'sk-new-1234567890abcdef')
  const [lost, fresh] = await sealedOf('one')
  expect(box().open(lost!).ok).toBe(false)
  expect(box().open(fresh!)).toEqual({ ok: true, value: 'sk-new-1234567890abcdef' })
})

test("a deleted objective takes the key of its webhook's secret along", async () => {
  const { admin, owners } = await given()
  const webhook = { url: 'https://hooks.example/x', secret: 'whsec-1234567890abcdef' }
  await admin('PUT', '/slos/fast', { objective: 'availability', webhook })
  expect(owners()).toEqual([expect.stringMatching(/^key:/), 'slo:fast'])
  expect((await admin('DELETE', '/slos/fast')).status).toBe(200)
  expect(owners()).toEqual([expect.stringMatching(/^key:/)])
})

test('a provider that is made while another is deleted keeps its secret, whatever its name', async () => {
  const { admin, put, box, sealedOf } = await given()
  for (let round = 0; round < 20; round++) {
    await put('one', `sk-old-${round}-1234567890abcdef`)
    await Promise.all([
      admin('DELETE', '/providers/one'),
      put('one', `sk-new-${round}-1234567890abcdef`),
      put(`two-${round}`, `sk-two-${round}-1234567890abcdef`),
    ])
    const { providers } = (await admin('GET', '/config')).json.resources
    for (const name of Object.keys(providers).filter((name) => name !== 'demo')) {
      expect(box().open((await sealedOf(name)).at(-1)!)).toMatchObject({ ok: true })
    }
    expect(Object.keys(providers)).toContain(`two-${round}`)
  }
})

test('a revoked demo key takes the key of its token along', async () => {
  const { admin, owners } = await given()
  const [key] = (await admin('GET', '/keys')).json.items
  expect(owners()).toEqual([`key:${key.id}`])
  await admin('DELETE', `/keys/${key.id}`)
  expect(owners()).toEqual([])
})

test('what a kill has left behind goes at the next start; what is not known stays', async () => {
  const { box, owners, put, stop, dataDir, admin } = await given()
  await put('one', 'sk-one-1234567890abcdef')
  const { revision } = (await admin('GET', '/config')).json
  const left = ['provider:left-behind', 'sink:of-a-newer-release']
  await box().prepare(new Map(left.map((owner) => [owner, { revision: revision - 1, isOwned: false }])))
  await box().prepare(new Map([['provider:on-its-way', { revision, isOwned: false }]]))
  await stop()
  running = [await startedControl({ dataDir })]
  const kept = ['provider:on-its-way', 'provider:one', 'sink:of-a-newer-release']
  expect(owners()).toEqual([expect.stringMatching(/^key:/), ...kept])
})

test('a deletion is answered when its data key cannot be removed, and the operator is told', async () => {
  const { admin, notices, path, put } = await given()
  await put('one', 'sk-one-1234567890abcdef')
  for (const file of [path, `${path}.copy`]) writeFileSync(file, 'not a key file')
  expect((await admin('DELETE', '/providers/one')).status).toBe(200)
  expect(notices).toContainEqual({ type: 'warning', message: expect.stringContaining('data keys of what was deleted') })
})
