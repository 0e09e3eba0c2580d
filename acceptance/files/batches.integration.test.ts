// Batches with the official SDK, and what their files may hold: no batch runs a model that its caller may not use, and an upload
// that could be read in two ways is refused.
import { NotFoundError, PermissionDeniedError } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ask } from '../http.ts'
import { batchFile, type FileRig, requestOf, startFileRig, vault } from './file-rig.ts'
import { keep } from './file-upstream.ts'

let rig: FileRig
beforeAll(async () => {
  rig = await startFileRig()
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

test('the models of a batch file are checked and get their names at the provider; a batch runs on it', async () => {
  const input = await rig.ours.files.create({
    file: await batchFile('fast', 'smart', 'vault/gpt-direct', 'tuned-1'),
    purpose: 'batch',
  })
  const [kept] = [...rig.account().files.values()]
  const lines = kept!.content
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ body }) => body.model)).toEqual(['gpt-fast-1', 'gpt-smart-1', 'gpt-direct', 'tuned-1'])
  expect(lines[0]).toEqual(JSON.parse(requestOf('gpt-fast-1', '0')))
  const asked = {
    input_file_id: input.id,
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
  }
  const batch = await rig.ours.batches.create({ ...asked, metadata: { ticket: '7' } })
  expect(batch).toMatchObject({ status: 'validating', input_file_id: input.id, metadata: { ticket: '7' } })
  const [running] = [...rig.account().batches.values()]
  expect(running).toMatchObject({ input_file_id: kept!.id, endpoint: '/v1/chat/completions' })
  const output = keep(rig.account(), {
    filename: 'output.jsonl',
    purpose: 'batch_output',
    content: Buffer.from('{"a":1}\n'),
  })
  Object.assign(running!, { status: 'completed', output_file_id: output.id, usage: { total_tokens: 9 } })
  const done = await rig.ours.batches.retrieve(batch.id)
  expect(done).toMatchObject({ id: batch.id, status: 'completed', input_file_id: input.id, usage: { total_tokens: 9 } })
  expect(await (await rig.ours.files.content(done.output_file_id!)).text()).toBe('{"a":1}\n')
  await expect(rig.theirs.files.content(done.output_file_id!)).rejects.toThrow(NotFoundError)
  expect((await rig.ours.batches.list()).data.map(({ id }) => id)).toEqual([batch.id])
  expect((await rig.theirs.batches.list(undefined, vault)).data).toEqual([])
  await expect(rig.theirs.batches.retrieve(batch.id)).rejects.toThrow(NotFoundError)
  await expect(rig.theirs.batches.cancel(batch.id)).rejects.toThrow(NotFoundError)
  expect(await rig.ours.batches.cancel(batch.id)).toMatchObject({ id: batch.id, status: 'cancelling' })
})

test('a key of the same team that may not use the models of a file runs no batch on it', async () => {
  const input = await rig.ours.files.create({ file: await batchFile('fast'), purpose: 'batch' })
  const asked = {
    input_file_id: input.id,
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
  }
  await expect(rig.narrow.batches.create(asked)).rejects.toThrow(PermissionDeniedError)
  await expect(rig.theirs.batches.create(asked)).rejects.toThrow(NotFoundError)
  const plain = await rig.ours.files.create({ file: await batchFile('fast'), purpose: 'user_data' })
  await expect(rig.ours.batches.create({ ...asked, input_file_id: plain.id })).rejects.toMatchObject({
    status: 400,
    param: 'input_file_id',
  })
  const [kept] = [...rig.account().files.keys()]
  await expect(rig.ours.batches.create({ ...asked, input_file_id: kept! })).rejects.toThrow(NotFoundError)
  expect(rig.account().batches.size).toBe(0)
})

test.each<[string, unknown, string]>([
  ['an unknown model', 'nothing', 'Line 2 names the model `nothing`'],
  ['a model of somebody else', 'elsewhere', 'Line 2 names the model `elsewhere`'],
  ['a model at another provider', 'claude', 'Line 2 names the model `claude`'],
  ['no model', undefined, 'Line 2 names no model'],
  ['a model that is none', { a: 1 }, 'Line 2 names no model'],
])('a batch file with %s is refused, and nothing of it reaches the provider', async (_, model, says) => {
  const upload = rig.ours.files.create({ file: await batchFile('fast', model), purpose: 'batch' })
  await expect(upload).rejects.toMatchObject({ code: 'invalid_batch_line', message: expect.stringContaining(says) })
  expect(rig.upstream.seen).toEqual([])
})

test.each<[string, [string, string][], string]>([
  ['no file', [['purpose', 'batch']], 'missing_required_parameter'],
  ['no purpose', [['file', 'x']], 'missing_required_parameter'],
  [
    'two purposes',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['purpose', 'batch'],
    ],
    'invalid_form',
  ],
  [
    'a purpose that is nearly batch',
    [
      ['purpose', ' Batch'],
      ['file', 'x'],
    ],
    'invalid_value',
  ],
  [
    'a second file',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['file', 'y'],
    ],
    'invalid_form',
  ],
  [
    'a list of files',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['file[]', 'y'],
    ],
    'invalid_form',
  ],
  [
    'another address',
    [
      ['purpose', 'user_data'],
      ['file', 'x'],
      ['api_base', 'http://x'],
    ],
    'forbidden_param',
  ],
])('an upload with %s is refused', async (_, parts, code) => {
  const form = new FormData()
  for (const [name, value] of parts) {
    if (name.startsWith('file')) form.append(name, new Blob([value]), 'a.jsonl')
    else form.append(name, value)
  }
  const headers = { authorization: `Bearer ${rig.ourKey}` }
  const response = await fetch(`${rig.gateway.base}/v1/files`, { method: 'POST', headers, body: form })
  expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([400, code])
  expect(rig.upstream.seen).toEqual([])
})

test.each<[string, string, object | undefined, number]>([
  ['PUT', '/v1/files', {}, 405],
  ['POST', '/v1/files', {}, 415],
  ['DELETE', '/v1/batches/batch_x', undefined, 405],
  ['GET', '/v1/files/a%2e%2e/content', undefined, 501],
  ['POST', '/v1/batches', { endpoint: '/v1/embeddings' }, 400],
  ['POST', '/v1/batches', { input_file_id: 'file-x', metadata: [] }, 404],
])('%s %s with %j is %i', async (method, path, body, status) => {
  expect((await ask(rig.gateway.base + path, method, body, { authorization: `Bearer ${rig.ourKey}` })).status).toBe(
    status,
  )
  expect((await ask(rig.gateway.base + path, method, body)).status).toBe(
    status === 405 || status === 501 ? status : 401,
  )
})
