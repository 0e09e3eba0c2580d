import type { Answer, Client } from './client.ts'
import { listOf, recordOf, textOf } from './reading.ts'

/** The chat models of the built-in demo provider; they answer without any provider account, at price 0. */
export const demoModels = ['demo/echo', 'demo/slow', 'demo/flaky', 'demo/429', 'demo/tools', 'demo/pii'] as const

export function isDemoModel(model: string): boolean {
  return model.startsWith('demo/')
}

export const modelCalls = (client: Client) => ({
  models: (signal: AbortSignal): Answer<readonly string[]> =>
    client.call({ path: '/api/v1/models', signal, read: readModelNames }),
})

export function readModelNames(body: unknown): readonly string[] {
  const names = listOf(recordOf(body)['items']).map((item) => textOf(recordOf(item)['name']))
  return [...new Set(names)].filter((name) => name !== '')
}
