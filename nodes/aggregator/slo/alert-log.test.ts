import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { AlertEvent } from '../../../shared/telemetry/slo-state.ts'
import { AlertLog } from './alert-log.ts'

function event(alertId: string, over: Partial<AlertEvent> = {}): AlertEvent {
  const type = over.type ?? 'firing'
  const rule = { factor: 14.4, longMs: 3_600_000, burn: {}, budgetRemaining: 0.5 }
  const common = { alertId, slo: 'all', severity: 'page' as const, atMs: 1_000, sinceMs: 1_000, ...rule }
  return { id: `${alertId}/${type}`, type, ...common, delivery: 'waiting', ...over }
}

function opened(database = new DatabaseSync(':memory:')) {
  const log = new AlertLog()
  log.open(database)
  return { log, database }
}

test('events and what became of them are there after a restart', () => {
  const { log, database } = opened()
  log.put(event('one'))
  log.put(event('two', { atMs: 2_000 }))
  log.mark('one/firing', 'delivered')
  const again = opened(database).log
  expect(again.events().map(({ id, delivery }) => [id, delivery])).toEqual([
    ['one/firing', 'delivered'],
    ['two/firing', 'waiting'],
  ])
  expect(again.waiting().map(({ alertId }) => alertId)).toEqual(['two'])
})

test('an event is known by its id, and what was delivered does not wait again', () => {
  const { log } = opened()
  log.put(event('one', { delivery: 'delivered' }))
  log.put(event('one'))
  expect(log.events().map(({ delivery }) => delivery)).toEqual(['delivered'])
})

test('alerts that began and did not end go on', () => {
  const { log } = opened()
  log.put(event('one'))
  log.put(event('two', { severity: 'ticket', slo: 'other' }))
  log.put(event('one', { type: 'resolved', atMs: 2_000 }))
  expect([...log.active(9_000)]).toEqual([
    ['other', [{ id: 'two', severity: 'ticket', sinceMs: 1_000, factor: 14.4, longMs: 3_600_000, lastHeldMs: 9_000 }]],
  ])
})

test('what was learned while the database was away is written when it is back', () => {
  const { log } = opened()
  const lost = new DatabaseSync(':memory:')
  log.open(lost)
  lost.close()
  log.put(event('one'))
  const { log: again, database } = opened()
  again.put(event('zero', { atMs: 1 }))
  log.open(database)
  expect(log.events().map(({ alertId }) => alertId)).toEqual(['zero', 'one'])
  expect(opened(database).log.events()).toHaveLength(2)
})

test('only so many are kept', () => {
  const { log, database } = opened()
  for (let i = 0; i < 1_010; i++) log.put(event(`alert-${i}`, { atMs: i }))
  expect(log.events()).toHaveLength(1_000)
  expect(opened(database).log.events()[0]!.alertId).toBe('alert-10')
})
