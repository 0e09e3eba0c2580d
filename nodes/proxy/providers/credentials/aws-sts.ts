// Fetches the keys of a role from AWS STS, with other keys or with a token of an identity provider.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { AwsContext, AwsKeys } from './aws-keys.ts'
import { signAws } from './aws-signer.ts'
import type { CredentialError, Granted } from './renewed-credential.ts'

type Fetched = Result<Granted<AwsKeys>, CredentialError>

const service = 'AWS STS'
/** The longest session that every role allows. */
const durationSeconds = 3_600
const sessionName = 'headgate'

export function assumeRoleWithWebIdentity(
  { token, roleArn }: { token: string; roleArn: string },
  context: AwsContext,
): Promise<Fetched> {
  return call({ Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: token, RoleArn: roleArn }, undefined, context)
}

export function assumeRole(
  { keys, roleArn }: { keys: AwsKeys; roleArn: string },
  context: AwsContext,
): Promise<Fetched> {
  return call({ Action: 'AssumeRole', RoleArn: roleArn }, keys, context)
}

async function call(
  parameters: Record<string, string>,
  keys: AwsKeys | undefined,
  context: AwsContext,
): Promise<Fetched> {
  const { region, environment, ask, clock } = context
  const url = new URL(environment['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.amazonaws.com/`)
  const form = {
    Version: '2011-06-15',
    RoleSessionName: sessionName,
    DurationSeconds: String(durationSeconds),
    ...parameters,
  }
  const body = new URLSearchParams(form).toString()
  const contentType = 'application/x-www-form-urlencoded'
  const signing = { region, service: 'sts', method: 'POST', host: url.host, path: url.pathname, contentType }
  const signature =
    keys === undefined ? {} : signAws({ ...signing, keys, body: [Buffer.from(body)], wallMs: clock.wallMs() })
  const headers = { 'content-type': contentType, accept: 'application/xml', ...signature }
  const answer = await ask({ service, url: url.href, method: 'POST', headers, body })
  return answer.ok ? keysIn(answer.value) : answer
}

function keysIn(xml: string): Fetched {
  const accessKeyId = element(xml, 'AccessKeyId')
  const secretAccessKey = element(xml, 'SecretAccessKey')
  const expiresAtMs = Date.parse(element(xml, 'Expiration') ?? '')
  if (accessKeyId === undefined || secretAccessKey === undefined || Number.isNaN(expiresAtMs)) {
    return fail({ message: `${service} gave no credentials` })
  }
  return done({ value: { accessKeyId, secretAccessKey, sessionToken: element(xml, 'SessionToken') }, expiresAtMs })
}

/** Finds the text of an element. STS's answers are flat, and its keys and times contain no character that XML escapes. */
function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}
