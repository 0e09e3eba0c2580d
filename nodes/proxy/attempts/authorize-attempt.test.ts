import { expect, test } from 'vitest'
import type { Credential, SignableRequest } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-connect.ts'
import type { Translator } from '../translators/translator.ts'
import { credentialFor, headerLinesOf } from './authorize-attempt.ts'
import { openAttempt } from './test-attempt.ts'

function credential(name: string, more: Partial<Credential> = {}): Credential {
  const health = { refusedUntilMs: 0, refusals: 0 }
  return { name, weight: 1, headerLines: `content-type: application/json\r\nx-key: ${name}\r\n`, health, ...more }
}

function having(...credentials: Credential[]): { target: Target; translator: Translator } {
  const target = { ...testTarget(), credentials }
  return { target, translator: openAttempt({ target }).translator }
}

const drawn = { pinned: undefined, nowMs: 0, chance: () => 0.9 }

test('one is drawn by weight', () => {
  const { target, translator } = having(credential('light'), credential('heavy', { weight: 9 }))
  expect(credentialFor(target, translator, drawn).name).toBe('heavy')
  expect(credentialFor(target, translator, { ...drawn, chance: () => 0.05 }).name).toBe('light')
})

test('one that was refused lately leaves the work to its siblings', () => {
  const refused = credential('refused', { weight: 9, health: { refusedUntilMs: 1_000, refusals: 1 } })
  const { target, translator } = having(refused, credential('other'))
  expect(credentialFor(target, translator, drawn).name).toBe('other')
  expect(credentialFor(target, translator, { ...drawn, nowMs: 1_000, chance: () => 0 }).name).toBe('refused')
})

test('what a provider holds under one credential is asked for with that one', () => {
  const { target, translator } = having(credential('first'), credential('second'))
  const pinned = { ...drawn, chance: () => 0, pinned: 'second' }
  expect(credentialFor(target, translator, pinned).name).toBe('second')
  expect(credentialFor(target, { ...translator, credential: 'second' }, { ...drawn, chance: () => 0 }).name).toBe(
    'second',
  )
})

test('where the one that is named is not there any more, any is as good', () => {
  const { target, translator } = having(credential('first'), credential('second'))
  const gone = { ...drawn, chance: () => 0 }
  expect(credentialFor(target, translator, { ...gone, pinned: 'gone' }).name).toBe('first')
  expect(credentialFor(target, { ...translator, credential: 'gone' }, gone).name).toBe('first')
})

test('the lines of a credential stand before those of the request', () => {
  const own = credential('main')
  const { target, translator } = having(own)
  const lines = headerLinesOf(own, target, { ...translator, headerLines: 'traceparent: 1\r\n' })
  expect(lines).toBe('content-type: application/json\r\nx-key: main\r\ntraceparent: 1\r\n')
})

test('another media type takes the place of JSON, and none where there is no body', () => {
  const own = credential('main')
  const { target, translator } = having(own)
  expect(headerLinesOf(own, target, { ...translator, contentType: 'multipart/form-data; boundary=$&' })).toContain(
    'content-type: multipart/form-data; boundary=$&\r\nx-key',
  )
  expect(headerLinesOf(own, target, { ...translator, contentType: '' })).not.toContain('content-type')
})

test('a credential that signs is shown what is sent, and its proof goes with it', () => {
  const signed: SignableRequest[] = []
  const sign = (request: SignableRequest) => {
    signed.push(request)
    return 'x-proof: 1\r\n'
  }
  const own = credential('main', { sign })
  const { target, translator } = having(own)
  expect(headerLinesOf(own, target, translator)).toContain('x-proof: 1\r\n')
  expect(signed).toEqual([
    { method: 'POST', host: 'api.openai.com', path: '/v1/chat/completions', body: translator.body },
  ])
})

test('while it cannot prove anything there are no lines', () => {
  const own = credential('main', { sign: () => undefined })
  const { target, translator } = having(own)
  expect(headerLinesOf(own, target, translator)).toBeUndefined()
})
