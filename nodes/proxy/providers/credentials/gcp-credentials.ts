// Fetches access tokens of Google Cloud with Google's own library, which is loaded when the first provider needs it: with the key
// file of a service account, or by the default chain (environment, workload identity federation, the metadata server).
import { readFile } from 'node:fs/promises'
import type { AuthClient } from 'google-auth-library'
import type { Clock } from '../../../../shared/clock.ts'
import { done, fail } from '../../../../shared/result.ts'
import { jsonObject } from './identity-http.ts'
import type { CredentialSource } from './renewed-credential.ts'

export type GcpSpec = 'default' | { readonly serviceAccountFile: string }

export interface GcpContext {
  readonly clock: Clock
  /** Project of the provider. Without one the library asks Google for it, which not every identity may do. */
  readonly project?: string | undefined
  /** Replaces the `fetch` of Google's library in tests. */
  readonly fetch?: typeof fetch
}

const scopes = ['https://www.googleapis.com/auth/cloud-platform']
/** Lifetime of a token when the library does not report it. */
const lifeMsDefault = 3_600_000

export function gcpSource(spec: GcpSpec, context: GcpContext): CredentialSource<string> {
  return async () => {
    try {
      // A new client each time, because a client returns its cached token until the token expires.
      const client =
        spec === 'default' ? await defaultClient(context) : await serviceAccount(spec.serviceAccountFile, context)
      const { token } = await client.getAccessToken()
      if (!token) return fail({ message: 'Google Cloud gave no token' })
      const expiresAtMs = client.credentials.expiry_date ?? context.clock.wallMs() + lifeMsDefault
      return done({ value: token, expiresAtMs })
    } catch (error) {
      return fail({ message: `Google Cloud: ${reasonOf(error)}` })
    }
  }
}

async function defaultClient({ project }: GcpContext): Promise<AuthClient> {
  const { GoogleAuth } = await import('google-auth-library')
  return new GoogleAuth({ scopes, ...(project === undefined ? {} : { projectId: project }) }).getClient()
}

async function serviceAccount(file: string, { fetch }: GcpContext): Promise<AuthClient> {
  const { JWT } = await import('google-auth-library')
  const { client_email, private_key } = jsonObject(await readFile(file, 'utf8')) ?? {}
  if (typeof client_email !== 'string' || typeof private_key !== 'string') throw new NotAKey()
  return new JWT({
    email: client_email,
    key: private_key,
    scopes,
    ...(fetch === undefined ? {} : { transporterOptions: { fetchImplementation: fetch } }),
  })
}

class NotAKey extends Error {}

/** Returns status codes only, because the library's messages may quote the request. */
function reasonOf(error: unknown): string {
  if (error instanceof NotAKey) return 'the file holds no key of a service account'
  const { code, status, response } = error as { code?: unknown; status?: unknown; response?: { status?: unknown } }
  const known = response?.status ?? status ?? code
  if (known !== undefined) return `answered ${String(known)}`
  const message = error instanceof Error ? error.message : ''
  return /default credentials/i.test(message) ? 'no credentials were found' : 'no token could be had'
}
