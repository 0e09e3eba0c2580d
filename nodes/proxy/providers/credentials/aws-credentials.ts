// Fetches AWS credentials: configured keys, or the default chain of AWS's own tools (environment, web identity as on EKS, container
// endpoint as on ECS and EKS Pod Identity, the instance's metadata service), and the role to assume with them.
import { readFile } from 'node:fs/promises'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { AwsContext, AwsKeys } from './aws-keys.ts'
import { assumeRole, assumeRoleWithWebIdentity } from './aws-sts.ts'
import { jsonObject } from './identity-http.ts'
import type { CredentialError, CredentialSource, Granted } from './renewed-credential.ts'

export type AwsSpec =
  | 'default'
  | {
      readonly accessKeyId?: string | undefined
      readonly secretAccessKey?: string | undefined
      readonly sessionToken?: string | undefined
      readonly roleArn?: string | undefined
      readonly webIdentityTokenFile?: string | undefined
    }

type Fetched = Result<Granted<AwsKeys>, CredentialError>

export function awsSource(spec: AwsSpec, context: AwsContext): CredentialSource<AwsKeys> {
  if (spec === 'default') return () => defaultChain(context)
  const { accessKeyId, secretAccessKey, sessionToken, roleArn, webIdentityTokenFile } = spec
  if (webIdentityTokenFile !== undefined && roleArn !== undefined) {
    return () => webIdentity({ tokenFile: webIdentityTokenFile, roleArn }, context)
  }
  const base = async (): Promise<Fetched> =>
    accessKeyId !== undefined && secretAccessKey !== undefined
      ? done({ value: { accessKeyId, secretAccessKey, sessionToken }, expiresAtMs: undefined })
      : await defaultChain(context)
  if (roleArn === undefined) return base
  return async () => {
    const keys = await base()
    return keys.ok ? assumeRole({ keys: keys.value.value, roleArn }, context) : keys
  }
}

async function defaultChain(context: AwsContext): Promise<Fetched> {
  const { environment } = context
  const given = fromEnvironment(environment)
  if (given !== undefined) return done(given)
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn } = environment
  if (tokenFile !== undefined && roleArn !== undefined) return webIdentity({ tokenFile, roleArn }, context)
  const url = containerUrl(environment)
  if (url !== undefined) return fromContainer(url, context)
  if (environment['AWS_EC2_METADATA_DISABLED'] === 'true') return fail({ message: 'no AWS credentials were found' })
  return fromInstance(context)
}

function fromEnvironment(environment: AwsContext['environment']): Granted<AwsKeys> | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = environment
  if (!accessKeyId || !secretAccessKey) return undefined
  return { value: { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined }, expiresAtMs: undefined }
}

async function webIdentity(
  { tokenFile, roleArn }: { tokenFile: string; roleArn: string },
  context: AwsContext,
): Promise<Fetched> {
  // The file is read each time, because the platform replaces it before its token expires.
  const token = await readFile(tokenFile, 'utf8').catch(() => undefined)
  if (token === undefined) return fail({ message: `the web identity token file ${tokenFile} cannot be read` })
  return assumeRoleWithWebIdentity({ token: token.trim(), roleArn }, context)
}

const containerHost = 'http://169.254.170.2'

function containerUrl(environment: AwsContext['environment']): string | undefined {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: url } = environment
  return path ? containerHost + path : url || undefined
}

async function fromContainer(url: string, { environment, ask }: AwsContext): Promise<Fetched> {
  const service = 'the AWS container credentials endpoint'
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = file
    ? await readFile(file, 'utf8').catch(() => undefined)
    : environment['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  const headers = token ? { authorization: token.trim() } : {}
  const answer = await ask({ service, url, headers })
  return answer.ok ? keysIn(answer.value, service) : answer
}

/** Uses IMDSv2 only: version 1 gives the machine's credentials to anybody who can make it send a GET. */
async function fromInstance({ environment, ask }: AwsContext): Promise<Fetched> {
  const service = 'the EC2 metadata service'
  const base = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? 'http://169.254.169.254'
  const timeoutMs = 1_000
  const session = await ask({
    service,
    timeoutMs,
    method: 'PUT',
    url: `${base}/latest/api/token`,
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
  })
  if (!session.ok) return session
  const headers = { 'x-aws-ec2-metadata-token': session.value }
  const rolesUrl = `${base}/latest/meta-data/iam/security-credentials/`
  const roles = await ask({ service, timeoutMs, url: rolesUrl, headers })
  if (!roles.ok) return roles
  const [role = ''] = roles.value.split('\n')
  const answer = await ask({ service, timeoutMs, url: rolesUrl + encodeURIComponent(role.trim()), headers })
  return answer.ok ? keysIn(answer.value, service) : answer
}

function keysIn(text: string, service: string): Fetched {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = jsonObject(text) ?? {}
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') {
    return fail({ message: `${service} gave no credentials` })
  }
  const value = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === 'string' ? Token : undefined,
  }
  const expiresAtMs = Date.parse(String(Expiration))
  return done({ value, expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs })
}
