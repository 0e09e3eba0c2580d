import { expect, test } from 'vitest'
import { redacted, redactedBytes, secretsIn } from './redaction.ts'

const key = 'sk-0123456789-abcdef'

test.each<[string, string, readonly string[]]>([
  ['a bearer token', `authorization: Bearer ${key}\r\n`, [`Bearer ${key}`, key]],
  ['the key of Anthropic', `anthropic-version: 2023-06-01\r\nx-api-key: ${key}\r\n`, [key]],
  ['the key of Azure', `api-key:${key}\r\ncontent-type: application/json\r\n`, [key]],
  ['a token of AWS', `X-Amz-Security-Token: ${key}\r\n`, [key]],
  ['no secret', 'content-type: application/json\r\nx-team: production\r\n', []],
])('the secrets of %s are found', (_, lines, wanted) => {
  expect(secretsIn(lines)).toEqual(wanted)
})

test('each quote of a secret is replaced, in text and in bytes of any encoding', () => {
  const secrets = secretsIn(`authorization: Bearer ${key}\r\n`)
  expect(redacted(`${key} or Bearer ${key}!`, secrets)).toBe('[redacted] or [redacted]!')
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`é ${key}`)])
  expect(redactedBytes(bytes, secrets)).toEqual(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('é [redacted]')]))
})

test('bytes without a secret stay the same object', () => {
  const bytes = Buffer.from('{"error":"no"}')
  expect(redactedBytes(bytes, [key])).toBe(bytes)
})
