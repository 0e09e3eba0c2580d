import { expect, test } from 'vitest'
import { requestsPath } from './requests.ts'

test.each([
  [undefined, '/api/v1/requests?limit=50'],
  [{ text: ' ', status: '' }, '/api/v1/requests?limit=50'],
  [{ text: ' a&b ', status: 'failed' }, '/api/v1/requests?limit=50&text=a%26b&status=failed'],
])('the filter %j asks for %s', (filter, path) => {
  expect(requestsPath({ limit: 50, ...(filter === undefined ? {} : { filter }) })).toBe(path)
})
