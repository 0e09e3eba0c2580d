import { expect, test } from 'vitest'
import { ManualClock } from './clock.ts'
import { Readiness, type Trouble } from './readiness.ts'

const startMs = Date.parse('2026-03-01T12:00:00Z')

function watched() {
  const clock = new ManualClock(startMs)
  const readiness = new Readiness(clock)
  const troubles: Trouble[] = []
  readiness.add(() => troubles)
  return { clock, readiness, troubles }
}

test('without trouble all is well', () => {
  expect(watched().readiness.look()).toEqual({ status: 'ok', reasons: [] })
})

test('a trouble is told with the time since when it is so, however often one asks', () => {
  const { clock, readiness, troubles } = watched()
  troubles.push({ level: 'degraded', reason: 'the log is away' })
  readiness.look()
  clock.advance(90_000)
  expect(readiness.look()).toEqual({ status: 'degraded', reasons: ['the log is away (since 2026-03-01T12:00:00Z)'] })
})

test('one that went and came back counts anew', () => {
  const { clock, readiness, troubles } = watched()
  const away: Trouble = { level: 'degraded', reason: 'away' }
  troubles.push(away)
  readiness.look()
  troubles.pop()
  readiness.look()
  clock.advance(60_000)
  troubles.push(away)
  expect(readiness.look().reasons).toEqual(['away (since 2026-03-01T12:01:00Z)'])
})

test('whoever knows how long it has been so is believed', () => {
  const { readiness, troubles } = watched()
  troubles.push({ level: 'degraded', reason: 'NATS is away', forMs: 5_000 })
  expect(readiness.look().reasons).toEqual(['NATS is away (since 2026-03-01T11:59:55Z)'])
})

test('one unready part makes the whole unready, and every reason is told', () => {
  const { readiness, troubles } = watched()
  troubles.push({ level: 'degraded', reason: 'a' }, { level: 'unready', reason: 'b' })
  expect(readiness.look()).toMatchObject({
    status: 'unready',
    reasons: [expect.stringMatching(/^a /), expect.stringMatching(/^b /)],
  })
})

test('a trouble counts from its beginning, also where nobody asks for a while', () => {
  const { clock, readiness, troubles } = watched()
  const watch = readiness.watch()
  troubles.push({ level: 'degraded', reason: 'away' })
  clock.advance(60_000)
  expect(readiness.look().reasons).toEqual(['away (since 2026-03-01T12:00:01Z)'])
  troubles.pop()
  clock.advance(60_000)
  troubles.push({ level: 'degraded', reason: 'away' })
  expect(readiness.look().reasons).toEqual(['away (since 2026-03-01T12:02:00Z)'])
  watch.cancel()
})
