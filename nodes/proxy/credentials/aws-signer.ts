// AWS Signature Version 4 over exactly the bytes that are sent.
import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsKeys } from './aws-credentials.ts'

export interface AwsRequest {
  readonly keys: AwsKeys
  readonly region: string
  /** 'bedrock' for Bedrock's runtime, 'sts'. */
  readonly service: string
  /** Its path as it goes over the wire: encoded once. */
  readonly url: URL
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Names in lower case. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly wallMs: number
}

/** The headers with the signature's own added. */
export async function signAws(request: AwsRequest): Promise<Record<string, string>> {
  const { keys, region, service, url, method, headers, body, wallMs } = request
  const signer = new SignatureV4({ credentials: awsIdentity(keys), region, service, sha256: Sha256 })
  const { headers: signed } = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    },
    { signingDate: new Date(wallMs) },
  )
  return signed
}

function awsIdentity({ accessKeyId, secretAccessKey, sessionToken }: AwsKeys) {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

/** Node's own hash in the form that the signer takes. */
class Sha256 {
  #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    this.#hash = createHash('sha256')
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
