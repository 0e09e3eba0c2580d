// Files with the official SDK: they lie at the provider, in one account, and belong to a team here. Nobody else sees them, and
// their ids lead back to where they are.
import { BadRequestError, NotFoundError } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ask } from '../http.ts'
import { until } from '../until.ts'
import { batchFile, document, type FileRig, first, second, startFileRig, vault } from './file-rig.ts'
import { keep } from './file-upstream.ts'

let rig: FileRig
beforeAll(async () => {
  rig = await startFileRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('a file is kept at the provider, and read, listed and deleted by the team that owns it', async () => {
  const made = await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  expect(made).toMatchObject({ object: 'file', filename: 'näme.txt', purpose: 'user_data', bytes: 5 })
  const [kept] = [...rig.account().files.values()]
  expect(made.id).not.toContain(kept!.id)
  expect(await rig.ours.files.retrieve(made.id)).toEqual(made)
  expect(await (await rig.ours.files.content(made.id)).text()).toBe('hello')
  const listed = await rig.ours.files.list()
  expect(listed.data).toEqual([made])
  expect(await rig.ours.files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true })
  expect(rig.account().files.size).toBe(0)
  await expect(rig.ours.files.retrieve(made.id)).rejects.toThrow(NotFoundError)
})

test('another team cannot reach a file, and is told the same as of an unknown file (wire 116)', async () => {
  const made = await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  const [kept] = [...rig.account().files.keys()]
  rig.upstream.seen.length = 0
  const { error } = await rig.theirs.files.retrieve('file-never-was').catch((refused) => refused)
  for (const id of [made.id, kept!, `${made.id}A`, made.id.toLowerCase()]) {
    for (const attempt of [
      () => rig.theirs.files.retrieve(id),
      () => rig.theirs.files.content(id),
      () => rig.theirs.files.delete(id),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ status: 404, error })
    }
  }
  expect(rig.upstream.seen).toEqual([])
  expect((await rig.theirs.files.list(undefined, vault)).data).toEqual([])
  expect(rig.account().files.size).toBe(1)
})

test('a file has one id for every key of its team, whether it is read or listed', async () => {
  const made = await rig.ours.files.create({ file: await batchFile('fast'), purpose: 'batch' })
  expect((await rig.ours.files.retrieve(made.id)).id).toBe(made.id)
  expect((await rig.ours.files.list()).data.map(({ id }) => id)).toEqual([made.id])
  expect((await rig.narrow.files.retrieve(made.id)).id).toBe(made.id)
})

test('an id leads to the account that the file lies in, also when credentials have changed places (wire 116)', async () => {
  const made = await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  const vaultNow = { kind: 'openai', baseUrl: `${rig.upstream.url}/v1`, bareNames: ['tuned-1'] }
  const provider = { ...vaultNow, credentials: [second, first] }
  expect((await rig.gateway.admin('PUT', '/providers/vault', provider)).status).toBe(200)
  expect((await rig.ours.files.retrieve(made.id)).filename).toBe('näme.txt')
  const later = await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  expect(rig.upstream.account('sk-second').files.size).toBe(1)
  await rig.ours.files.delete(later.id)
  await rig.gateway.admin('PUT', '/providers/vault', { ...provider, credentials: [second] })
  await expect(rig.ours.files.retrieve(made.id)).rejects.toThrow(NotFoundError)
  await rig.gateway.admin('PUT', '/providers/vault', { ...provider, credentials: [first, second] })
  expect((await rig.ours.files.retrieve(made.id)).filename).toBe('näme.txt')
})

test('where several providers could keep a file, one has to be named', async () => {
  const file = await document()
  await expect(rig.theirs.files.create({ file, purpose: 'user_data' })).rejects.toMatchObject({
    status: 400,
    code: 'provider_required',
    message: expect.stringMatching(/`vault`.*`other`|`other`.*`vault`/),
  })
  const made = await rig.theirs.files.create({ file, purpose: 'user_data' }, { query: { provider: 'other' } })
  expect(rig.upstream.account('sk-other').files.size).toBe(1)
  expect((await rig.theirs.files.retrieve(made.id)).filename).toBe('näme.txt')
  const unknown = { headers: { 'x-headgate-provider': 'nobody' } }
  await expect(rig.theirs.files.create({ file, purpose: 'user_data' }, unknown)).rejects.toMatchObject({
    code: 'unknown_provider',
  })
  const notOurs = { headers: { 'x-headgate-provider': 'other' } }
  await expect(rig.ours.files.create({ file, purpose: 'user_data' }, notOurs)).rejects.toMatchObject({
    code: 'unknown_provider',
  })
  const without = { headers: { 'x-headgate-provider': 'claude' } }
  await expect(rig.ours.files.create({ file, purpose: 'user_data' }, without)).rejects.toMatchObject({
    code: 'unsupported_endpoint',
  })
})

