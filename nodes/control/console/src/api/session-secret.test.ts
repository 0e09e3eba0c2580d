import { expect, test } from 'vitest'
import { createClient } from './client.ts'
import { sessionCalls } from './session.ts'
import { secretInFragment, sessionSecretIn } from './session-secret.ts'

function memory() {
  const items = new Map<string, string>()
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => void items.set(name, value),
    removeItem: (name: string) => void items.delete(name),
  }
}

const shut = () => {
  throw new Error('storage is shut off')
}

test('another tab finds the secret, until one signs out', () => {
  const storage = memory()
  const [one, other] = [sessionSecretIn(() => storage), sessionSecretIn(() => storage)]
  one.keep('a')
  expect(other.read()).toBe('a')
  one.forget()
  expect([one.read(), other.read()]).toEqual(['', ''])
})

test('without storage the page keeps the secret itself', () => {
  const secret = sessionSecretIn(shut)
  expect(secret.read()).toBe('')
  secret.keep('a')
  expect(secret.read()).toBe('a')
  secret.forget()
  expect(secret.read()).toBe('')
})

test('signing in keeps the secret, every call sends it, and signing out forgets it', async () => {
  const sent: [string, string | null][] = []
  const fetch = (async (path: string, init: RequestInit) => {
    sent.push([`${init.method} ${path}`, new Headers(init.headers).get('x-headgate-csrf')])
    return Response.json({ actor: 'console', csrf: 'secret' })
  }) as typeof globalThis.fetch
  const secret = sessionSecretIn(shut)
  const calls = sessionCalls(createClient({ fetch, secret, onSignedOut: () => {} }), secret)
  await calls.session()
  await calls.signIn({ adminToken: 'x' })
  await calls.session()
  await calls.signOut()
  await calls.session()
  expect(sent.map(([, csrf]) => csrf)).toEqual([null, null, 'secret', 'secret', null])
})

test.each([
  [`#csrf=${'a'.repeat(43)}`, 'a'.repeat(43)],
  ['#csrf=short', undefined],
  ['#other', undefined],
  ['', undefined],
])('the fragment %j has the secret %j', (hash, secret) => expect(secretInFragment(hash)).toBe(secret))
