// What a request stores, seals or shares belongs to the id of its owner. A name is for people: whoever reads one stands here with the
// reason, so that no later key of a map, a store or a cache is a name.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Gateway } from '../../../shared/config/test-config.ts'
import { type Caller, Callers } from './callers.ts'

const root = new URL('../', import.meta.url).pathname
const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$|^test-|\.bench\.ts$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))

function readersOf(pattern: RegExp): string[] {
  return sources
    .filter((file) => pattern.test(readFileSync(file, 'utf8')))
    .map((file) => file.slice(root.length))
    .sort()
}

const places: [what: string, file: string][] = [
  ['ids of files and batches, and marks of uploads', 'apis/files/files-api.ts'],
  ['the file that a batch runs on', 'apis/files/create-batch.ts'],
  ['lists of files and batches, and their cursors', 'apis/files/list-request.ts'],
  ['ids of files in bodies of requests', 'apis/inference/open-translators.ts'],
  ['stored responses: reading, listing their input, deleting', 'apis/responses/responses-api.ts'],
  ['answers that are kept for idempotency keys', 'apis/idempotency/idempotency.ts'],
  ['stored responses: conversations, referred items, new answers', 'conversations/continuation.ts'],
  ['names of models that were served, which errors suggest', 'request/model-access.ts'],
  ['whose requests have shown that a target serves a name', 'attempts/attempt-records.ts'],
  ['the same for realtime sessions', 'apis/realtime/handshake.ts'],
]

test.each(places)('%s go by the id of the owner', (_, file) => {
  expect(readersOf(/caller\.owner\b/)).toContain(file)
})

test('no other place goes by it', () => {
  expect(readersOf(/caller\.owner\b/)).toEqual(places.map(([, file]) => file).sort())
})

test('names of owners are read for records alone, and for what ends with its request', () => {
  expect(readersOf(/caller\.(team|user|app)\b|\b(team|user|app)\b[^\n]*\}(: Caller\b| = (caller|owner)\b)/)).toEqual([
    'accounting/intents/intent.ts', // the same, for the records of a request that a kill interrupts
    'accounting/request-records.ts', // names of usage, for display
    'admission/admit.ts', // the user of a record
    'apis/batches/book-batch.ts', // the same, for the records of a batch
    'apis/files/create-batch.ts', // who is told in those records
    'http/shared-budget.ts', // bytes of bodies that are being received
    'limits/budgets/budget-table.ts', // budgets pay for names, as they are written
    'limits/compiled-limit.ts', // limits count by name, as they are written: a new owner of the name finds what is used used
  ])
})

describe('the owner of a caller', () => {
  const owners = {
    'a key of a team': { owner: { team: 't' }, is: ['teams', 't'] },
    'a user of a team': { owner: { user: 'member' }, is: ['teams', 't'] },
    'an app of a team': { owner: { app: 'worker' }, is: ['teams', 't'] },
    'a user alone': { owner: { user: 'u' }, is: ['users', 'u'] },
    'an app alone': { owner: { app: 'p' }, is: ['apps', 'p'] },
  } as const

  test.each(Object.entries(owners))(
    '%s is who was made, and another one when it was made again',
    (_, { owner, is }) => {
      const gateway = new Gateway()
      const make = () => {
        gateway.apply(
          JSON.stringify({
            teams: { t: {} },
            users: { u: {}, member: { team: 't' } },
            apps: { p: {}, worker: { team: 't' } },
          }),
        )
        gateway.issueKey(`key_${gateway.events.length}`, { name: 'k', owner })
        const [key] = gateway.state.keys.values()
        const caller = new Callers(gateway.state).get(key?.spec.tokenHash ?? '')
        const [kind, name] = is
        expect(caller?.owner).toBe(gateway.state.resources[kind].get(name)?.id)
        gateway.settle({ ok: true, value: { type: 'key-revoked', keyId: key?.spec.id ?? '' } })
        return caller as Caller
      }
      const first = make()
      gateway.apply('{}')
      const second = make()
      expect([second.team, second.user, second.app]).toEqual([first.team, first.user, first.app])
      expect(second.owner).not.toBe(first.owner)
    },
  )

  test('is its name where an earlier release made it', () => {
    const gateway = new Gateway()
    gateway.settle({ ok: true, value: { type: 'team-set', name: 't', spec: {}, origin: 'api' } })
    gateway.issueKey('key_1', { name: 'k', owner: { team: 't' } })
    expect(new Callers(gateway.state).get('key_1'.padEnd(64, '0'))?.owner).toBe('team t')
  })
})
