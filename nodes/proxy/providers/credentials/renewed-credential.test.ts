import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { done, fail } from '../../../../shared/result.ts'
import { type CredentialError, RenewedCredential, refreshAfterMs } from './renewed-credential.ts'

const minute = 60_000

function renewed(answers: ('ok' | 'error')[], lifeMs = 60 * minute) {
  const clock = new ManualClock()
  const errors: CredentialError[] = []
  let asked = 0
  const credential = new RenewedCredential<string>({
    clock,
    chance: () => 0.5,
    onError: (error) => errors.push(error),
    async source() {
      const answer = answers[asked++] ?? 'ok'
      if (answer === 'error') return fail({ message: 'away' })
      return done({ value: `token-${asked}`, expiresAtMs: clock.wallMs() + lifeMs })
    },
  })
  const settle = async (ms: number) => {
    clock.advance(ms)
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
  return { credential, clock, errors, settle, asked: () => asked }
}

test('a credential is renewed before it ends, and there is always one', async () => {
  const { credential, settle, asked } = renewed([])
  await credential.start()
  for (let i = 0; i < 300; i++) {
    expect(credential.current).toBe(`token-${asked()}`)
    await settle(minute)
  }
  expect(asked()).toBe(6)
  credential.stop()
})

test('while renewing fails the old one serves to its end, and failing is told once', async () => {
  const { credential, settle, errors } = renewed(['ok', ...Array<'error'>(60).fill('error')])
  await credential.start()
  await settle(59 * minute)
  expect(credential.current).toBe('token-1')
  await settle(2 * minute)
  expect(credential.current).toBeUndefined()
  expect(errors).toEqual([{ message: 'away' }])
  credential.stop()
})

test('after a failure it is tried again soon, and then more and more seldom', async () => {
  const { credential, settle, asked } = renewed(Array<'error'>(1_000).fill('error'))
  await credential.start()
  await settle(1_000)
  expect(asked()).toBe(2)
  for (let i = 0; i < 600; i++) await settle(1_000)
  expect(asked()).toBeGreaterThan(10)
  expect(asked()).toBeLessThan(40)
  credential.stop()
})

test('a refused credential is fetched anew at once, but no flood of refusals floods the identity service', async () => {
  const { credential, settle, asked } = renewed([])
  await credential.start()
  for (let i = 0; i < 1_000; i++) credential.renew()
  await settle(0)
  expect(asked()).toBe(2)
  expect(credential.current).toBe('token-2')
  await settle(11_000)
  credential.renew()
  await settle(0)
  expect(asked()).toBe(3)
  credential.stop()
})

test('what has stopped asks no more', async () => {
  const { credential, settle, asked } = renewed([])
  await credential.start()
  credential.stop()
  await settle(600 * minute)
  expect(asked()).toBe(1)
})

test.each([
  [60 * minute, 54.375 * minute, 55 * minute],
  [minute, 45_000, 48_000],
  [500, 1_000, 1_000],
  [90 * 24 * 60 * minute, 24 * 60 * minute, 24 * 60 * minute],
])('a life of %i ms is renewed after %i to %i ms', (lifeMs, least, most) => {
  expect(refreshAfterMs(lifeMs, () => 0)).toBe(most)
  expect(refreshAfterMs(lifeMs, () => 0.5)).toBeGreaterThanOrEqual(least)
})
