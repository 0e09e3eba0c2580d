import { expect, test } from 'vitest'
import { backOff, CredentialHealthTable, recovered } from '../providers/credential.ts'
import { refusedCredentials } from './refused-credentials.ts'

test('a credential is a trouble from its first rejection until the provider takes it again', () => {
  const table = new CredentialHealthTable()
  const credentials = ['main', 'spare'].map((name) => ({ name, health: table.of(name) }))
  const troubles = () => refusedCredentials([{ provider: 'openai', credentials }])
  expect(troubles()).toEqual([])
  backOff(table.of('spare'), 0)
  const [first] = troubles()
  expect(first).toEqual({ level: 'degraded', reason: expect.stringContaining('openai rejects the credential spare') })
  backOff(table.of('spare'), 1)
  expect(troubles()).toEqual([first])
  recovered(table.of('spare'))
  expect(troubles()).toEqual([])
})

test('a provider without credentials that rejects requests is one too', () => {
  const health = { refusals: 1, refusedUntilMs: 0 }
  const [trouble] = refusedCredentials([{ provider: 'vllm', credentials: [{ name: '', health }] }])
  expect(trouble?.reason).toContain('vllm rejects requests without a credential')
})
