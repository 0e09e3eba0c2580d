import { expect, test } from 'vitest'
import { badParameter, readStorageOptions } from './storage-options.ts'
import { scanOf } from './test-responses.ts'

const read = (body: object) => readStorageOptions(scanOf({ input: 'x', ...body }))

test.each([
  [{ store: false }, undefined],
  [{ store: false, previous_response_id: null }, undefined],
  [
    { store: false, previous_response_id: 'resp_1' },
    { store: false, storeIsAsked: false, previous: 'resp_1' },
  ],
  [{ store: true }, { store: true, storeIsAsked: true, previous: undefined }],
  [{ store: null }, { store: true, storeIsAsked: false, previous: undefined }],
  [{}, { store: true, storeIsAsked: false, previous: undefined }],
  [
    { conversation: null, background: false },
    { store: true, storeIsAsked: false, previous: undefined },
  ],
])('%j wants of state: %j', (body, wanted) => {
  expect(read(body)).toEqual({ ok: true, value: wanted && { ...wanted, references: false } })
})

test('references are looked for where the body has the word', () => {
  const named = read({ input: [{ type: 'item_reference', id: 'msg_1' }] })
  expect(named).toMatchObject({ ok: true, value: { references: true } })
  expect(read({ input: 'no reference' })).toMatchObject({ ok: true, value: { references: false } })
})

test.each<[object, string, string]>([
  [{ store: 'yes' }, 'invalid_value', 'store'],
  [{ store: 1 }, 'invalid_value', 'store'],
  [{ previous_response_id: 7 }, 'invalid_value', 'previous_response_id'],
  [{ previous_response_id: ['resp_1'] }, 'invalid_value', 'previous_response_id'],
  [{ conversation: 'conv_1' }, 'unsupported_parameter', 'conversation'],
  [{ conversation: { id: 'conv_1' }, store: false }, 'unsupported_parameter', 'conversation'],
  [{ background: true }, 'unsupported_parameter', 'background'],
])('%j is refused with %s', (body, code, param) => {
  expect(read(body)).toMatchObject({ ok: false, error: { type: 'bad-body', code, param } })
})

test('what is wrong with a parameter is a sentence', () => {
  expect(badParameter('limit', 'must be 1 to 100')).toEqual({
    type: 'bad-body',
    code: 'invalid_value',
    message: '`limit` must be 1 to 100.',
    param: 'limit',
  })
})
