import { expect, test } from 'vitest'
import type { KeyRecord } from '../../../shared/config/keys/key-record.ts'
import type { OwnerSpec } from '../../../shared/config/kinds/owners/spec.ts'
import { tenantOf } from './tenant.ts'

const keyOf = (owner: KeyRecord['owner'], more: Partial<KeyRecord> = {}): KeyRecord => ({
  id: 'key_1',
  name: 'one',
  owner,
  tokenHash: '',
  prefix: '',
  createdAt: '',
  ...more,
})
const team: OwnerSpec = { weight: 3, priority: 'low' }

test.each<[string, KeyRecord, OwnerSpec | undefined, OwnerSpec | undefined, ReturnType<typeof tenantOf>]>([
  ['a key of a team', keyOf({ team: 't' }), team, team, { id: 'teams t', weight: 3, priority: 'low' }],
  ['a team of which nothing is said', keyOf({ team: 't' }), {}, {}, { id: 'teams t', weight: 1, priority: 'normal' }],
  ['a user of a team', keyOf({ user: 'u' }), { team: 't' }, team, { id: 'teams t', weight: 3, priority: 'low' }],
  [
    'a user of a team with a class of its own',
    keyOf({ user: 'u' }),
    { team: 't', priority: 'high' },
    team,
    { id: 'teams t', weight: 3, priority: 'high' },
  ],
  [
    'an app of a team with a weight of its own',
    keyOf({ app: 'a' }),
    { team: 't', weight: 2 },
    team,
    { id: 'apps a', weight: 2, priority: 'low' },
  ],
  ['a user alone', keyOf({ user: 'u' }), {}, undefined, { id: 'users u', weight: 1, priority: 'normal' }],
  [
    'a key with a weight and a class of its own',
    keyOf({ team: 't' }, { weight: 9, priority: 'high' }),
    team,
    team,
    { id: 'key key_1', weight: 9, priority: 'high' },
  ],
])('%s', (_, key, own, above, expected) => {
  expect(tenantOf(key, own, above)).toEqual(expected)
})
