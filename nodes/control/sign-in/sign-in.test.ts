import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { AttemptGuard } from './attempt-guard.ts'
import { OneTimeLinks } from './one-time-links.ts'
import { localPath } from './return-to.ts'
import { Sessions } from './sessions.ts'

test('a sign-in link opens one session, once', () => {
  const links = new OneTimeLinks(new ManualClock())
  const { token } = links.issue()
  expect([links.redeem(token), links.redeem(token)]).toEqual(['good', 'used'])
  expect([links.look(token), links.look('never-made')]).toEqual(['used', 'unknown'])
})

test('a sign-in link is dead after ten minutes', () => {
  const clock = new ManualClock()
  const links = new OneTimeLinks(clock)
  const { token } = links.issue()
  clock.advance(600_000)
  expect(links.redeem(token)).toBe('expired')
})

test('the hundred and first link takes the place of the oldest', () => {
  const links = new OneTimeLinks(new ManualClock())
  const tokens = Array.from({ length: 101 }, () => links.issue().token)
  expect(tokens.map((token) => links.redeem(token)).indexOf('good')).toBe(1)
})

test('a session ends after twelve idle hours, and after seven days in any case', () => {
  const clock = new ManualClock()
  const sessions = new Sessions(clock)
  const idle = sessions.open('console')
  const busy = sessions.open('console')
  for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
    clock.advance(6 * 3_600_000)
    expect(sessions.find(busy.cookie, busy.csrf)).toBeDefined()
  }
  expect(sessions.find(idle.cookie, idle.csrf)).toBeUndefined()
  clock.advance(6 * 3_600_000)
  expect(sessions.find(busy.cookie, busy.csrf)).toBeUndefined()
})

test('a closed session is not found again', () => {
  const sessions = new Sessions(new ManualClock())
  const { cookie, csrf } = sessions.open('console')
  sessions.close(cookie)
  expect(sessions.find(cookie, csrf)).toBeUndefined()
})

test('a cookie alone, or with the secret of another session, finds no session and keeps none alive', () => {
  const clock = new ManualClock()
  const sessions = new Sessions(clock)
  const { cookie, csrf } = sessions.open('console')
  const other = sessions.open('console')
  for (const secret of ['', cookie, other.csrf, `${csrf}x`]) expect(sessions.find(cookie, secret)).toBeUndefined()
  expect(sessions.find(other.cookie, csrf)).toBeUndefined()
  expect(sessions.find(cookie, csrf)).toBeDefined()
  for (let hours = 0; hours < 12; hours += 3) {
    clock.advance(3 * 3_600_000)
    expect(sessions.find(cookie, '')).toBeUndefined()
  }
  expect(sessions.find(cookie, csrf)).toBeUndefined()
})

test('every failure doubles the wait, up to its bound, and too many lock the address for the window', async () => {
  const clock = new ManualClock()
  const guard = new AttemptGuard(clock, { failuresMax: 4, windowMs: 60_000, delayMs: 100, delayMsMax: 300 })
  const waits: number[] = []
  for (let i = 0; i < 4; i++) {
    const before = clock.monotonicMs()
    let isOver = false
    const failed = guard.failed('10.0.0.1').then(() => {
      isOver = true
    })
    while (!isOver) {
      clock.advance(50)
      await Promise.resolve()
      await Promise.resolve()
    }
    await failed
    waits.push(clock.monotonicMs() - before)
  }
  expect(waits).toEqual([100, 200, 300, 300])
  expect(guard.lockedMs('10.0.0.1')).toBeGreaterThan(0)
  expect(guard.lockedMs('10.0.0.2')).toBe(0)
  clock.advance(60_000)
  expect(guard.lockedMs('10.0.0.1')).toBe(0)
})

test('a bounded number of answers is held back: the next failure is told to wait instead', async () => {
  const clock = new ManualClock()
  const guard = new AttemptGuard(clock, { failuresMax: 10, windowMs: 60_000, delayMs: 100, delayMsMax: 300 })
  const held = Array.from({ length: 64 }, (_, i) => guard.failed(`10.0.0.${i}`))
  expect(await guard.failed('10.0.1.1')).toBe(100)
  clock.advance(100)
  expect(await Promise.all(held)).toEqual(held.map(() => 0))
})

test.each([
  ['/requests?limit=5', '/requests?limit=5'],
  ['/', '/'],
  [undefined, '/'],
  ['//evil.com', '/'],
  ['/\\evil.com', '/'],
  ['https://evil.com', '/'],
  ['javascript:alert(1)', '/'],
  ['/a\r\nset-cookie: x=1', '/'],
  ['/\t/evil.com', '/'],
  ['/.//evil.com', '/'],
  ['', '/'],
])('after signing in, %j leads to %s', (wanted, path) => expect(localPath(wanted)).toBe(path))
