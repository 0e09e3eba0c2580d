import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { decideIssueKey } from '../../../shared/config/keys/decide-keys.ts'
import { noonIso, Gateway as TestConfig } from '../../../shared/config/test-config.ts'
import { fail } from '../../../shared/result.ts'
import { Callers } from '../auth/callers.ts'
import type { RequestHead } from '../http/http.ts'
import { matchOperation } from '../operations/match-path.ts'
import { TestReply, testHead, testSnapshot } from '../request/test-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { Admission, type AdmissionFacts, type NoSnapshot } from './admit.ts'
import { OpenRequests } from './open-requests.ts'

const expiresAt = '2026-01-01T13:00:00.000Z'

/** Keys `hg-team`, `hg-ada` (of a user) and `hg-old`, which expires at one o'clock. */
function configured(): Snapshot {
  const config = new TestConfig()
  config.put('teams', 'search', {})
  config.put('users', 'ada', { team: 'search' })
  const owners = { team: { team: 'search' }, ada: { user: 'ada' }, old: { team: 'search' } }
  for (const [name, owner] of Object.entries(owners)) {
    const input = { name, owner, ...(name === 'old' ? { expiresAt } : {}) }
    const tokenHash = hash('sha256', `hg-${name}`, 'hex')
    const issued = { id: name, input, tokenHash, prefix: 'hg', at: noonIso, teamId: '' }
    config.settle(decideIssueKey(config.state, issued))
  }
  return { ...testSnapshot(), callers: new Callers(config.state) }
}

interface Asking {
  readonly head?: RequestHead
  readonly snapshot?: Snapshot | NoSnapshot
  readonly open?: number
  readonly facts?: AdmissionFacts
  readonly places?: OpenRequests
  readonly reply?: TestReply
}

function key(name: string, headers: Readonly<Record<string, string>> = {}): RequestHead {
  return testHead({ authorization: `Bearer hg-${name}`, headers })
}

const clock = new ManualClock(Date.parse(noonIso))

function admit({
  head = key('team'),
  snapshot = configured(),
  open = 10,
  facts,
  places = new OpenRequests(1),
  reply = new TestReply(),
}: Asking = {}) {
  const rules = { clock, snapshot: () => snapshot, openRequests: () => open, openRequestsMax: 10, open: places }
  const admission = new Admission(rules)
  const matched = matchOperation(head)
  if (!matched.ok) throw new Error('nothing is served there')
  return admission.admit({ id: 'req_1', head, reply }, matched.value, facts)
}

const errorOf = (asking: Asking) => {
  const admitted = admit(asking)
  return admitted.ok ? undefined : admitted.error
}

test('a request is admitted with its caller, the configuration that it keeps, and the time', () => {
  const snapshot = configured()
  const admitted = admit({ snapshot })
  expect(admitted).toMatchObject({
    ok: true,
    value: { id: 'req_1', caller: { keyId: 'team', team: 'search' }, receivedAtMs: Date.parse(noonIso) },
  })
  expect(admitted.ok && admitted.value.snapshot).toBe(snapshot)
})

describe('who the user is', () => {
  const userOf = (head: RequestHead) => {
    const admitted = admit({ head })
    return admitted.ok ? admitted.value.user : undefined
  }

  test('the key’s, whatever the caller says', () => {
    expect(userOf(key('ada', { 'x-headgate-user': 'eve' }))).toBe('ada')
  })

  test('else whom the caller names', () => {
    expect(userOf(key('team', { 'x-headgate-user': 'eve' }))).toBe('eve')
  })

  test('and nobody by a name that is too long for a name', () => {
    expect(userOf(key('team', { 'x-headgate-user': 'e'.repeat(256) }))).toBe('e'.repeat(256))
    expect(userOf(key('team', { 'x-headgate-user': 'e'.repeat(257) }))).toBe('other')
  })

  test('else nobody', () => {
    expect(userOf(key('team'))).toBe('')
  })
})

describe('what is judged, in this order', () => {
  const get = testHead({ method: 'GET', authorization: 'Bearer hg-nobody' })
  const noConfig: NoSnapshot = { type: 'no-config' }

  test('the method', () => {
    expect(errorOf({ head: get, snapshot: noConfig, open: 11 })).toEqual({ type: 'method-not-allowed', allow: 'POST' })
  })

  test('whether there is a configuration', () => {
    expect(errorOf({ head: key('nobody'), snapshot: noConfig, open: 11 })).toEqual(noConfig)
    expect(errorOf({ snapshot: { type: 'config-damaged' } })).toEqual({ type: 'config-damaged' })
  })

  test('the key', () => {
    expect(errorOf({ head: key('nobody'), open: 11 })).toEqual({ type: 'unknown-key' })
    expect(errorOf({ head: testHead(), open: 11 })).toEqual({ type: 'missing-key' })
    expect(errorOf({ head: key('team', { 'x-api-key': 'hg-ada' }) })).toEqual({ type: 'ambiguous-credentials' })
  })

  test('what can be carried, this request included', () => {
    expect(errorOf({ open: 10 })).toBeUndefined()
    expect(errorOf({ open: 11 })).toEqual({ type: 'overloaded', retryAfterMs: 1_000 })
    expect(errorOf({ facts: { isFull: true } })).toEqual({ type: 'overloaded', retryAfterMs: 1_000 })
  })
})

describe('the requests that a key has open', () => {
  test('are bounded, and one that is over makes room', () => {
    const places = new OpenRequests(2)
    const replies = [new TestReply(), new TestReply()]
    for (const reply of replies) expect(admit({ places, reply }).ok).toBe(true)
    const full = { type: 'key-full', openMax: 2, retryAfterMs: 1_000 }
    expect(errorOf({ places })).toEqual(full)
    expect(errorOf({ places, head: key('ada') })).toBeUndefined()
    replies[0]?.place?.leave()
    expect(errorOf({ places })).toBeUndefined()
    expect(errorOf({ places })).toEqual(full)
  })

  test('are not those that were refused', () => {
    const places = new OpenRequests(1)
    expect(errorOf({ places, open: 11 })).toMatchObject({ type: 'overloaded' })
    expect(errorOf({ places })).toBeUndefined()
  })
})

test('the SDKs of Azure and Google show the key in headers of their own', () => {
  for (const name of ['api-key', 'x-goog-api-key', 'x-api-key'])
    expect(admit({ head: testHead({ headers: { [name]: 'hg-team' } }) }).ok).toBe(true)
})

test('an API may have found the credentials elsewhere, or none that can be used', () => {
  const credentials = { ok: true, value: { authorization: undefined, apiKey: 'hg-ada' } } as const
  expect(admit({ head: testHead(), facts: { credentials } })).toMatchObject({ value: { caller: { keyId: 'ada' } } })
  expect(errorOf({ facts: { credentials: fail({ type: 'ambiguous-credentials' }) } })).toEqual({
    type: 'ambiguous-credentials',
  })
})

test('a key is known until it expires, and an expired one as little as one that never was', () => {
  const late = new Admission({
    clock: new ManualClock(Date.parse(expiresAt)),
    snapshot: configured,
    openRequests: () => 1,
    openRequestsMax: 10,
    open: new OpenRequests(1),
  })
  const head = key('old')
  const matched = matchOperation(head)
  expect(admit({ head }).ok).toBe(true)
  const reply = new TestReply()
  expect(matched.ok && late.admit({ id: 'req_1', head, reply }, matched.value)).toEqual(fail({ type: 'unknown-key' }))
})
