// The rows J12 and J13 of the catalogue of bad input.
import { describe, expect, test } from 'vitest'
import { TestGateway } from '../apis/test-gateway.ts'

const messages = [{ role: 'user', content: 'hi' }]
const paths: [string, Record<string, unknown>, string][] = [
  ['/v1/chat/completions', { model: 'gpt', messages }, 'max_tokens'],
  ['/v1/chat/completions', { model: 'gpt', messages }, 'max_completion_tokens'],
  ['/v1/completions', { model: 'gpt', prompt: 'hi' }, 'max_tokens'],
  ['/v1/responses', { model: 'gpt', input: 'hi', store: false }, 'max_output_tokens'],
  ['/v1/messages', { model: 'claude', messages }, 'max_tokens'],
]
const wrong = ['1e308', '1e400', '9007199254740992', '-2', '0.5', '"many"', 'true', '[5]', '{}', '""']
const relayed = ['1', '1e3', '0', '-1', '"100"', 'null']

async function sent(path: string, body: object, member: string) {
  const gateway = await TestGateway.open()
  const text = JSON.stringify(body).replace(/\}$/, `,${member}}`)
  const { reply } = gateway.call({ path, body: text })
  return { reply, calls: gateway.upstream.calls.length, text: gateway.upstream.calls[0]?.text ?? '' }
}

describe.each(paths)('%s: %j, %s', (path, body, name) => {
  test.each(wrong)('%s is refused, with its name, before anything is sent', async (value) => {
    const { reply, calls } = await sent(path, body, `"${name}":${value}`)
    expect([reply.status, calls]).toEqual([400, 0])
    expect(reply.text).toContain(`\`${name}\` must be a whole number of tokens`)
  })

  test.each(relayed)('%s is relayed as it is written', async (value) => {
    const { calls, text } = await sent(path, body, `"${name}":${value}`)
    expect([calls, text.includes(`"${name}":${value}`)]).toEqual([1, true])
  })
})

describe('how many answers', () => {
  test.each(['n', 'best_of'])('%s beyond what the gateway passes on is refused', async (name) => {
    for (const value of ['129', '1000', '1e308', '1.5', '"many"']) {
      const { reply, calls } = await sent('/v1/completions', { model: 'gpt', prompt: 'hi' }, `"${name}":${value}`)
      expect([value, reply.status, calls]).toEqual([value, 400, 0])
      expect(JSON.parse(reply.text).error).toMatchObject({ param: name, code: 'invalid_value' })
    }
    const { calls } = await sent('/v1/completions', { model: 'gpt', prompt: 'hi' }, `"${name}":128`)
    expect(calls).toBe(1)
  })
})
