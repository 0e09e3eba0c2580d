import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change, ConfigChange } from './events.ts'
import { applyChange, applyEvent, emptyState, forkState, looseState, settling } from './fold.ts'
import { stateFromJson, stateToJson } from './snapshot.ts'
import type { ConfigState } from './state.ts'
import { eventOf, noonIso } from './test-config.ts'

const name = fc.constantFrom('a', 'b', 'constructor', '__proto__', 'toString', 'x/y')
const origin = fc.constantFrom('api' as const, 'apply' as const, 'bootstrap' as const)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    type: fc.constant('provider-set' as const),
    name,
    origin,
    spec: fc.record({ kind: fc.constantFrom('openai' as const, 'demo' as const) }),
  }),
  fc.record({
    type: fc.constant('model-set' as const),
    name,
    origin,
    spec: fc.record({ targets: fc.array(fc.record({ provider: name, model: name }), { maxLength: 2 }) }),
  }),
  fc.record({
    type: fc.constant('slo-set' as const),
    name,
    origin,
    spec: fc.record({ objective: fc.constant('availability' as const) }),
  }),
  fc.record({
    type: fc.constantFrom('team-set' as const, 'user-set' as const, 'app-set' as const),
    name,
    origin,
    spec: fc.constant({}),
  }),
  fc.record({
    type: fc.constantFrom(
      ...(['provider-deleted', 'model-deleted', 'team-deleted', 'user-deleted', 'app-deleted', 'slo-deleted'] as const),
    ),
    name,
  }) as fc.Arbitrary<Change>,
  fc.record({ id: name, tokenHash: fc.string({ maxLength: 4 }) }).map(({ id, tokenHash }) => ({
    type: 'key-issued' as const,
    key: { id, name: id, owner: { team: 'default' }, tokenHash, prefix: 'hg', createdAt: noonIso },
  })),
  fc.record({
    type: fc.constant('key-rotated' as const),
    keyId: name,
    tokenHash: name,
    prefix: name,
    overlapUntil: name,
  }),
  fc.record({ type: fc.constant('key-revoked' as const), keyId: name }),
)
const history: fc.Arbitrary<ConfigChange[]> = fc.array(
  fc.oneof(
    change,
    fc.array(change, { maxLength: 4 }).map((changes) => ({ type: 'change-set' as const, changes })),
  ),
  { maxLength: 25 },
)

function fold(state: ConfigState, changes: readonly ConfigChange[]): ConfigState {
  for (const one of changes) applyEvent(state, eventOf(state, one), String(state.revision + 1).padStart(64, '0'))
  return state
}

