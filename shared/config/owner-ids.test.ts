// An owner is known by an id: through its whole life, in snapshots and documents, and in logs of releases that gave none.
import { describe, expect, test } from 'vitest'
import { documentOf } from './config-document.ts'
import { decideApply } from './decide.ts'
import type { ConfigChange } from './events.ts'
import { applyEvent, emptyState } from './fold.ts'
import { enforcedKinds } from './kinds/kind.ts'
import { isOwnerKind, nameId, type OwnerKind, ownerIdOf, ownerKinds } from './kinds/owners/owner-id.ts'
import { exampleGateway } from './kinds/test-examples.ts'
import { publicResources } from './public-view.ts'
import { addRow, rowsOfState, stateFromJson, stateToJson } from './snapshot.ts'
import type { ConfigState } from './state.ts'
import { Gateway, problemsOf, refusalType, tools } from './test-config.ts'

const idOf = ({ state }: { state: ConfigState }, kind: OwnerKind, name: string) => {
  const owner = state.resources[kind].get(name)
  return owner === undefined ? undefined : ownerIdOf(kind, name, owner)
}

/** What a release that knew no ids wrote. */
function writeFormer(gateway: Gateway, change: ConfigChange): void {
  gateway.settle({ ok: true, value: change })
}

describe.each(ownerKinds)('one of the %s', (kind) => {
  const singular = kind.slice(0, -1) as 'team' | 'user' | 'app'
  const ways: Record<string, { make(gateway: Gateway): void; remove(gateway: Gateway): void }> = {
    'by itself': {
      make: (gateway) => gateway.put(kind, 'a', {}),
      remove: (gateway) => gateway.delete(kind, 'a'),
    },
    'by a document': {
      make: (gateway) => gateway.apply(JSON.stringify({ [kind]: { a: {} } })),
      remove: (gateway) => gateway.apply('{}'),
    },
  }

  test.each(Object.entries(ways))('that is made %s keeps its id until it is deleted', (_, { make, remove }) => {
    const gateway = new Gateway()
    make(gateway)
    const id = idOf(gateway, kind, 'a')
    expect(id).toMatch(new RegExp(`^${singular}_[0-9a-f]{24}$`))
    gateway.put(kind, 'a', { costCenter: 'cc-1' })
    gateway.apply(JSON.stringify({ [kind]: { a: { costCenter: 'cc-2' } } }))
    expect(idOf(gateway, kind, 'a')).toBe(id)
    remove(gateway)
    if (idOf(gateway, kind, 'a') !== undefined) gateway.delete(kind, 'a')
    expect(gateway.events.at(-1)?.event.change).toMatchObject(
      gateway.events.at(-1)?.event.type === 'change-set' ? { changes: [{ name: 'a', id }] } : { name: 'a', id },
    )
    make(gateway)
    expect(idOf(gateway, kind, 'a')).not.toBe(id)
  })

  test('that an earlier release made is known by its name, until it is deleted', () => {
    const gateway = new Gateway()
    writeFormer(gateway, { type: `${singular}-set`, name: 'a', spec: {}, origin: 'api' })
    expect(idOf(gateway, kind, 'a')).toBe(`${singular} a`)
    gateway.put(kind, 'a', { costCenter: 'cc-1' })
    writeFormer(gateway, { type: `${singular}-set`, name: 'a', spec: {}, origin: 'api' })
    expect(idOf(gateway, kind, 'a')).toBe(`${singular} a`)
    gateway.delete(kind, 'a')
    expect(gateway.events.at(-1)?.event.change).toMatchObject({ id: `${singular} a` })
    gateway.put(kind, 'a', {})
    const id = idOf(gateway, kind, 'a')
    expect(id).not.toBe(`${singular} a`)
    // A control node of an earlier release writes beside this one.
    writeFormer(gateway, { type: `${singular}-set`, name: 'a', spec: { costCenter: 'cc-2' }, origin: 'api' })
    expect(idOf(gateway, kind, 'a')).toBe(id)
  })

  test('keeps the id that it has, whatever an event says', () => {
    const gateway = new Gateway()
    gateway.put(kind, 'a', {})
    const id = idOf(gateway, kind, 'a')
    writeFormer(gateway, { type: `${singular}-set`, name: 'a', spec: {}, origin: 'api', id: `${singular}_other` })
    expect(idOf(gateway, kind, 'a')).toBe(id)
  })

  test('has the same id after a replay, in snapshots and in rows', () => {
    const gateway = new Gateway()
    writeFormer(gateway, { type: `${singular}-set`, name: 'old', spec: {}, origin: 'api' })
    gateway.put(kind, 'a', {})
    const replayed = emptyState()
    for (const { event, hash } of gateway.events) applyEvent(replayed, event, hash)
    const read = stateFromJson(JSON.parse(JSON.stringify(stateToJson(gateway.state))))
    if (!read.ok) throw new Error(read.error)
    const filled = emptyState()
    for (const row of JSON.parse(JSON.stringify([...rowsOfState(gateway.state)])))
      expect(addRow(filled, row)).toBe(true)
    for (const state of [replayed, read.value, filled]) {
      expect(idOf({ state }, kind, 'a')).toBe(idOf(gateway, kind, 'a'))
      expect(idOf({ state }, kind, 'old')).toBe(`${singular} old`)
    }
  })

  test('comes back from an export as the one that it was, in an empty log too', () => {
    const gateway = new Gateway()
    writeFormer(gateway, { type: `${singular}-set`, name: 'old', spec: {}, origin: 'api' })
    gateway.put(kind, 'a', { costCenter: 'cc-1' })
    const exported = JSON.stringify(publicResources(gateway.state))
    expect(gateway.apply(exported)).toEqual({ ok: true, value: undefined })
    const other = new Gateway()
    other.apply(exported)
    for (const name of ['a', 'old']) expect(idOf(other, kind, name)).toBe(idOf(gateway, kind, name))
    expect(publicResources(other.state)).toEqual(publicResources(gateway.state))
  })

  test('of a document whose ids are not made is known by its name', () => {
    const ids = [1, 2].map(() => {
      const gateway = new Gateway()
      const document = documentOf({ [kind]: { a: {} } })
      gateway.settle(decideApply(gateway.state, document, { ...tools, newOwnerId: () => undefined }))
      return idOf(gateway, kind, 'a')
    })
    expect(ids).toEqual([nameId(kind, 'a'), nameId(kind, 'a')])
  })

  const good = `${singular}_${'0a'.repeat(12)}`
  test.each<[string, unknown]>([
    ['of another kind', `${kind === 'teams' ? 'user' : 'team'}_${'0a'.repeat(12)}`],
    ["of another one's name", `${singular} other`],
    ['that is too short', good.slice(0, -1)],
    ['in capitals', good.toUpperCase()],
    ['that is none', 'a'],
    ['that is empty', ''],
    ['that is no text', 7],
    ['that is null', null],
  ])('with an id %s is refused', (_, id) => {
    const gateway = new Gateway()
    for (const decision of [gateway.put(kind, 'a', { id }), gateway.apply(JSON.stringify({ [kind]: { a: { id } } }))]) {
      expect(refusalType(decision)).toBe('invalid')
      expect(problemsOf(decision)[0]).toMatch(new RegExp(`^${kind}\\.a\\.id: `))
    }
    expect(gateway.events).toEqual([])
  })

  test('does not change its id, nor take that of another one', () => {
    const gateway = new Gateway()
    gateway.put(kind, 'a', { id: good })
    gateway.put(kind, 'b', {})
    expect(idOf(gateway, kind, 'a')).toBe(good)
    expect(problemsOf(gateway.put(kind, 'b', { id: good }))[0]).toContain('does not change')
    expect(problemsOf(gateway.put(kind, 'c', { id: good }))).toEqual([`${kind}.c.id: this is the id of "a"`])
    const two = { c: { id: nameIdOf('1') }, d: { id: nameIdOf('1') } }
    expect(problemsOf(gateway.apply(JSON.stringify({ [kind]: two })))).toEqual([`${kind}.d.id: this is the id of "c"`])
    expect(gateway.put(kind, 'a', { id: good })).toEqual({ ok: true, value: undefined })
  })

  test('gives its id to another name where one document deletes the one and makes the other', () => {
    const gateway = new Gateway()
    gateway.apply(JSON.stringify({ [kind]: { a: {} } }))
    const id = idOf(gateway, kind, 'a')
    gateway.apply(JSON.stringify({ [kind]: { b: { id } } }))
    expect([idOf(gateway, kind, 'a'), idOf(gateway, kind, 'b')]).toEqual([undefined, id])
  })

  const nameIdOf = (digit: string) => `${singular}_${digit.repeat(24)}`
})

test('the team that a key makes has an id of its own each time', () => {
  const gateway = new Gateway()
  gateway.issueKey('key_1', { name: 'one' })
  expect(idOf(gateway, 'teams', 'default')).toMatch(/^team_[0-9a-f]{24}$/)
})

test('only owners have ids', () => {
  const gateway = exampleGateway()
  const withIds = enforcedKinds.filter((kind) =>
    [...gateway.state.resources[kind].values()].some(({ id }) => id !== undefined),
  )
  expect(withIds).toEqual(enforcedKinds.filter(isOwnerKind))
})
