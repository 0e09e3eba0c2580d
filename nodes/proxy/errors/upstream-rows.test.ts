import { expect, test } from 'vitest'
import type { Row, RowOf } from './error-row.ts'
import type { UpstreamGatewayError } from './gateway-error.ts'
import { upstreamRows } from './upstream-rows.ts'

function rowFor(error: UpstreamGatewayError): Row {
  const found = upstreamRows[error.type] as RowOf<UpstreamGatewayError>
  return typeof found === 'function' ? found(error) : found
}

test.each([400, 404, 409, 413, 422])('a rejection by the upstream with %i keeps its status in the record', (status) => {
  const answer = { status, contentType: 'application/json', retryAfterMs: undefined, body: Buffer.alloc(0) }
  expect(rowFor({ type: 'upstream-rejected', answer })).toMatchObject({
    status,
    code: 'upstream_refused',
    retry: false,
  })
})

test('a rejection in a stream is told in the words of the upstream', () => {
  const rejected = { status: 413, code: 'too_big', message: 'Too big.', param: 'input' }
  expect(rowFor({ type: 'rejected-in-stream', ...rejected })).toMatchObject({ ...rejected, retry: false })
})

test('only a rate limit is worth another try', () => {
  const silent = ['upstream-auth', 'upstream-tls', 'upstream-protocol'] as const
  for (const type of silent) expect(rowFor({ type }).retry).toBe(false)
  for (const type of ['upstream-error', 'upstream-timeout'] as const)
    expect(rowFor({ type, message: 'It failed.' })).toMatchObject({ retry: false, message: 'It failed.' })
  expect(rowFor({ type: 'upstream-limited', retryAfterMs: 7 })).toMatchObject({ retry: true, retryAfterMs: 7 })
})

test('what the upstream said in an error event stays out of the row', () => {
  const { message } = rowFor({ type: 'upstream-error-event', message: 'at /srv/app.py: key sk-1' })
  expect(message).not.toContain('sk-1')
})