describe('the fold', () => {
  test('of the same events gives the same state, whatever happened in between', () => {
    fc.assert(
      fc.property(history, fc.nat(), (changes, cut) => {
        const whole = fold(emptyState(), changes)
        const prefix = fold(emptyState(), changes.slice(0, cut % (changes.length + 1)))
        const before = JSON.stringify(stateToJson(prefix))
        const continued = fold(forkState(prefix), changes.slice(prefix.revision))
        expect(JSON.stringify(stateToJson(continued))).toBe(JSON.stringify(stateToJson(whole)))
        expect(JSON.stringify(stateToJson(prefix))).toBe(before) // the clone left it alone
      }),
    )
  })

  test('of a loose state is the same, settled or not', () => {
    fc.assert(
      fc.property(history, (changes) => {
        const expected = JSON.stringify(stateToJson(fold(emptyState(), changes)))
        const loose = fold(looseState(), changes)
        const forked = forkState(loose)
        for (const _ of settling(loose));
        expect([loose, forked].map((state) => JSON.stringify(stateToJson(state)))).toEqual([expected, expected])
      }),
    )
  })

  test('goes on from a snapshot as from the events themselves', () => {
    fc.assert(
      fc.property(history, fc.nat(), (changes, cut) => {
        const prefix = fold(emptyState(), changes.slice(0, cut % (changes.length + 1)))
        const read = stateFromJson(JSON.parse(JSON.stringify(stateToJson(prefix))))
        if (!read.ok) throw new Error(read.error)
        expect(stateToJson(read.value)).toEqual(stateToJson(prefix))
        const continued = fold(read.value, changes.slice(prefix.revision))
        expect(JSON.stringify(stateToJson(continued))).toBe(JSON.stringify(stateToJson(fold(emptyState(), changes))))
      }),
    )
  })

  test('finds each key by its tokens and by nothing else', () => {
    fc.assert(
      fc.property(history, (changes) => {
        const { keys, tokens } = fold(emptyState(), changes)
        const expected = [...keys.values()].flatMap((record) => {
          const { tokenHash, previous } = record.spec
          return [tokenHash, ...(previous === undefined ? [] : [previous.tokenHash])].map((hash) => [
            hash,
            record.spec.id,
          ])
        })
        expect(new Map(tokens)).toEqual(new Map(expected as [string, unknown][]))
      }),
    )
  })

  test('never reaches a prototype through a name', () => {
    fc.assert(
      fc.property(history, (changes) => {
        const keysBefore = Object.getOwnPropertyNames(Object.prototype)
        stateFromJson(JSON.parse(JSON.stringify(stateToJson(fold(emptyState(), changes)))))
        expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(keysBefore)
        expect(({} as Record<string, unknown>)['kind']).toBeUndefined()
      }),
    )
  })

  test.each([0, 2, 7, Number.NaN])('refuses revision %s after revision 0', (revision) => {
    const state = emptyState()
    const event = { ...eventOf(state, { type: 'key-revoked', keyId: 'k' }), revision }
    expect(() => applyEvent(state, event, 'f'.repeat(64))).toThrow('does not follow')
    expect(state).toEqual(emptyState())
  })

  test('stops at an unknown change within a set before it has edited anything', () => {
    const state = emptyState()
    const set = { type: 'team-set', name: 'a', spec: {}, origin: 'api' } as const
    for (const strange of ['quota-set', 'change-set', 'constructor', 'toString']) {
      const changes = [set, { type: strange } as unknown as Change]
      expect(() => applyChange(state, { type: 'change-set', changes }, 1)).toThrow('not known here')
      expect(state).toEqual(emptyState())
    }
  })

  test('keeps the old token of a rotated key until the overlap ends, and no sealed one', () => {
    const key = {
      id: 'k',
      name: 'demo',
      owner: { team: 'default' },
      tokenHash: 'old',
      prefix: 'hg_1',
      createdAt: noonIso,
    }
    const state = fold(emptyState(), [
      { type: 'key-issued', key: { ...key, sealedToken: { $sealed: 's', hint: '' } } },
      { type: 'key-rotated', keyId: 'k', tokenHash: 'new', prefix: 'hg_2', overlapUntil: noonIso },
    ])
    expect(state.keys.get('k')).toEqual({
      spec: { ...key, tokenHash: 'new', prefix: 'hg_2', previous: { tokenHash: 'old', until: noonIso } },
      revision: 2,
      origin: 'api',
    })
  })
})

describe('a snapshot', () => {
  test('has the same bytes whatever order its resources came in', () => {
    const sets = ['b', 'a', 'B', 'constructor'].map(
      (team): Change => ({ type: 'team-set', name: team, spec: {}, origin: 'api' }),
    )
    const [one, other] = [sets, sets.toReversed()].map((changes) => {
      const state = emptyState()
      applyChange(state, { type: 'change-set', changes }, 1)
      return JSON.stringify(stateToJson(state))
    })
    expect(one).toBe(other)
  })

  test('of a release that did not know objectives is read', () => {
    const { slos: _, ...resources } = good.resources
    const read = stateFromJson({ ...good, resources })
    expect(read.ok && [...read.value.resources.teams.keys(), ...read.value.resources.slos.keys()]).toEqual(['a'])
  })

  const good = stateToJson(fold(emptyState(), [{ type: 'team-set', name: 'a', spec: {}, origin: 'api' }]))
  test.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['another format', { ...good, version: 2 }],
    ['no revision', { ...good, revision: -1 }],
    ['no hash', { ...good, hash: 'abc' }],
    ['a kind of a newer release', { ...good, resources: { ...good.resources, guardrails: [] } }],
    ['a missing kind', { ...good, resources: { teams: [] } }],
    [
      'a name twice',
      {
        ...good,
        resources: {
          ...good.resources,
          teams: [
            ['a', 1, 'api', {}],
            ['a', 1, 'api', {}],
          ],
        },
      },
    ],
    ['an unknown origin', { ...good, resources: { ...good.resources, teams: [['a', 1, 'else', {}]] } }],
    ['keys that are no rows', { ...good, keys: [{ id: 'k' }] }],
  ])('with %s is refused', (_, json) => {
    expect(stateFromJson(json)).toMatchObject({ ok: false, error: expect.stringMatching(/^(a|the) snapshot/) })
  })
})
