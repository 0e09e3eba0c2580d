import { expect, test } from 'vitest'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { readStorageOptions } from './storage-options.ts'

const byDefault = { store: true, storeIsAsked: false, previous: undefined, references: false }

test.each([
  [{}, byDefault],
  [{ store: null }, byDefault],
  [{ store: true }, { ...byDefault, storeIsAsked: true }],
  [{ previous_response_id: 'resp_1' }, { ...byDefault, previous: 'resp_1' }],
  [
    { previous_response_id: 'resp_1', store: false },
    { ...byDefault, store: false, previous: 'resp_1' },
  ],
  [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, { ...byDefault, references: true }],
  [{ conversation: null, background: false }, byDefault],
])('the options of %o are %o', (body, options) => {
  expect(read(body)).toEqual({ ok: true, value: options })
})

test('a request that neither continues nor stores a response has no options', () => {
  expect(read({ store: false })).toEqual({ ok: true, value: undefined })
})

test.each([
  [{ store: 'yes' }, 'store', 'invalid_value'],
  [{ conversation: 'conv_1' }, 'conversation', 'unsupported_parameter'],
  [{ background: true }, 'background', 'unsupported_parameter'],
  [{ previous_response_id: 7 }, 'previous_response_id', 'invalid_value'],
])('%o is an error of the parameter %s', (body, param, code) => {
  expect(read(body)).toMatchObject({ ok: false, error: { type: 'bad-body', param, code } })
})

function read(body: object) {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from(JSON.stringify(body)), scan)).toBeUndefined()
  return readStorageOptions(scan)
}
