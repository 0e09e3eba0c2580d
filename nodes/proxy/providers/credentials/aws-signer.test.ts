import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import aws4 from 'aws4'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { signAws } from './aws-signer.ts'

const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'token',
}
const wallMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const host = 'bedrock-runtime.us-east-1.amazonaws.com'
const place = { region: 'us-east-1', service: 'bedrock' }
const contentType = 'application/json'

function ours(path: string, body: string) {
  return signAws({ ...place, keys, method: 'POST', host, path, contentType, body: [Buffer.from(body)], wallMs })
}

function byAws4(path: string, body: string, sent: Record<string, string>) {
  const { authorization: _, 'x-amz-security-token': __, ...added } = sent
  const headers = { 'content-type': contentType, host, ...added }
  // It signs the length as well, if it is let.
  const extra = { extraHeadersToIgnore: { 'content-length': true } }
  return aws4.sign({ ...place, ...extra, method: 'POST', host, path, headers, body }, keys).headers?.['Authorization']
}

class Sha256 {
  readonly #hash
  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }
  update(data: unknown): void {
    this.#hash.update(data as Uint8Array)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

async function bySmithy(path: string, body: string) {
  const signer = new SignatureV4({ ...place, credentials: keys, sha256: Sha256 })
  const headers = { 'content-type': contentType, host }
  const request = { method: 'POST', protocol: 'https:', hostname: host, path, headers, body }
  return (await signer.sign(request, { signingDate: new Date(wallMs) })).headers['authorization']
}

test.each([
  '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
  '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-pro-v1%3A0/converse-stream',
  '/model/mistral.mistral-7b-instruct-v0%3A2/invoke',
])('a request to %s is signed as two other implementations sign it (wire 63, 64)', async (path) => {
  const signed = ours(path, '{"messages":[]}')
  expect(signed['authorization']).toBe(byAws4(path, '{"messages":[]}', signed))
  expect(signed['authorization']).toBe(await bySmithy(path, '{"messages":[]}'))
})

test('whatever the body is, it is signed as it is sent, in however many pieces', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(200), (text, cut) => {
      const bytes = Buffer.from(text)
      const signed = ours('/model/m/converse', text)
      expect(signed['authorization']).toBe(byAws4('/model/m/converse', text, signed))
      const body = [bytes.subarray(0, cut), bytes.subarray(cut)]
      const request = { ...place, keys, method: 'POST', host, path: '/model/m/converse', contentType, body, wallMs }
      expect(signAws(request)).toEqual(signed)
    }),
    { numRuns: 100 },
  )
})

test('the hash of a body that is known is not worked out again', () => {
  const request = { ...place, keys, method: 'POST', host, path: '/model/m/converse', contentType, wallMs }
  const bodyHash = createHash('sha256').update('{"a":1}').digest('hex')
  expect(signAws({ ...request, body: [], bodyHash })).toEqual(ours('/model/m/converse', '{"a":1}'))
})

test('the session token travels with the signature', () => {
  expect(ours('/model/m/converse', '')['x-amz-security-token']).toBe('token')
})
