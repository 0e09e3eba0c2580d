// Fetches tokens of Microsoft Entra ID for Azure OpenAI: with a client's secret, or with the identity that the platform gives to a
// workload (federated token as on AKS, App Service's endpoint, a virtual machine's metadata service).
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../../../shared/clock.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { type AskIdentity, jsonObject } from './identity-http.ts'
import type { CredentialError, CredentialSource, Granted } from './renewed-credential.ts'

export type AzureSpec =
  | 'default'
  | { readonly tenantId: string; readonly clientId: string; readonly clientSecret: string }

export interface AzureContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly ask: AskIdentity
  readonly clock: Clock
}

type Fetched = Result<Granted<string>, CredentialError>

const resource = 'https://cognitiveservices.azure.com'
const entra = 'Microsoft Entra ID'

export function azureSource(spec: AzureSpec, context: AzureContext): CredentialSource<string> {
  if (spec === 'default') return () => defaultChain(context)
  const { tenantId, clientId, clientSecret } = spec
  return () => fromEntra(tenantId, { client_id: clientId, client_secret: clientSecret }, context)
}

async function defaultChain(context: AzureContext): Promise<Fetched> {
  const { environment } = context
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret } = environment
  if (tenantId && clientId && secret)
    return fromEntra(tenantId, { client_id: clientId, client_secret: secret }, context)
  const tokenFile = environment['AZURE_FEDERATED_TOKEN_FILE']
  if (tenantId && clientId && tokenFile) return fromFederation({ tenantId, clientId, tokenFile }, context)
  const endpoint = environment['IDENTITY_ENDPOINT']
  return endpoint ? fromAppService(endpoint, context) : fromInstance(context)
}

async function fromFederation(
  { tenantId, clientId, tokenFile }: { tenantId: string; clientId: string; tokenFile: string },
  context: AzureContext,
): Promise<Fetched> {
  const token = await readFile(tokenFile, 'utf8').catch(() => undefined)
  if (token === undefined) return fail({ message: `the federated token file ${tokenFile} cannot be read` })
  return fromEntra(
    tenantId,
    {
      client_id: clientId,
      client_assertion: token.trim(),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    },
    context,
  )
}

async function fromEntra(tenantId: string, client: Record<string, string>, context: AzureContext): Promise<Fetched> {
  const authority = context.environment['AZURE_AUTHORITY_HOST'] ?? 'https://login.microsoftonline.com'
  const answer = await context.ask({
    service: entra,
    method: 'POST',
    url: `${authority.replace(/\/+$/, '')}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: `${resource}/.default`,
      ...client,
    }).toString(),
  })
  return answer.ok ? tokenIn(answer.value, entra, context.clock) : answer
}

async function fromAppService(endpoint: string, { environment, ask, clock }: AzureContext): Promise<Fetched> {
  const service = 'the App Service identity endpoint'
  const url = new URL(endpoint)
  url.searchParams.set('resource', resource)
  url.searchParams.set('api-version', '2019-08-01')
  if (environment['AZURE_CLIENT_ID']) url.searchParams.set('client_id', environment['AZURE_CLIENT_ID'])
  const headers = { 'x-identity-header': environment['IDENTITY_HEADER'] ?? '' }
  const answer = await ask({ service, url: url.href, headers })
  return answer.ok ? tokenIn(answer.value, service, clock) : answer
}

async function fromInstance({ environment, ask, clock }: AzureContext): Promise<Fetched> {
  const service = 'the Azure instance metadata service'
  const host = environment['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? 'http://169.254.169.254'
  const url = new URL('/metadata/identity/oauth2/token', host)
  url.searchParams.set('resource', resource)
  url.searchParams.set('api-version', '2018-02-01')
  if (environment['AZURE_CLIENT_ID']) url.searchParams.set('client_id', environment['AZURE_CLIENT_ID'])
  const answer = await ask({ service, url: url.href, headers: { metadata: 'true' }, timeoutMs: 2_000 })
  return answer.ok ? tokenIn(answer.value, service, clock) : answer
}

/** Reads a token. `expires_in` is a number of seconds, which the metadata service sends as text; App Service sends only
 *  `expires_on`. */
function tokenIn(text: string, service: string, clock: Clock): Fetched {
  const { access_token, expires_in, expires_on } = jsonObject(text) ?? {}
  if (typeof access_token !== 'string' || access_token === '') return fail({ message: `${service} gave no token` })
  const seconds = Number(expires_in)
  const expiresAtMs = seconds > 0 ? clock.wallMs() + seconds * 1_000 : Number(expires_on) * 1_000
  if (!(expiresAtMs > 0)) return fail({ message: `${service} gave a token that does not say how long it lasts` })
  return done({ value: access_token, expiresAtMs })
}
