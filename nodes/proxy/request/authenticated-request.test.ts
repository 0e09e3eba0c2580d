import { expect, test } from 'vitest'
import { emptyBody } from '../http/http.ts'
import { type AdmittedRequest, withBody, withoutBody } from './authenticated-request.ts'
import { TestBody, testRequest } from './test-request.ts'

function admitted(): AdmittedRequest {
  const { body: _body, startedMs: _startedMs, ...rest } = testRequest().request
  return rest
}

test('a body joins everything that is known of the head, and the clock starts', () => {
  const head = admitted()
  const body = new TestBody('{"model":"fast"}')
  const request = withBody(head, body, 12)
  expect(request).toMatchObject(head)
  expect([request.body.bytes, request.startedMs]).toEqual([body.bytes, 12])
})

test('the body is leased: it goes back once when nobody needs it', () => {
  const body = new TestBody('{}')
  const request = withBody(admitted(), body, 0)
  request.body.notNeeded()
  request.body.notNeeded()
  expect(body.released).toBe(1)
})

test('a request without a body has an empty one', () => {
  const request = withoutBody(admitted(), 5)
  expect([request.body.bytes, request.startedMs]).toEqual([emptyBody.bytes, 5])
})