test("a list shows the team's own, over as many pages of the provider as it takes", async () => {
  const made: string[] = []
  rig.upstream.pageMax = 3
  for (let i = 0; i < 5; i++) {
    for (let k = 0; k < 4; k++)
      keep(rig.account(), { filename: `foreign-${k}`, purpose: 'x', content: Buffer.from('') })
    await rig.theirs.files.create({ file: await document(), purpose: 'user_data' }, vault)
    made.unshift((await rig.ours.files.create({ file: await document(), purpose: 'user_data' })).id)
  }
  expect((await rig.ours.files.list()).data.map(({ id }) => id)).toEqual(made)
  const paged: string[] = []
  for await (const { id } of rig.ours.files.list({ limit: 2 })) paged.push(id)
  expect(paged).toEqual(made)
  const page = await rig.ours.files.list({ limit: 2 })
  expect(page.has_more).toBe(true)
  const foreign = (await rig.theirs.files.list({}, vault)).data[0]!.id
  await expect(rig.ours.files.list({ after: foreign })).rejects.toThrow(NotFoundError)
  await expect(rig.ours.files.list({ limit: 0 })).rejects.toThrow(BadRequestError)
})

test('a request to a model may name a file of the team, where it says at which provider', async () => {
  const made = await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  const content = [
    { type: 'input_file' as const, file_id: made.id },
    { type: 'input_text' as const, text: 'Sum it up.' },
  ]
  const asked = { model: 'fast', input: [{ role: 'user' as const, content }], store: false }
  for (let i = 0; i < 6; i++) {
    // Always by the credential of the account that has the file, though there are two.
    expect((await rig.ours.responses.create(asked, vault)).output_text).toBe('näme.txt')
  }
  expect((await rig.ours.responses.create(asked)).output_text).toBe('')
  expect((await rig.theirs.responses.create(asked, vault)).output_text).toBe('')
  const atOther = { query: { provider: 'other' } }
  const elsewhere = await rig.theirs.files.create({ file: await document(), purpose: 'user_data' }, atOther)
  const other = [{ type: 'input_file' as const, file_id: elsewhere.id }]
  const wrong = rig.theirs.responses.create(
    { model: 'fast', input: [{ role: 'user', content: other }], store: false },
    vault,
  )
  await expect(wrong).rejects.toMatchObject({ status: 400, param: 'file_id' })
})

test('an upload that fails is not sent again, and what only reads is', async () => {
  rig.upstream.failure = () => 500
  await expect(rig.ours.files.create({ file: await document(), purpose: 'user_data' })).rejects.toMatchObject({
    status: 502,
  })
  expect(rig.upstream.seen.map(({ method }) => method)).toEqual(['POST'])
  rig.upstream.failure = () => undefined
  const made = await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  rig.upstream.seen.length = 0
  let failures = 1
  rig.upstream.failure = () => (failures-- > 0 ? 500 : undefined)
  expect(await rig.ours.files.retrieve(made.id)).toEqual(made)
  expect(rig.upstream.seen.length).toBe(2)
})

test('a list whose second page fails is refused', async () => {
  rig.upstream.pageMax = 1
  for (let i = 0; i < 3; i++) keep(rig.account(), { filename: 'foreign', purpose: 'x', content: Buffer.from('') })
  rig.upstream.failure = ({ path }) => (path.includes('after=') ? 503 : undefined)
  await expect(rig.ours.files.list()).rejects.toMatchObject({ status: 503, code: 'overloaded' })
  rig.upstream.failure = () => undefined
  expect((await rig.ours.files.list()).data).toEqual([])
})

test('a long list of others ends the search, and says that there may be more', async () => {
  rig.upstream.pageMax = 1
  await rig.ours.files.create({ file: await document(), purpose: 'user_data' })
  for (let i = 0; i < 25; i++) keep(rig.account(), { filename: 'foreign', purpose: 'x', content: Buffer.from('') })
  rig.upstream.seen.length = 0
  const page = await rig.ours.files.list()
  expect([page.data, page.has_more, rig.upstream.seen.length]).toEqual([[], true, 20])
  const told = await ask(`${rig.gateway.base}/v1/files`, 'GET', undefined, { authorization: `Bearer ${rig.ourKey}` })
  const cursor: string = told.json.last_id
  expect((await rig.ours.files.list({ after: cursor })).data).toHaveLength(1)
  // It stands behind a foreign file, and opens none.
  for (const attempt of [
    () => rig.ours.files.retrieve(cursor),
    () => rig.ours.files.content(cursor),
    () => rig.ours.files.delete(cursor),
  ]) {
    await expect(attempt()).rejects.toThrow(NotFoundError)
  }
  await expect(rig.theirs.files.list({ after: cursor }, vault)).rejects.toThrow(NotFoundError)
})

test('an upload has a record with its team, its provider and its bytes', async () => {
  const { response } = await rig.ours.files.create({ file: await document(), purpose: 'user_data' }).withResponse()
  const id = response.headers.get('x-request-id')
  let told = await rig.gateway.admin('GET', `/requests/${id}`)
  await until(async () => {
    told = await rig.gateway.admin('GET', `/requests/${id}`)
    return told.status === 200
  }, 10_000)
  expect(told.json).toMatchObject({
    route: '/v1/files',
    team: 'us',
    provider: 'vault',
    model: '',
    status: 'ok',
    inputTokens: 0,
    estimated: false,
    measure: { unit: 'bytes', amount: 5 },
  })
})
