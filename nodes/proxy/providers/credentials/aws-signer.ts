// AWS Signature Version 4 (AWS General Reference, "Signature Version 4 signing process") over exactly the bytes that are sent. An
// attempt must begin within one turn of the event loop, and the packages that sign are asynchronous, so this one is the gateway's
// own. The tests compare it with two of those packages.
import { createHash, createHmac } from 'node:crypto'
import type { AwsKeys } from './aws-keys.ts'

export interface AwsRequest {
  readonly keys: AwsKeys
  readonly region: string
  /** 'bedrock' or 'sts'. */
  readonly service: string
  readonly method: string
  /** Value of the `host` header. */
  readonly host: string
  /** Path without a query, as it is sent: encoded once. */
  readonly path: string
  readonly contentType: string
  readonly body: readonly Uint8Array[]
  /** SHA-256 of the body in hexadecimal, where it is known. */
  readonly bodyHash?: string | undefined
  readonly wallMs: number
}

/** Returns the headers to add, with names in lower case. */
export function signAws(request: AwsRequest): Record<string, string> {
  const { keys, region, service, method, host, path, contentType, body, bodyHash, wallMs } = request
  const time = new Date(wallMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const date = time.slice(0, 8)
  const added: Record<string, string> = {
    'x-amz-content-sha256': bodyHash ?? hashOf(body),
    'x-amz-date': time,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  }
  const signed = Object.entries({ 'content-type': contentType, host, ...added }).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    ...[method, canonicalPath(path), '', ...signed.map(([name, value]) => `${name}:${value.trim()}`), '', names],
    added['x-amz-content-sha256'],
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  const signature = hmac(signingKey(keys.secretAccessKey, { date, region, service }), toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { ...added, authorization }
}

function hashOf(body: readonly Uint8Array[]): string {
  const payload = createHash('sha256')
  for (const piece of body) payload.update(piece)
  return payload.digest('hex')
}

/** Every service but S3 signs the path with one more encoding than it is sent with. */
function canonicalPath(path: string): string {
  return path
    .split('/')
    .map((piece) =>
      encodeURIComponent(piece).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/')
}

interface KeyScope {
  readonly date: string
  readonly region: string
  readonly service: string
}

function signingKey(secret: string, { date, region, service }: KeyScope): Buffer {
  return [date, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`) as Buffer
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
