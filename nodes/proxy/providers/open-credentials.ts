// A provider's credentials, as its configuration names them, made ready to be shown.
import { hash } from 'node:crypto'
import type { AwsCredentialSpec, CredentialSpec, ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
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
  /** Lines of every request of the provider. */
  readonly common: string
  readonly open: (secret: SealedSecret) => string | undefined
  readonly identities: Identities
  readonly credentialHealth: CredentialHealthTable
}

/** A provider without credentials (a local server) has one without a secret. One that cannot be opened is left out. */
export function credentialsOf(keyring: CredentialContext): Credential[] {
  const { provider, spec, common, identities } = keyring
  const specs = spec.credentials ?? []
  identities.release(provider, new Set(specs.filter(isIdentity).map(({ name }) => name)))
  if (specs.length === 0) return [{ ...plain(keyring, { name: '' }, ''), headerLines: common }]
  return specs.flatMap((one) => credentialOf(one, keyring) ?? [])
}

function isIdentity({ aws, gcp, azure }: CredentialSpec): boolean {
  return aws !== undefined || gcp !== undefined || azure !== undefined
}

function credentialOf(spec: CredentialSpec, keyring: CredentialContext): Credential | undefined {
  if (spec.aws !== undefined) return awsCredential(spec, spec.aws, keyring)
  if (spec.gcp !== undefined) {
    const { clock } = keyring.identities
    return tokenCredential(spec, keyring, gcpSource(spec.gcp, { clock, project: keyring.spec.project }))
  }
  if (spec.azure !== undefined) return azureCredential(spec, spec.azure, keyring)
  if (spec.apiKey === undefined) return plain(keyring, spec, '')
  const secret = keyring.open(spec.apiKey)
  if (secret === undefined) return undefined
  return { ...plain(keyring, spec, secret), headerLines: headerLine(...keyring.row.key(secret)) + keyring.common }
}

function plain(
  { provider, common, credentialHealth }: CredentialContext,
  { name, weight = 1 }: CredentialSpec,
  secret: string,
): Credential {
  const key = `${provider}/${name}/${hash('sha256', secret, 'base64url')}`
  return { name, weight, headerLines: common, health: credentialHealth.of(key) }
}

function awsCredential(
  spec: CredentialSpec,
  aws: 'default' | AwsCredentialSpec,
  keyring: CredentialContext,
): Credential | undefined {
  const opened = aws === 'default' ? aws : openedAws(aws, keyring)
  if (opened === undefined) return undefined
  const { provider, identities } = keyring
  const { region = 'us-east-1' } = keyring.spec
  const { environment, ask, clock } = identities
  const key = keyOf([opened, region])
  const source = awsSource(opened, { region, environment, ask, clock })
  const kept = identities.keep<AwsKeys>({ provider, credential: spec.name }, key, source)
  return {
    ...plain(keyring, spec, key),
    sign: (request) => awsLines(kept, request, { region, wallMs: clock.wallMs() }),
    renew: () => kept.renew(),
  }
}

/** Undefined where a secret cannot be opened. */
function openedAws(
  { secretAccessKey, sessionToken, ...open }: AwsCredentialSpec,
  keyring: CredentialContext,
): AwsSpec | undefined {
  const secret = secretAccessKey === undefined ? undefined : keyring.open(secretAccessKey)
  const session = sessionToken === undefined ? undefined : keyring.open(sessionToken)
  const isSealed =
    (secretAccessKey !== undefined && secret === undefined) || (sessionToken !== undefined && session === undefined)
  return isSealed ? undefined : { ...open, secretAccessKey: secret, sessionToken: session }
}

function awsLines(
  kept: RenewedCredential<AwsKeys>,
  { method, host, path, body }: SignableRequest,
  place: { region: string; wallMs: number },
): string | undefined {
  const keys = kept.current
  if (keys === undefined) return undefined
  const signed = signAws({
    ...place,
    keys,
    service: 'bedrock',
    method,
    host,
    path,
    body,
    contentType: 'application/json',
  })
  return Object.entries(signed)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

function azureCredential(
  spec: CredentialSpec,
  azure: NonNullable<CredentialSpec['azure']>,
  keyring: CredentialContext,
) {
  const { environment, ask, clock } = keyring.identities
  if (azure === 'default') return tokenCredential(spec, keyring, azureSource(azure, { environment, ask, clock }))
  const clientSecret = keyring.open(azure.clientSecret)
  if (clientSecret === undefined) return undefined
  const opened: AzureSpec = { ...azure, clientSecret }
  return tokenCredential(spec, keyring, azureSource(opened, { environment, ask, clock }), clientSecret)
}

function tokenCredential(
  spec: CredentialSpec,
  keyring: CredentialContext,
  source: Parameters<typeof keyring.identities.keep<string>>[2],
  secret = '',
): Credential {
  const { provider, identities } = keyring
  const key = keyOf([spec, secret])
  const kept = identities.keep<string>({ provider, credential: spec.name }, key, source)
  return {
    ...plain(keyring, spec, key),
    sign: () => (kept.current === undefined ? undefined : headerLine('authorization', `Bearer ${kept.current}`)),
    renew: () => kept.renew(),
  }
}

/** Tells one from another without holding the secret. */
function keyOf(parts: unknown): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}

/** A header from the configuration must not smuggle in another one. */
export function headerLine(name: string, value: string): string {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[^\t\x20-\x7e]/.test(value)) return ''
  return `${name}: ${value}\r\n`
}
