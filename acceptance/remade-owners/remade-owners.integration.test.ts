// An owner is who was made, not a name: one that is deleted and made again under the same name has nothing of the old one.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnerRig, startOwnerRig, useNames } from './owner-rig.ts'

let rig: OwnerRig
beforeAll(async () => {
  rig = await startOwnerRig()
})
afterAll(() => rig?.stop())

const write = async (method: string, path: string, body?: unknown) => {
  const told = await rig.gateway.admin(method, path, body)
  if (told.status >= 300) throw new Error(`${method} ${path}: ${told.status} ${told.text}`)
  return told.json
}

type Remake = (path: string) => Promise<void>

const byApi: Remake = async (path) => {
  await write('DELETE', path)
  await write('PUT', path, {})
}

const asShown: Remake = async (path) => {
  const { spec } = (await rig.gateway.admin('GET', path)).json
  await write('DELETE', path)
  await write('PUT', path, spec)
}

const byDocuments: Remake = async (path) => {
  await write('POST', '/apply', { ...(await whole()), teams: {} })
  await write('POST', '/apply', { ...(await whole()), teams: { [path.split('/').at(-1) ?? '']: {} } })
}

/** What the config file says, without owners: an apply deletes what it does not name. */
async function whole(): Promise<object> {
  const { providers, models } = (await rig.gateway.admin('GET', '/config')).json.resources
  delete providers.demo
  return { providers, models }
}

test.each<[kind: string, way: string, Remake]>([
  ['team', 'by the API', byApi],
  ['user', 'by the API', byApi],
  ['app', 'by the API', byApi],
  ['team', 'as it was shown', asShown],
  ['team', 'by documents', byDocuments],
])('a %s that is deleted and made again %s reaches nothing of the old one', async (kind, way, remake) => {
  const name = `${kind}-${way.replaceAll(' ', '-')}`
  const path = `/${kind}s/${name}`
  if (remake === byDocuments) await write('POST', '/apply', { ...(await whole()), teams: { [name]: {} } })
  else await write('PUT', path, {})
  const old = await rig.keyFor({ [kind]: name })
  const left = await rig.leave(old.secret)
  await write('DELETE', `/keys/${old.id}`)
  await remake(path)
  const { secret } = await rig.keyFor({ [kind]: name })
  expect(await rig.reached(secret, left)).toEqual([])
})

test('an owner that is changed, and whose keys are replaced, keeps all that it has', async () => {
  await write('PUT', '/teams/changed', {})
  const old = await rig.keyFor({ team: 'changed' })
  const left = await rig.leave(old.secret)
  await write('PUT', '/teams/changed', { costCenter: 'cc-2' })
  await write('DELETE', `/keys/${old.id}`)
  const { id, secret } = await rig.keyFor({ team: 'changed' })
  expect(await rig.reached(secret, left)).toEqual(useNames)
  await write('DELETE', `/keys/${id}`)
  await write('DELETE', '/teams/changed')
})

test('an owner of an export comes back as the one that it was, without the responses that went with it', async () => {
  await write('PUT', '/users/exported', {})
  const { id, secret } = await rig.keyFor({ user: 'exported' })
  const left = await rig.leave(secret)
  const exported = (await rig.gateway.admin('GET', '/config')).json.resources.users.exported
  await write('DELETE', `/keys/${id}`)
  await write('DELETE', '/users/exported')
  await expect.poll(entriesOfUser).toBe(0)
  await write('PUT', '/users/exported', exported)
  const again = await rig.keyFor({ user: 'exported' })
  const reached = await rig.reached(again.secret, left)
  expect(reached).toEqual(useNames.filter((name) => /file|batch/.test(name)))
})

/** Number of stored responses of the only owner that has some. */
function entriesOfUser(): number {
  const database = new DatabaseSync(join(rig.gateway.dataDir, 'state.sqlite'), { readOnly: true })
  try {
    return Number(database.prepare('SELECT count(*) AS entries FROM entry').get()?.['entries'])
  } finally {
    database.close()
  }
}

test('an owner of the config file is the same one at each start, until a start without it', async () => {
  const file = await startOwnerRig({ teams: { filed: {} } })
  try {
    const { id, secret } = await file.keyFor({ team: 'filed' })
    const left = await file.leave(secret)
    await file.restart({ teams: { filed: { costCenter: 'cc-2' } } })
    expect(await file.reached(secret, left)).toEqual(useNames)
    const again = await file.leave(secret)
    expect((await file.gateway.admin('DELETE', `/keys/${id}`)).status).toBe(200)
    await file.restart({})
    expect((await file.gateway.admin('GET', '/teams/filed')).status).toBe(404)
    await file.restart({ teams: { filed: {} } })
    expect(await file.reached((await file.keyFor({ team: 'filed' })).secret, again)).toEqual([])
  } finally {
    await file.stop()
  }
})
