// Signing in: a one-time link or the admin token buys an HttpOnly cookie that scripts never see, and the secret
// that has to come with it.
import type { Answer, Client } from './client.ts'
import { recordOf, textOf } from './reading.ts'
import type { SessionSecret } from './session-secret.ts'

export interface Session {
  actor: string
  /** Origin of the data plane, without `/v1`; '' when the server did not say. */
  dataEndpoint: string
  version: string
  /** How the demo key begins, '' without one. */
  demoKeyHint: string
}

export type Credential = { token: string } | { adminToken: string }

export const sessionCalls = (client: Client, secret: SessionSecret) => ({
  session: (signal?: AbortSignal): Answer<Session> =>
    client.call({ path: '/api/v1/session', read: readSession, ...(signal && { signal }) }),
  signIn: (credential: Credential): Answer<Session> =>
    client.call({
      method: 'POST',
      path: '/api/v1/session',
      body: credential,
      read: (body) => {
        secret.keep(textOf(recordOf(body)['csrf']))
        return readSession(body)
      },
    }),
  signOut: (): Answer<void> => client.call({ method: 'DELETE', path: '/api/v1/session', read: () => secret.forget() }),
})

export function readSession(body: unknown): Session {
  const { actor, dataEndpoint, version, demoKeyHint } = recordOf(body)
  return {
    actor: actorLabel(actor),
    dataEndpoint: textOf(dataEndpoint).replace(/\/+$/, '').replace(/\/v1$/, ''),
    version: textOf(version),
    demoKeyHint: textOf(demoKeyHint),
  }
}

function actorLabel(actor: unknown): string {
  if (typeof actor === 'string') return actor
  const { name, id, type } = recordOf(actor)
  return textOf(name) || textOf(id) || textOf(type, 'administrator')
}
