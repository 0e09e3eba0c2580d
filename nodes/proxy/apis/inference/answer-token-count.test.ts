import { expect, test } from 'vitest'
import { TestGateway } from '../test-gateway.ts'

test('tokens are estimated from the body where the only target turns out not to count them, and then the body goes back', async () => {
  const gateway = await TestGateway.open()
  const body = { model: 'claude', messages: [{ role: 'user', content: 'word '.repeat(400) }] }
  const call = gateway.call({ path: '/v1/messages/count_tokens', body })
  gateway.upstream.last.answer(404, '')
  expect([call.reply.status, call.reply.header('x-headgate-estimated')]).toEqual([200, 'true'])
  expect(JSON.parse(call.reply.text).input_tokens).toBeGreaterThan(300)
  expect(call.body.released).toBe(1)
})
