// A gateway that is sent what is wrong, and what every refusal must be: the caller's error shape, a request id, whether to try
// again, and words that help.
import { expect } from 'vitest'
import { type MockUpstream, startMockUpstream } from '../../loadtest/mock-upstream/mock-upstream.ts'
import { type Gateway, type IssuedKey, startGateway } from '../gateway.ts'
import { exchange, type RawAnswer, type RawRequest } from '../raw-http.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'

export const bodyBytesMax = 4 << 20

export const chatPath = '/v1/chat/completions'
export const everyPath = [chatPath, '/v1/completions', '/v1/embeddings', '/v1/responses', '/v1/moderations']
export const messages = '"messages":[{"role":"user","content":"hi"}]'
export const long = 'canary-'.repeat(40)

export interface Wanted {
  status: number
  code: string | null
  says?: RegExp
  param?: string | null
  retry?: boolean
}

export interface BadInputRig {
  readonly mock: MockUpstream
  readonly gateway: Gateway
  readonly key: IssuedKey
  post(body: string | Buffer, path?: string, headers?: RawRequest['headers']): Promise<RawAnswer>
  /** The contract of every refusal; `input` must not come back in it. */
  expectRefusal(answer: RawAnswer, wanted: Wanted, input?: string): void
  expectServed(): Promise<void>
  /** The process has printed no secret and no fault of its own, and still answers. */
  expectUnharmed(): Promise<void>
  stop(): Promise<void>
}

export async function startBadInputRig(): Promise<BadInputRig> {
  const mock = await startMockUpstream({ recordedMax: 4 })
  const target = modelOn('mock', 'gpt-x')
  const gateway = await startGateway({
    config: { providers: { mock: providerAt(mock.url) }, models: { plain: target, planet: target, hidden: target } },
    environment: { HEADGATE_BODY_MAX: '4MiB' },
  })
  const key = await gateway.issueKey({ models: ['plain', 'planet', 'demo/*'] })
  const post: BadInputRig['post'] = (body, path = chatPath, headers = []) => {
    const own: [string, string][] = [
      ['authorization', `Bearer ${key.secret}`],
      ['content-type', 'application/json'],
    ]
    return exchange(gateway.port, { method: 'POST', path, headers: [...own, ...headers], body })
  }
  const expectServed = async () => expect((await post(`{"model":"plain",${messages}}`)).status).toBe(200)
  return {
    mock,
    gateway,
    key,
    post,
    expectServed,
    expectRefusal(answer, wanted, input = '') {
      expectContract(answer, wanted, input)
      expect(answer.body).not.toContain(key.secret)
    },
    async expectUnharmed() {
      await expectServed()
      const output = gateway.output()
      for (const secret of [key.secret, 'sk-upstream-canary', long]) expect(output).not.toContain(secret)
      expect(output).not.toMatch(/handler-threw|TypeError|at .*\.ts:\d+/)
    },
    async stop() {
      await gateway.stop()
      await mock.stop()
    },
  }
}

function expectContract(answer: RawAnswer, wanted: Wanted, input: string): void {
  const { status, code, says = /\w+ \w+/, param, retry = false } = wanted
  expect([answer.status, answer.error['code']]).toEqual([status, code])
  expect(Object.keys(answer.error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(typeof answer.error['type']).toBe('string')
  expect(answer.error['message']).toMatch(says)
  if (param !== undefined) expect(answer.error['param']).toBe(param)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('x-request-id')).toMatch(/^[\w.-]{8,}$/)
  expect(answer.headers.get('x-should-retry')).toBe(String(retry))
  expect(repeated(`${answer.error['message']} ${answer.error['param']}`, input)).toBeUndefined()
  expect(answer.body).not.toContain('sk-upstream-canary')
}

/** A piece of more than 64 characters of the input that stands in the answer. */
function repeated(answer: string, input: string): string | undefined {
  const text = input.slice(0, 4_096)
  for (let at = 0; at + 65 <= text.length; at++) {
    if (answer.includes(text.slice(at, at + 65))) return text.slice(at, at + 65)
  }
  return undefined
}
