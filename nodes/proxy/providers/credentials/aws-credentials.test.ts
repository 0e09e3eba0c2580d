import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import aws4 from 'aws4'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../shared/clock.ts'
import { type AwsSpec, awsSource } from './aws-credentials.ts'
import { askIdentity } from './identity-http.ts'
import { type Asked, type IdentityAnswer, identityServer } from './identity-server.fixture.ts'

const cleanup: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean()
})

async function served(answer: (asked: Asked) => IdentityAnswer) {
  const server = await identityServer(answer)
  cleanup.push(server.close)
  return server
}

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-token-'))
  cleanup.push(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'token')
  writeFileSync(path, text)
  return path
}

function keysOf(spec: AwsSpec, environment: Record<string, string>) {
  return awsSource(spec, { region: 'eu-central-1', environment, ask: askIdentity, clock: systemClock })()
}

const expiration = '2031-01-01T00:00:00Z'
const granted = { accessKeyId: 'ASIAX', secretAccessKey: 'secret/+=', sessionToken: 'session' }
const json = JSON.stringify({
  AccessKeyId: 'ASIAX',
  SecretAccessKey: 'secret/+=',
  Token: 'session',
  Expiration: expiration,
})
const xml = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>secret/+=</SecretAccessKey><SessionToken>session</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
const expected = { ok: true, value: { value: granted, expiresAtMs: Date.parse(expiration) } }

test('given keys are taken as they are, and never end', async () => {
  const spec = { accessKeyId: 'AKIA', secretAccessKey: 's' }
  expect(await keysOf(spec, {})).toEqual({
    ok: true,
    value: { value: { ...spec, sessionToken: undefined }, expiresAtMs: undefined },
  })
})

test('by default the environment comes first', async () => {
  const environment = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }
  const { value } = (await keysOf('default', environment)) as { value: { value: object } }
  expect(value.value).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: 't' })
})

test('the instance is asked for a session before it is asked for keys', async () => {
  const imds = await served(({ method, url }) => {
    if (method === 'PUT') return { body: 'session-token' }
    return { body: url.endsWith('/security-credentials/') ? 'my-role\n' : json }
  })
  expect(await keysOf('default', { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url })).toEqual(expected)
  expect(imds.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'PUT /latest/api/token',
    'GET /latest/meta-data/iam/security-credentials/',
    'GET /latest/meta-data/iam/security-credentials/my-role',
  ])
  expect(imds.asked[0]?.headers['x-aws-ec2-metadata-token-ttl-seconds']).toBe('21600')
  expect(imds.asked[2]?.headers['x-aws-ec2-metadata-token']).toBe('session-token')
})

test('an instance that has no version 2 is not asked the old way', async () => {
  const imds = await served(({ method }) => (method === 'PUT' ? { status: 404, body: '' } : { body: json }))
  expect(await keysOf('default', { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url })).toEqual({
    ok: false,
    error: { message: 'the EC2 metadata service answered 404' },
  })
  expect(imds.asked).toHaveLength(1)
})

test('a container endpoint gets the token from its file', async () => {
  const target = await served(() => ({ body: json }))
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${target.url}/v2/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: fileWith('container-token\n'),
  }
  expect(await keysOf('default', environment)).toEqual(expected)
  expect(target.asked[0]).toMatchObject({ url: '/v2/credentials', headers: { authorization: 'container-token' } })
})

test.each(['environment', 'specification'])(
  'a web identity token of a file is exchanged for a role, named in the %s',
  async (where) => {
    const sts = await served(() => ({ body: xml }))
    const tokenFile = fileWith('web.identity.token\n')
    const roleArn = 'arn:aws:iam::123456789012:role/gateway'
    const named = where === 'environment' ? { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn } : {}
    const spec = where === 'environment' ? 'default' : { roleArn, webIdentityTokenFile: tokenFile }
    expect(await keysOf(spec, { AWS_ENDPOINT_URL_STS: sts.url, ...named })).toEqual(expected)
    const form = Object.fromEntries(new URLSearchParams(sts.asked[0]!.body))
    expect(form).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      WebIdentityToken: 'web.identity.token',
      RoleArn: roleArn,
    })
    expect(sts.asked[0]?.headers.authorization).toBeUndefined()
  },
)

test('a role is taken with signed keys, and the signature is what another implementation makes of the same request', async () => {
  const sts = await served(() => ({ body: xml }))
  const keys = { accessKeyId: 'AKIABASE', secretAccessKey: 'base-secret' }
  const spec = { ...keys, roleArn: 'arn:aws:iam::123456789012:role/gateway' }
  expect(await keysOf(spec, { AWS_ENDPOINT_URL_STS: sts.url })).toEqual(expected)
  const { headers, body, url } = sts.asked[0]!
  const signed = Object.fromEntries(
    /SignedHeaders=([^,]+)/
      .exec(headers.authorization!)![1]!
      .split(';')
      .map((name) => [name, headers[name] as string]),
  )
  // The other implementation signs the length as well, if it is let; its types do not know the member.
  const request: aws4.Request & { extraHeadersToIgnore: Record<string, boolean> } = {
    method: 'POST',
    host: headers.host!,
    path: url,
    service: 'sts',
    region: 'eu-central-1',
    headers: signed,
    body,
    extraHeadersToIgnore: { 'content-length': true },
  }
  const again = aws4.sign(request, keys)
  expect(again.headers?.['Authorization']).toBe(headers.authorization)
})

test('what a service refuses is told by its code, without what was sent', async () => {
  const refusal =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>base-secret is wrong</Message></Error></ErrorResponse>'
  const sts = await served(() => ({ status: 403, body: refusal }))
  const spec = { accessKeyId: 'AKIABASE', secretAccessKey: 'base-secret', roleArn: 'arn:aws:iam::1:role/x' }
  expect(await keysOf(spec, { AWS_ENDPOINT_URL_STS: sts.url })).toEqual({
    ok: false,
    error: { message: 'AWS STS answered 403 (AccessDenied)' },
  })
})

test('with nothing to be found the error says so', async () => {
  expect(await keysOf('default', { AWS_EC2_METADATA_DISABLED: 'true' })).toEqual({
    ok: false,
    error: { message: 'no AWS credentials were found' },
  })
})
