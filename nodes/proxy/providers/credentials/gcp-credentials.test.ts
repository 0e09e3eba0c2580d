import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../../shared/clock.ts'
import { gcpSource } from './gcp-credentials.ts'
import { type Asked, type IdentityAnswer, identityServer } from './identity-server.fixture.ts'

const cleanup: (() => void | Promise<void>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const clean of cleanup.splice(0).reverse()) await clean()
})

async function served(answer: (asked: Asked) => IdentityAnswer) {
  const server = await identityServer(answer)
  cleanup.push(server.close)
  return server
}

function written(name: string, content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-gcp-'))
  cleanup.push(() => rmSync(folder, { recursive: true }))
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** Google's hosts are fixed in its library: what goes to them goes to a server on this machine. */
function redirected(to: string): typeof fetch {
  return (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : String(input))
    return fetch(`${to}${pathname}${search}`, init)
  }
}

const answer = { body: JSON.stringify({ access_token: 'google-token', expires_in: 3599, token_type: 'Bearer' }) }

test('a service account signs for a token with its own key', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const google = await served(() => answer)
  const file = written('key.json', {
    type: 'service_account',
    project_id: 'p',
    private_key_id: 'k1',
    client_email: 'gateway@p.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  })
  const got = await gcpSource({ serviceAccountFile: file }, { clock: systemClock, fetch: redirected(google.url) })()
  expect(got).toMatchObject({ ok: true, value: { value: 'google-token' } })
  expect(got.ok && got.value.expiresAtMs! - Date.now()).toBeGreaterThan(3_000_000)
  const assertion = new URLSearchParams(google.asked[0]!.body).get('assertion')!
  const [head, claims, signature] = assertion.split('.') as [string, string, string]
  expect(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')).toBe(true)
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    iss: 'gateway@p.iam.gserviceaccount.com',
    scope: 'https://www.googleapis.com/auth/cloud-platform',
  })
})

test('the metadata server is asked for the identity of the machine', async () => {
  const metadata = await served(({ url }) => (url.includes('/token') ? answer : { body: 'ok' }))
  vi.stubEnv('GCE_METADATA_HOST', new URL(metadata.url).host)
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
  vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
  vi.stubEnv('HOME', mkdtempSync(join(tmpdir(), 'headgate-home-')))
  const got = await gcpSource('default', { clock: systemClock, project: 'p' })()
  expect(got).toMatchObject({ ok: true, value: { value: 'google-token' } })
  const asked = metadata.asked.find(({ url }) => url.includes('/token'))
  expect(asked?.headers['metadata-flavor']).toBe('Google')
})

test('workload identity: a token of another platform is exchanged at Google’s STS', async () => {
  const google = await served(() => ({
    body: JSON.stringify({
      access_token: 'google-token',
      expires_in: 3599,
      token_type: 'Bearer',
      issued_token_type: 'x',
    }),
  }))
  const subject = written('subject', 'subject-token')
  vi.stubEnv(
    'GOOGLE_APPLICATION_CREDENTIALS',
    written('federation.json', {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.url}/v1/token`,
      credential_source: { file: subject },
    }),
  )
  const got = await gcpSource('default', { clock: systemClock, project: 'p' })()
  expect(got).toMatchObject({ ok: true, value: { value: 'google-token' } })
  expect(new URLSearchParams(google.asked[0]!.body).get('subject_token')).toBe('subject-token')
})

test('a key file that is not there is an error without its content', async () => {
  const got = await gcpSource({ serviceAccountFile: '/nowhere/key.json' }, { clock: systemClock })()
  expect(got).toEqual({ ok: false, error: { message: 'Google Cloud: answered ENOENT' } })
})
