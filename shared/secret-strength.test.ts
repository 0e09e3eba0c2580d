import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretWeakness } from './secret-strength.ts'

test.each([
  'acceptance-admin-token-0123456789abcdef',
  'acceptance-token-of-the-first-administrator',
  'whsec-of-the-cluster-test',
  'correct-horse-battery-staple',
  '8301947265839201',
  'kT3-9fQ2_xLm8RzP',
])('%s is taken', (secret) => expect(secretWeakness(secret)).toBeUndefined())

test.each([
  ['nothing', ''],
  ['blanks', ' '.repeat(40)],
  ['a short one', 'kT3-9fQ2_xLm8Rz'],
  ['one character', 'a'.repeat(64)],
  ['two characters', 'ab'.repeat(32)],
  ['a word again and again', 'hunter'.repeat(8)],
  ['digits in their order', '12345678901234567890'],
  ['digits the other way', '9876543210987654'],
  ['letters in their order', 'abcdefghijklmnopqrstuvwxyz'],
  ['hexadecimal digits', '0123456789abcdef'],
  ['a row of the keyboard', 'qwertyuiopasdfghjklzxcvbnm'],
  ['a word of examples twice', 'changeme-changeme'],
  ['words of examples', 'AdminPasswordSecret'],
  ['words of examples and a number', 'headgate-admin-1234'],
  ['words of examples and a year', 'my-secret-admin-token-2026'],
  ['what the token is for, twice', 'metricsmetrics12'],
  ['what the token is for', 'gateway_metrics_2026'],
  ['a placeholder', '<admin-token-password>'],
  ['zeros and a one', '0000000000000001'],
])('%s is refused, and the sentence does not repeat it', (_what, secret) => {
  const told = secretWeakness(secret)
  expect(told).toMatch(/^expected /)
  if (secret.trim() !== '') expect(told).not.toContain(secret)
})

test('what a generator makes is taken, in every usual form', () => {
  for (let i = 0; i < 2_000; i++) {
    for (const text of [randomBytes(16).toString('hex'), randomBytes(12).toString('base64url')]) {
      expect([text, secretWeakness(text)]).toEqual([text, undefined])
    }
  }
})

test('a long one is judged at once', () => {
  const startMs = performance.now()
  secretWeakness('ab'.repeat(256))
  expect(performance.now() - startMs).toBeLessThan(200)
})
