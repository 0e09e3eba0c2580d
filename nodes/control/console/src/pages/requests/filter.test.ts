import { expect, test } from 'vitest'
import { readRequest } from '../../api/requests.ts'
import { filterRequests } from './filter.ts'

const rows = [
  readRequest({ requestId: 'r1', model: 'Fast', status: 'ok' }),
  readRequest({ requestId: 'r2', model: 'smart', status: 'failed', errorCode: 'upstream_timeout' }),
]
const idsOf = (filter: { text: string; status: string }) => filterRequests(rows, filter).map((row) => row.requestId)

test('text is found in any of the names, whatever the case', () => {
  expect(idsOf({ text: ' fAST ', status: '' })).toEqual(['r1'])
  expect(idsOf({ text: 'TIMEOUT', status: '' })).toEqual(['r2'])
})

test('text and status must both hold', () => {
  expect(idsOf({ text: 'fast', status: 'failed' })).toEqual([])
  expect(idsOf({ text: '', status: 'failed' })).toEqual(['r2'])
})
