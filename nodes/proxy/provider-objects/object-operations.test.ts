import { expect, test } from 'vitest'
import { matchObjectPath, objectMediaTypes } from './object-operations.ts'

test.each([
  ['/v1/files', '/v1/files', '', { POST: 'upload', GET: 'list-files' }],
  ['/openai/v1/files/file-1', '/v1/files/{id}', 'file-1', { GET: 'file', DELETE: 'delete-file' }],
  ['/files/file-1/content', '/v1/files/{id}/content', 'file-1', { GET: 'content' }],
  ['/v1/batches', '/v1/batches', '', { POST: 'create-batch', GET: 'list-batches' }],
  ['/openai/deployments/gpt/batches', '/v1/batches', '', { POST: 'create-batch', GET: 'list-batches' }],
  ['/v1/batches/b_1/cancel', '/v1/batches/{id}/cancel', 'b_1', { POST: 'cancel-batch' }],
])('%s is the operation %s', (path, name, id, actions) => {
  expect(matchObjectPath(path)).toMatchObject({ name, id, actions })
})

test.each(['/v1/files/', '/v1/files/a/cancel', '/v1/batches/a/content', '/v1/files/a%20b', '/v1/chat', '/v2/files'])(
  '%s is no path of files or batches',
  (path) => {
    expect(matchObjectPath(path)).toBeUndefined()
  },
)

test.each([
  ['/v1/files', ['multipart/form-data']],
  ['/v1/batches', ['application/json']],
  ['/v1/batches/b/cancel', ['application/json', '']],
])('bodies at %s have the types %o', (path, types) => {
  const found = matchObjectPath(path)
  expect(found && objectMediaTypes(found)).toEqual(types)
})
