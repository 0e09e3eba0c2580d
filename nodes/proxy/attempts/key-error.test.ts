import { expect, test } from 'vitest'
import { AllowList, type Caller } from '../auth/callers.ts'
import { testCaller, testRequest } from '../request/test-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { keyError } from './key-error.ts'
import type { LiveRequest } from './live-requests.ts'

function live(sessionModel?: string): LiveRequest {
  const { request } = testRequest()
  return { request, sessionModel, cut: () => {}, livePrevious: undefined, liveNext: undefined }
}

/** What a new configuration knows of the caller. */
function under(caller: Caller | undefined): Pick<Snapshot, 'callers'> {
  const callers = { get: (tokenHash: string) => (tokenHash === testCaller.tokenHash ? caller : undefined) }
  return { callers: callers as Snapshot['callers'] }
}

test('a key that is still there holds', () => {
  expect(keyError(live(), under(testCaller), 5)).toBeUndefined()
})

test('a key that is not there any more does not', () => {
  expect(keyError(live(), under(undefined), 5)).toEqual({ type: 'unknown-key' })
})

test('a key holds until the moment in which it expires', () => {
  const caller = { ...testCaller, expiresAtMs: 5 }
  expect(keyError(live(), under(caller), 4)).toBeUndefined()
  expect(keyError(live(), under(caller), 5)).toEqual({ type: 'unknown-key' })
})

test('a session ends when its key may not use its model any more; a request ends by itself', () => {
  const caller = { ...testCaller, models: new AllowList(['voice']) }
  expect(keyError(live('voice'), under(caller), 5)).toBeUndefined()
  expect(keyError(live('other'), under(caller), 5)).toEqual({ type: 'model-not-allowed', model: 'other' })
  expect(keyError(live(), under(caller), 5)).toBeUndefined()
})
