import { expect, test } from 'vitest'
import type { Change, ConfigChange } from '../../../shared/config/events.ts'
import { done } from '../../../shared/result.ts'
import { bootRig, rigMacKey, teamSet } from '../writer/log-rig.ts'
import { MemoryLog } from './memory-log.ts'
import { narrowHold } from './narrow-hold.ts'

const deleted = (name: string): Change => ({ type: 'team-deleted', name })

async function logOf(...changes: ConfigChange[]): Promise<MemoryLog> {
  const log = new MemoryLog()
  const { writer } = await bootRig({ log })
  for (const change of changes) await writer.write({ actor: 'test', reason: '', decide: () => done(change) })
  return log
}

test('additions may be held back', async () => {
  const log = await logOf(teamSet('a'), teamSet('b'), teamSet('c'))
  expect(await narrowHold(log, { revision: 1, until: 3 }, rigMacKey)).toEqual({ revision: 1, until: 3 })
})

test('a node goes back to the last end of an access, not behind it', async () => {
  const log = await logOf(teamSet('a'), teamSet('b'), deleted('a'), teamSet('c'))
  expect(await narrowHold(log, { revision: 1, until: 4 }, rigMacKey)).toEqual({ revision: 3, until: 4 })
})

test('when the newest is an end of an access, nothing is held back, within a change set either', async () => {
  const both: ConfigChange = { type: 'change-set', changes: [teamSet('c'), deleted('b')] }
  const log = await logOf(teamSet('a'), teamSet('b'), both)
  expect(await narrowHold(log, { revision: 1, until: 3 }, rigMacKey)).toBeUndefined()
})

test('a node does not go behind a change that narrowed somebody, whatever came after it', async () => {
  const narrowed: Change = { type: 'team-set', name: 'a', spec: { models: ['fast'] }, origin: 'api' }
  const log = await logOf(teamSet('a'), narrowed, teamSet('b'))
  expect(await narrowHold(log, { revision: 1, until: 3 }, rigMacKey)).toEqual({ revision: 2, until: 3 })
  expect(await narrowHold(log, { revision: 1, until: 2 }, rigMacKey)).toBeUndefined()
})

test('a log of another cluster holds nothing back', async () => {
  const log = await logOf(teamSet('a'), teamSet('b'))
  expect(await narrowHold(log, { revision: 1, until: 2 }, new Uint8Array(32))).toBeUndefined()
})

test('a log that does not reach that far holds nothing back', async () => {
  expect(await narrowHold(await logOf(teamSet('a')), { revision: 1, until: 3 }, rigMacKey)).toBeUndefined()
})
