// A gateway with models that answer and models that fail, and the official SDK as its client: the set-up of the tests of this
// folder.
import type { LLMock } from '@copilotkit/aimock'
import OpenAI, { type APIError } from 'openai'
import { type MockUpstream, startMockUpstream } from '../../loadtest/mock-upstream/mock-upstream.ts'
import { freePort } from '../../shared/free-ports.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { modelOn, providerAt, startScriptedLlm } from '../scripted-llm.ts'

export interface SdkRig {
  readonly mock: MockUpstream
  readonly gateway: Gateway
  readonly secret: string
  /** The client with that key; it does not retry. */
  readonly client: OpenAI
  clientFor(secret: string): OpenAI
  stop(): Promise<void>
}

export async function startSdkRig(): Promise<SdkRig> {
  const llm = await startScriptedLlm()
  const mock = await startMockUpstream({ recordedMax: 8 })
  const gateway = await startGateway({ config: await configFor(llm, mock) })
  const { secret } = await gateway.issueKey({ models: ['scripted', 'mock', ...faulty, 'demo/*'] })
  const clientFor = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
  return {
    mock,
    gateway,
    secret,
    client: clientFor(secret),
    clientFor,
    async stop() {
      await gateway.stop()
      await mock.stop()
      await llm.stop()
    },
  }
}

const faulty = [
  ...['slow-stream', 'slow-unary', 'cut-stream', 'upstream-500', 'upstream-401'],
  ...['unreachable', 'hanging', 'limited', 'html'],
]

async function configFor(llm: LLMock, mock: MockUpstream) {
  return {
    providers: {
      scripted: providerAt(llm.url),
      mock: providerAt(mock.url),
      nowhere: providerAt(`http://127.0.0.1:${await freePort(Math.random)}`),
    },
    models: {
      scripted: modelOn('scripted', 'gpt-4o'),
      mock: modelOn('mock', 'gpt-x'),
      hidden: modelOn('mock', 'gpt-x'),
      'slow-stream': modelOn('mock', 'mock.sse.chunks-1000.pace-20'),
      'slow-unary': modelOn('mock', 'mock.delay-20000'),
      'upstream-500': modelOn('mock', 'mock.status-500'),
      'upstream-401': modelOn('mock', 'mock.status-401'),
      unreachable: modelOn('nowhere', 'gpt-x'),
      hanging: modelOn('mock', 'mock.hang', { timeouts: { firstToken: '300ms' } }),
      limited: modelOn('mock', 'mock.status-429.retryAfter-7'),
      html: modelOn('mock', 'mock.status-422.html'),
      'cut-stream': modelOn('mock', 'mock.sse.chunks-20.cut-900'),
    },
  }
}

export const say = (content: string) => [{ role: 'user' as const, content }]

export async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

export async function errorOf(asked: PromiseLike<unknown>): Promise<APIError> {
  const outcome = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) throw new Error('it was answered')
  return outcome as APIError
}
