import { expect, test } from 'vitest'
import { atOnce } from '../../../shared/work/slices.ts'
import { fileReferences } from './file-references.ts'
import { ObjectIds } from './object-ids.ts'

const ids = new ObjectIds(new Uint8Array(32).fill(5))
const idOf = (id: string, owner = 'team a') =>
  ids.seal({ kind: 'file', provider: 'p', credential: 'c', owner, id, models: [] })
const found = (body: string) =>
  atOnce(fileReferences(Buffer.from(body), ids, 'team a')).map(({ start, end, ref }) => [
    Buffer.from(body).toString('utf8', start, end),
    ref.id,
  ])

test("ids of the caller's own files are found where they are a whole string", () => {
  const [one, two] = [idOf('file-1'), idOf('file-2')]
  const body = JSON.stringify({ text: 'Grüße 東京', content: [{ file_id: one }, { file_ids: [two, one] }] })
  expect(found(body)).toEqual([one, two, one].map((id, i) => [`"${id}"`, ['file-1', 'file-2', 'file-1'][i]]))
})

test('what only looks like one, or belongs to somebody else, stays text', () => {
  const id = idOf('file-1')
  const texts = [
    `see ${id}`,
    `${id} `,
    `"${id}"`,
    `\\"${id}\\"`,
    id.slice(1),
    `${id}x`,
    idOf('file-1', 'team b'),
    'file-hg-',
  ]
  for (const text of texts) expect(found(JSON.stringify({ text }))).toEqual([])
})
