import type { Answer, Client } from './client.ts'
import { listOf, recordOf, textOf } from './reading.ts'

export interface NewKey {
  id: string
  name: string
  /** The key's token, shown once; the server keeps only its hash. */
  secret: string
}

export const keyCalls = (client: Client) => ({
  createKey: (name: string): Answer<NewKey> =>
    client.call({ method: 'POST', path: '/api/v1/keys', body: { name }, read: readNewKey }),
  keyNames: (signal: AbortSignal): Answer<ReadonlyMap<string, string>> =>
    client.call({ path: '/api/v1/keys', signal, read: readKeyNames }),
})

export function readNewKey(body: unknown): NewKey {
  const { id, name, secret } = recordOf(body)
  return { id: textOf(id), name: textOf(name), secret: textOf(secret) }
}

/** Key id → its label. */
export function readKeyNames(body: unknown): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const item of listOf(recordOf(body)['items'])) {
    const { id, name, spec } = recordOf(item)
    names.set(textOf(id), textOf(name) || textOf(recordOf(spec)['name']))
  }
  return names
}
