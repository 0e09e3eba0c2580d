import { expect, test } from 'vitest'
import { markedFileName, markName, ObjectAnswers } from './object-answers.ts'
import { ObjectIds } from './object-ids.ts'

const ids = new ObjectIds(Buffer.alloc(32, 7))
const answers = new ObjectAnswers(ids, { provider: 'up', credential: 'main' })
const mark = { owner: 'team a', models: ['fast'] }

test('a file is shown with an id of the gateway, and with the name that its owner gave it', () => {
  const filename = `${markedFileName(ids.tokenOf(mark))}lines.jsonl`
  const shown = answers.file({ id: 'file-1', filename, bytes: 3 }, mark)
  expect(shown).toMatchObject({ filename: 'lines.jsonl', bytes: 3 })
  expect(ids.open(String(shown['id']), 'file')).toEqual({
    kind: 'file',
    provider: 'up',
    credential: 'main',
    id: 'file-1',
    ...mark,
  })
})

test('a batch is shown with ids of the gateway for its files', () => {
  const shown = answers.batch(
    { id: 'batch-1', input_file_id: 'file-1', output_file_id: 'file-2', error_file_id: null },
    mark,
  )
  expect(ids.open(String(shown['id']), 'batch')).toMatchObject({ id: 'batch-1', models: [] })
  expect(ids.open(String(shown['input_file_id']), 'file')).toMatchObject({ id: 'file-1', models: ['fast'] })
  expect(ids.open(String(shown['output_file_id']), 'file')).toMatchObject({ id: 'file-2', models: [] })
  expect(shown['error_file_id']).toBeNull()
})

test('the mark is taken out of the metadata of a batch', () => {
  const metadata = { [markName]: ids.tokenOf(mark), project: 'x' }
  expect(answers.batch({ id: 'b', metadata }, mark)['metadata']).toEqual({ project: 'x' })
  expect(answers.batch({ id: 'b', metadata: { [markName]: 'x' } }, mark)['metadata']).toBeNull()
})

test('a mark is read from where it is stored', () => {
  const token = ids.tokenOf(mark)
  expect(answers.markOf('file', { filename: `${markedFileName(token)}a` })).toEqual(mark)
  expect(answers.markOf('batch', { metadata: { [markName]: token } })).toEqual(mark)
})

test('an object without a mark of the gateway has none', () => {
  expect(answers.markOf('file', { filename: 'a.jsonl' })).toBeUndefined()
  expect(answers.markOf('file', { filename: 'hg.forged.a' })).toBeUndefined()
  expect(answers.markOf('batch', { metadata: null })).toBeUndefined()
})

test('only a JSON object is an answer', () => {
  expect(answers.read(Buffer.from('{"id":"a"}'))).toEqual({ id: 'a' })
  expect(answers.read(Buffer.from('[]'))).toBeUndefined()
  expect(answers.read(Buffer.from('no JSON'))).toBeUndefined()
})
