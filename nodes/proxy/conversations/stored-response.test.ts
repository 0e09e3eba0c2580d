import { expect, test } from 'vitest'
import {
  decodeStored,
  encodeStored,
  formerOwner,
  type LocalResponse,
  responseOfItem,
  stemOf,
} from './stored-response.ts'

const stem = '0123456789abcdef'.repeat(3)
const response: LocalResponse = {
  type: 'kept',
  response: { id: `resp_${stem}` },
  input: [{ id: 'msg_1' }],
  parts: [],
  chain: ['resp_0'],
  chainBytes: 12,
}

test('a response is read as it was stored', () => {
  expect(decodeStored(encodeStored(response))).toMatchObject(response)
})

test('a response of another release is not read', () => {
  expect(decodeStored(Buffer.from(JSON.stringify({ ...response, version: 2 })))).toBeUndefined()
  expect(decodeStored(Buffer.from('no JSON'))).toBeUndefined()
})

test.each([
  ['team a b', 'team:a b'],
  ['user u', 'user:u'],
  ['app x', 'app:x'],
  ['key k1', undefined],
])('earlier releases stored the responses of %s under %s', (owner, former) => {
  expect(formerOwner(owner)).toBe(former)
})

test('the ids of items lead back to their response', () => {
  const item = `msg_${stemOf(`resp_${stem}`)}_3`
  expect(responseOfItem(item)).toBe(`resp_${stem}`)
  expect(responseOfItem(`fc_${stem}_i0`)).toBe(`resp_${stem}`)
})

test.each(['msg_1', `msg_${stem}`, `MSG_${stem}_1`, `msg_${stem}0_1`])('%s is no item that is stored here', (id) => {
  expect(responseOfItem(id)).toBeUndefined()
})
