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

async function ours(path: string, body: string) {
  const url = new URL(`https://bedrock-runtime.us-east-1.amazonaws.com${path}`)
  const headers = { 'content-type': 'application/json' }
  return signAws({ keys, region: 'us-east-1', service: 'bedrock', url, method: 'POST', headers, body, wallMs })
}

/** Signs what we sent, as the other implementation reads it. */
function theirs(path: string, body: string, headers: Record<string, string>) {
  const { authorization: _, 'x-amz-security-token': __, ...sent } = headers
  const signed = aws4.sign(
    {
      ...{ method: 'POST', host: sent['host']!, path, service: 'bedrock', region: 'us-east-1', headers: sent, body },
      // The other implementation signs the length as well, if it is let.
      ...{ extraHeadersToIgnore: { 'content-length': true } },
    },
    keys,
  )
  return signed.headers?.['Authorization']
}

test.each([
  '/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse',
  '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-pro-v1%3A0/converse-stream',
  '/model/mistral.mistral-7b-instruct-v0%3A2/invoke',
])('a request to %s is signed as another implementation signs it (wire 63, 64)', async (path) => {
  const headers = await ours(path, '{"messages":[]}')
  expect(headers['authorization']).toBe(theirs(path, '{"messages":[]}', headers))
})

test('whatever the body is, it is signed as it is sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (body) => {
      const headers = await ours('/model/m/converse', body)
      expect(headers['authorization']).toBe(theirs('/model/m/converse', body, headers))
    }),
    { numRuns: 100 },
  )
})

test('the session token travels with the signature', async () => {
  expect((await ours('/model/m/converse', ''))['x-amz-security-token']).toBe('token')
})
