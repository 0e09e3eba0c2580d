import type { MockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { ask, type Told } from './http.ts'
import { modelOn, providerAt } from './scripted-llm.ts'

/** A configuration whose model `swapped` answers at once, `long` in 2.4 s, and `large` with 10 MB. */
export function servedModels(mock: MockUpstream) {
  return {
    providers: { mock: providerAt(mock.url) },
    models: {
      swapped: modelOn('mock', 'gpt-a'),
      long: modelOn('mock', 'mock.chunks-120.pace-20'),
      large: modelOn('mock', 'mock.chunks-50000'),
    },
  }
}

export interface ChatOptions {
  readonly base: string
  readonly secret: string
  readonly model: string
  /** Other members of the body. */
  readonly more?: object
  readonly headers?: object
}

export function chat({ base, secret, model, more, headers }: ChatOptions): Promise<Told> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }], ...more }
  return ask(`${base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${secret}`, ...headers })
}
