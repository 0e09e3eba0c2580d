import { expect, test } from 'vitest'
import { answerWith, type SingleAction, singleCall } from './object-call.ts'
import { accountAt, answers, ids, owner, refOf, vault } from './test-files.ts'

const file = refOf({ models: ['fast'] })
const batch = refOf({ kind: 'batch', id: 'batch_1' })

function callOf(action: SingleAction, account = vault) {
  const ref = action === 'batch' || action === 'cancel-batch' ? batch : file
  return singleCall(action, { account, ref, ids, answers })
}

function toldBy(action: SingleAction, answer: unknown) {
  const told = callOf(action).tell(Buffer.from(JSON.stringify(answer)))
  return told === undefined ? undefined : JSON.parse(told.toString())
}

test.each<[SingleAction, string, string]>([
  ['file', 'GET', '/v1/files/file-1'],
  ['delete-file', 'DELETE', '/v1/files/file-1'],
  ['content', 'GET', '/v1/files/file-1/content'],
  ['batch', 'GET', '/v1/batches/batch_1'],
  ['cancel-batch', 'POST', '/v1/batches/batch_1/cancel'],
])('the action %s is %s %s', (action, method, path) => {
  expect(callOf(action)).toMatchObject({ method, path, body: [], contentType: '' })
})

test("an id is encoded, and stands where the provider's API has it", () => {
  const odd = singleCall('file', { account: vault, ref: refOf({ id: 'a/../b?c' }), ids, answers })
  expect(odd.path).toBe('/v1/files/a%2F..%2Fb%3Fc')
  expect(callOf('file', accountAt('azure', { kind: 'azure' })).path).toBe('/openai/files/file-1?api-version=2024-10-21')
})

test('a file is shown under our id and its own name', () => {
  const filename = `hg.${ids.tokenOf({ owner, models: [] })}.a.txt`
  expect(toldBy('file', { id: 'file-1', filename, bytes: 5 })).toEqual({
    id: ids.seal(file),
    filename: 'a.txt',
    bytes: 5,
  })
})

test('of a file that is deleted our id is told', () => {
  expect(toldBy('delete-file', { id: 'file-1', deleted: true })).toEqual({ id: ids.seal(file), deleted: true })
})

test('content is told as it is', () => {
  const bytes = Buffer.from([0, 255, 10])
  expect(callOf('content').tell(bytes)).toBe(bytes)
})

test.each<SingleAction>(['batch', 'cancel-batch'])('files of a batch are shown by ids of ours (%s)', (action) => {
  const metadata = { headgate: ids.tokenOf({ owner, models: ['fast'] }) }
  const told = toldBy(action, { id: 'batch_1', input_file_id: 'file-1', output_file_id: 'file-2', metadata })
  expect(told).toEqual({
    id: ids.seal(batch),
    input_file_id: ids.seal(file),
    output_file_id: ids.seal(refOf({ id: 'file-2' })),
    metadata: null,
  })
})

test('a batch whose mark is lost keeps its owner, and its file runs no other batch', () => {
  const told = toldBy('batch', { id: 'batch_1', input_file_id: 'file-1' })
  expect(ids.open(told.input_file_id, 'file')).toEqual(refOf())
})

test.each(['oops', '[]', '7', ''])('%j is no answer', (text) => {
  for (const action of ['file', 'delete-file', 'batch', 'cancel-batch'] as const)
    expect(callOf(action).tell(Buffer.from(text))).toBeUndefined()
  expect(answerWith(answers, (object) => object)(Buffer.from(text))).toBeUndefined()
})
