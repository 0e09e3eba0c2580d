import { expect, test } from 'vitest'
import { smallGateway } from '../../../../shared/config/test-config.ts'
import { Blocks } from '../../auth/blocks.ts'
import { Callers } from '../../auth/callers.ts'
import { testCaller, testRequest } from '../../request/test-request.ts'
import { keyError } from './key-error.ts'
import type { LiveRequest } from './live-requests.ts'

const tokenHash = 'key_1'.padEnd(64, '0')
const expiresAt = '2026-06-01T00:00:00.000Z'
const expiresAtMs = Date.parse(expiresAt)

function live(...sessionModels: string[]): LiveRequest {
  const { request } = testRequest({ caller: { ...testCaller, tokenHash } })
  const names = sessionModels.length === 0 ? undefined : sessionModels
  return { request, sessionModels: names, cut: () => {}, livePrevious: undefined, liveNext: undefined }
}

/** A configuration with these keys. */
function keys(...inputs: readonly object[]): { callers: Callers; blocks: Blocks } {
  const config = smallGateway()
  for (const input of inputs) expect(config.issueKey('key_1', { name: 'one', ...input }).ok).toBe(true)
  return { callers: new Callers(config.state), blocks: new Blocks(config.state.resources.blocks) }
}

test('a key that is still there holds', () => {
  expect(keyError(live(), keys({}), expiresAtMs)).toBeUndefined()
})

test('a key that is not there any more does not', () => {
  expect(keyError(live(), keys(), expiresAtMs)).toEqual({ type: 'unknown-key' })
})

test('a key holds until the moment in which it expires', () => {
  expect(keyError(live(), keys({ expiresAt }), expiresAtMs - 1)).toBeUndefined()
  expect(keyError(live(), keys({ expiresAt }), expiresAtMs)).toEqual({ type: 'unknown-key' })
})

test('a session ends when its key may not use its model any more; a request ends by itself', () => {
  const narrow = keys({ models: ['fast'] })
  expect(keyError(live('fast'), narrow, 0)).toBeUndefined()
  expect(keyError(live('other'), narrow, 0)).toEqual({ type: 'model-not-allowed', model: 'other' })
  expect(keyError(live(), narrow, 0)).toBeUndefined()
  // By the name that the caller wrote, or by what it stands for.
  expect(keyError(live('written', 'fast'), narrow, 0)).toBeUndefined()
  expect(keyError(live('written', 'other'), narrow, 0)).toEqual({ type: 'model-not-allowed', model: 'written' })
})

test('what an operator stops ends, with the reason', () => {
  const block = { spec: { match: { key: 'key_1' }, reason: 'Too much.' }, origin: 'api', revision: 1 } as const
  const stopped = { ...keys({}), blocks: new Blocks(new Map([['stop', block]])) }
  expect(keyError(live(), stopped, 0)).toEqual({ type: 'blocked', reason: 'Too much.' })
})
