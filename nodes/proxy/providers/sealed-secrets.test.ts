import { expect, test } from 'vitest'
import type { DataKey } from '../../../cluster/secrets/key-store.ts'
import { MemoryKeyStore } from '../../../cluster/secrets/memory-key-store.ts'
import { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import type { Notice } from '../../../shared/notice.ts'
import { SealedSecrets } from './sealed-secrets.ts'

const use = { revision: 0, isOwned: false }

async function given() {
  const writer = new SecretBox(new MemoryKeyStore())
  await writer.prepare(new Map([['provider:a', use]]))
  const sealed = writer.seal('provider:a', 'sk-0123456789abcdef', use)
  if (!sealed.ok) throw new Error(sealed.error.type)
  const notices: Notice[] = []
  const keys = new Map<string, DataKey>()
  const secrets = new SealedSecrets(new SecretBox(new MemoryKeyStore(keys)), (notice) => void notices.push(notice))
  return { secret: sealed.value, secrets, notices, keys }
}

test('a secret whose key is not here yet is told once, and worth another try until it opens', async () => {
  const { secret, secrets, notices } = await given()
  expect(secrets.mayOpenMore()).toBe(false)
  for (let compilation = 0; compilation < 3; compilation++) {
    secrets.begin()
    expect(secrets.open(secret)).toBeUndefined()
    expect(secrets.mayOpenMore()).toBe(true)
  }
  expect(notices).toEqual([{ type: 'warning', message: expect.stringContaining('provider:a') }])
})

test('what is no part of the configuration any more is not waited for', async () => {
  const { secret, secrets } = await given()
  secrets.open(secret)
  secrets.begin()
  expect(secrets.mayOpenMore()).toBe(false)
})
