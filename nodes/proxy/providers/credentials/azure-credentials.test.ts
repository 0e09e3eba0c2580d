import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { type AzureSpec, azureSource } from './azure-credentials.ts'
import { askIdentity } from './identity-http.ts'
import { type IdentityAnswer, identityServer } from './identity-server.fixture.ts'

const cleanup: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean()
})

const clock = new ManualClock()

async function served(answer: IdentityAnswer) {
  const server = await identityServer(() => answer)
  cleanup.push(server.close)
  return server
}

function tokenOf(spec: AzureSpec, environment: Record<string, string>) {
  return azureSource(spec, { environment, ask: askIdentity, clock })()
}

const inAnHour = { ok: true, value: { value: 'entra-token', expiresAtMs: clock.wallMs() + 3_600_000 } }
const answer = { body: JSON.stringify({ access_token: 'entra-token', expires_in: 3600, token_type: 'Bearer' }) }

test('a client’s secret is exchanged for a token', async () => {
  const entra = await served(answer)
  const spec = { tenantId: 'tenant', clientId: 'client', clientSecret: 'hush' }
  expect(await tokenOf(spec, { AZURE_AUTHORITY_HOST: `${entra.url}/` })).toEqual(inAnHour)
  expect(entra.asked[0]?.url).toBe('/tenant/oauth2/v2.0/token')
  expect(Object.fromEntries(new URLSearchParams(entra.asked[0]!.body))).toEqual({
    grant_type: 'client_credentials',
    scope: 'https://cognitiveservices.azure.com/.default',
    client_id: 'client',
    client_secret: 'hush',
  })
})

test('a federated token of a file is exchanged', async () => {
  const entra = await served(answer)
  const folder = mkdtempSync(join(tmpdir(), 'headgate-token-'))
  cleanup.push(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'token'), 'federated\n')
  const identity = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_FEDERATED_TOKEN_FILE: join(folder, 'token') }
  expect(await tokenOf('default', { AZURE_AUTHORITY_HOST: entra.url, ...identity })).toEqual(inAnHour)
  expect(new URLSearchParams(entra.asked[0]!.body).get('client_assertion')).toBe('federated')
})

test('a virtual machine’s identity is asked for with the header that browsers cannot send', async () => {
  const imds = await served({ body: JSON.stringify({ access_token: 'entra-token', expires_in: '3600' }) })
  expect(await tokenOf('default', { AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url })).toEqual(inAnHour)
  expect(imds.asked[0]?.headers['metadata']).toBe('true')
  expect(imds.asked[0]?.url).toContain('resource=https%3A%2F%2Fcognitiveservices.azure.com')
})

test('App Service’s endpoint is asked with its header and told time is believed', async () => {
  const target = await served({ body: JSON.stringify({ access_token: 'entra-token', expires_on: '1893456000' }) })
  const environment = {
    IDENTITY_ENDPOINT: `${target.url}/msi/token`,
    IDENTITY_HEADER: 'guid',
    AZURE_CLIENT_ID: 'mine',
  }
  expect(await tokenOf('default', environment)).toEqual({
    ok: true,
    value: { value: 'entra-token', expiresAtMs: 1_893_456_000_000 },
  })
  expect(target.asked[0]?.headers['x-identity-header']).toBe('guid')
  expect(target.asked[0]?.url).toContain('client_id=mine')
})

test.each([
  [
    { status: 401, body: '{"error":"invalid_client","error_description":"hush is wrong"}' },
    'answered 401 (invalid_client)',
  ],
  [{ body: '<html>' }, 'gave no token'],
  [{ body: '{"access_token":"x"}' }, 'gave a token that does not say how long it lasts'],
])('an answer %o is an error without a secret', async (refusal, message) => {
  const entra = await served(refusal)
  const spec = { tenantId: 't', clientId: 'c', clientSecret: 'hush' }
  expect(await tokenOf(spec, { AZURE_AUTHORITY_HOST: entra.url })).toEqual({
    ok: false,
    error: { message: `Microsoft Entra ID ${message}` },
  })
})
