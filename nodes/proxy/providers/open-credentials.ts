// Makes the credentials of a provider from its configuration: keys are decrypted, and identities of cloud platforms are fetched.
import { hash } from 'node:crypto'
import type {
  AwsCredentialSpec,
  CredentialSpec,
  ProviderSpec,
  QuotaSpec,
} from '../../../shared/config/kinds/providers/spec.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
import type { CredentialQuota } from '../quotas/quotas.ts'
import type { Credential, CredentialHealthTable, SignableRequest } from './credential.ts'
import { type AwsSpec, awsSource } from './credentials/aws-credentials.ts'
import type { AwsKeys } from './credentials/aws-keys.ts'
import { signAws } from './credentials/aws-signer.ts'
import { type AzureSpec, azureSource } from './credentials/azure-credentials.ts'
import { gcpSource } from './credentials/gcp-credentials.ts'
import type { Identities } from './credentials/identities.ts'
import type { RenewedCredential } from './credentials/renewed-credential.ts'
import type { KindRow } from './provider-kinds.ts'

export interface CredentialContext {
  readonly provider: string
  readonly spec: ProviderSpec
  readonly row: KindRow
  /** Header lines of every request to the provider. */
  readonly common: string
  readonly open: (secret: SealedSecret) => string | undefined
  readonly identities: Identities
  readonly credentialHealth: CredentialHealthTable
}

/** A provider without credentials (a local server) gets one without a secret. A credential that cannot be decrypted is left
 *  out. */
export function credentialsOf(context: CredentialContext): Credential[] {
  const { provider, spec, common, identities } = context
  const specs = spec.credentials ?? []
  identities.release(provider, new Set(specs.filter(isIdentity).map(({ name }) => name)))
  if (specs.length === 0) return [{ ...plain(context, { name: '' }, ''), headerLines: common }]
  return specs.flatMap((one) => credentialOf(one, context) ?? [])
}

function isIdentity({ aws, gcp, azure }: CredentialSpec): boolean {
  return aws !== undefined || gcp !== undefined || azure !== undefined
}

function credentialOf(spec: CredentialSpec, context: CredentialContext): Credential | undefined {
  if (spec.aws !== undefined) return awsCredential(spec, spec.aws, context)
  if (spec.gcp !== undefined) {
    const { clock } = context.identities
    return tokenCredential(spec, context, gcpSource(spec.gcp, { clock, project: context.spec.project }))
  }
  if (spec.azure !== undefined) return azureCredential(spec, spec.azure, context)
  if (spec.apiKey === undefined) return plain(context, spec, '')
  const secret = context.open(spec.apiKey)
  if (secret === undefined) return undefined
  return { ...plain(context, spec, secret), headerLines: headerLine(...context.row.key(secret)) + context.common }
}

function plain(
  { provider, spec, common, credentialHealth }: CredentialContext,
  { name, weight = 1, quota = spec.quota }: CredentialSpec,
  secret: string,
): Credential {
  const key = `${provider}/${name}/${hash('sha256', secret, 'base64url')}`
  return {
    name,
    weight,
    headerLines: common,
    health: credentialHealth.of(key),
    account: key,
    quota: declaredQuota(quota),
  }
}

function declaredQuota(spec: QuotaSpec | undefined): CredentialQuota | undefined {
  if (spec === undefined) return undefined
  const { models = {}, ...everyModel } = spec
  return { everyModel: Object.keys(everyModel).length === 0 ? undefined : everyModel, models }
}

function awsCredential(
  spec: CredentialSpec,
  aws: 'default' | AwsCredentialSpec,
  context: CredentialContext,
): Credential | undefined {
  const opened = aws === 'default' ? aws : openedAws(aws, context)
  if (opened === undefined) return undefined
  const { provider, identities } = context
  const { region = 'us-east-1' } = context.spec
  const { environment, ask, clock } = identities
  const key = keyOf([opened, region])
  const source = awsSource(opened, { region, environment, ask, clock })
  const renewed = identities.keep<AwsKeys>({ provider, credential: spec.name }, key, source)
  return {
    ...plain(context, spec, key),
    sign: (request) => awsLines(renewed, request, { region, wallMs: clock.wallMs() }),
    renew: () => renewed.renew(),
  }
}

/** Returns undefined where a secret cannot be decrypted. */
function openedAws(
  { secretAccessKey, sessionToken, ...open }: AwsCredentialSpec,
  context: CredentialContext,
): AwsSpec | undefined {
  const secret = secretAccessKey === undefined ? undefined : context.open(secretAccessKey)
  const session = sessionToken === undefined ? undefined : context.open(sessionToken)
  const isSealed =
    (secretAccessKey !== undefined && secret === undefined) || (sessionToken !== undefined && session === undefined)
  return isSealed ? undefined : { ...open, secretAccessKey: secret, sessionToken: session }
}

function awsLines(
  renewed: RenewedCredential<AwsKeys>,
  { method, host, path, body, bodyHash }: SignableRequest,
  place: { region: string; wallMs: number },
): string | undefined {
  const keys = renewed.current
  if (keys === undefined) return undefined
  const signed = signAws({
    ...place,
    keys,
    service: 'bedrock',
    method,
    host,
    path,
    body,
    bodyHash,
    contentType: 'application/json',
  })
  return Object.entries(signed)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

function azureCredential(
  spec: CredentialSpec,
  azure: NonNullable<CredentialSpec['azure']>,
  context: CredentialContext,
) {
  const { environment, ask, clock } = context.identities
  if (azure === 'default') return tokenCredential(spec, context, azureSource(azure, { environment, ask, clock }))
  const clientSecret = context.open(azure.clientSecret)
  if (clientSecret === undefined) return undefined
  const opened: AzureSpec = { ...azure, clientSecret }
  return tokenCredential(spec, context, azureSource(opened, { environment, ask, clock }), clientSecret)
}

function tokenCredential(
  spec: CredentialSpec,
  context: CredentialContext,
  source: Parameters<typeof context.identities.keep<string>>[2],
  secret = '',
): Credential {
  const { provider, identities } = context
  const key = keyOf([spec, secret])
  const renewed = identities.keep<string>({ provider, credential: spec.name }, key, source)
  return {
    ...plain(context, spec, key),
    sign: () => (renewed.current === undefined ? undefined : headerLine('authorization', `Bearer ${renewed.current}`)),
    renew: () => renewed.renew(),
  }
}

/** Identifies a secret without containing it. */
function keyOf(parts: unknown): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}

/** Prints a header line, or nothing where a header from the configuration could split into two. */
export function headerLine(name: string, value: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e]/.test(value)) return ''
  return `${name}: ${value}\r\n`
}
