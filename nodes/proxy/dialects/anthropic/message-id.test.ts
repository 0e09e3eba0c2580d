import { expect, test } from 'vitest'
import { messageId } from './message-id.ts'

test.each([
  ['msg_01ABC', 'msg_01ABC'],
  ['msg_bdrk_01ABC', 'msg_bdrk_01ABC'],
  ['chatcmpl-abc', 'msg_abc'],
  ['resp_abc', 'msg_abc'],
  ['gen-abc', 'msg_abc'],
  ['5c1f-abc', 'msg_5c1f-abc'],
  ['', 'msg_req-1'],
])('the id %j is %s', (id, printed) => {
  expect(messageId(id, 'req-1')).toBe(printed)
})
