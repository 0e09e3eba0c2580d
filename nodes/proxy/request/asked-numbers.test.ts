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

describe('how many likely tokens', () => {
  const asked = { model: 'gpt', messages, prompt: 'hi', input: 'hi', store: false }

  test.each([
    ['/v1/chat/completions', 'top_logprobs'],
    ['/v1/completions', 'logprobs'],
    ['/v1/responses', 'top_logprobs'],
  ])('%s: %s beyond what the gateway passes on is refused', async (path, name) => {
    for (const value of ['129', '1e9', '0.5', '"many"', '{}']) {
      const { reply, calls } = await sent(path, asked, `"${name}":${value}`)
      expect([value, reply.status, calls]).toEqual([value, 400, 0])
      expect(JSON.parse(reply.text).error).toMatchObject({ param: name, code: 'invalid_value' })
    }
    for (const value of ['0', '20', '128', '-1', 'null']) {
      const { calls } = await sent(path, asked, `"${name}":${value}`)
      expect([value, calls]).toEqual([value, 1])
    }
  })

  test.each(['true', 'false'])('logprobs: %s of a chat is a flag', async (value) => {
    expect((await sent('/v1/chat/completions', { model: 'gpt', messages }, `"logprobs":${value}`)).calls).toBe(1)
  })
})

// What passes through is judged by Google.
describe('generateContent for another dialect', () => {
  test.each([
    ['maxOutputTokens', ['1e308', '9007199254740992', '0.5', '-2']],
    ['candidateCount', ['129', '1000', '1e308', '1.5']],
    ['logprobs', ['129', '1e9', '1.5']],
  ])('%s of which nobody could make anything is refused', async (name, values) => {
    for (const value of values) {
      const text = `{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"responseLogprobs":true,"${name}":${value}}}`
      const gateway = await TestGateway.open()
      const { reply } = gateway.call({ path: '/v1beta/models/gpt:generateContent', body: text })
      expect([value, reply.status, gateway.upstream.calls.length]).toEqual([value, 400, 0])
      expect(reply.text).toContain(`generationConfig.${name}`)
    }
  })
})
