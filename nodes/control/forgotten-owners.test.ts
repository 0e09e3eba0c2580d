// Deletions of owners reach the state store, whatever comes between.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryLog, MemoryLogStorage } from '../../cluster/config-log/log/memory-log.ts'
import { bootRig, type Rig, rigMacKey } from '../../cluster/config-log/writer/log-rig.ts'
import { ManualClock } from '../../shared/clock.ts'
import { type Decision, decideApply, decideDelete, decidePut } from '../../shared/config/decide.ts'
import { parseDocument } from '../../shared/config/document.ts'
import type { OwnerKind } from '../../shared/config/kinds/owners/owner-id.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { tools } from '../../shared/config/test-config.ts'
import type { Notice } from '../../shared/notice.ts'
import { done, fail } from '../../shared/result.ts'
import { ForgottenOwners } from './forgotten-owners.ts'

let folder: string
let rig: Rig
const storage = { now: new MemoryLogStorage() }
const clock = new ManualClock()
const forgotten: string[] = []
const notices: Notice[] = []
let isAway = false

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-forgotten-'))
  storage.now = new MemoryLogStorage()
  rig = await bootRig({ log: new MemoryLog(storage.now) })
  forgotten.length = 0
  notices.length = 0
  isAway = false
})
afterEach(async () => {
  await rig.stop()
  rmSync(folder, { recursive: true, force: true })
})

function open(): ForgottenOwners {
  const store = {
    forget: async (owner: string) => {
      if (isAway) return fail({ type: 'unavailable', message: 'it is away' } as const)
      forgotten.push(owner)
      return done(1)
    },
  }
  const { log, follower } = rig
  const path = join(folder, 'forgotten-owners.json')
  return new ForgottenOwners({
    log,
    follower,
    store,
    path,
    macKey: rigMacKey,
    clock,
    notify: (notice) => void notices.push(notice),
  })
}

async function write(decide: (state: ConfigState) => Decision): Promise<void> {
  const written = await rig.writer.write({ actor: 'test', reason: '', decide })
  if (!written.ok) throw new Error(JSON.stringify(written.error))
}
const put = (kind: OwnerKind, name: string, input: object = {}) =>
  write((state) => decidePut(state, { kind, name, input, origin: 'api' }, tools))
const remove = (kind: OwnerKind, name: string) => write((state) => decideDelete(state, { kind, name }, tools))
const apply = (document: object) =>
  write((state) => decideApply(state, parseDocument(JSON.stringify(document), { format: 'json' }), tools))
const idOf = (kind: OwnerKind, name: string) => rig.follower.state?.resources[kind].get(name)?.id

test.each<OwnerKind>(['teams', 'users', 'apps'])(
  'what one of the %s has left is erased when it is deleted',
  async (kind) => {
    await put(kind, 'a')
    const id = idOf(kind, 'a')
    const owners = open()
    await owners.look()
    await remove(kind, 'a')
    await owners.look()
    await owners.look()
    expect(forgotten).toEqual([id])
  },
)

test('an owner of an earlier release is erased under its name, and those of a document together', async () => {
  await write(() => done({ type: 'team-set', name: 'old', spec: {}, origin: 'api' }))
  await apply({ teams: { a: {}, b: {} }, users: { u: {} } })
  const ids = [idOf('teams', 'a'), idOf('teams', 'b'), idOf('users', 'u')]
  const owners = open()
  await owners.look()
  await remove('teams', 'old')
  await apply({})
  await owners.look()
  expect(forgotten[0]).toBe('team old')
  expect(forgotten.slice(1).sort()).toEqual(ids.sort())
})

test('what was deleted while nobody looked is erased at the next start, once', async () => {
  await put('teams', 'a')
  const id = idOf('teams', 'a')
  const first = open()
  await first.look()
  await first.stop()
  await remove('teams', 'a')
  for (let start = 0; start < 2; start++) {
    const later = open()
    await later.look()
    await later.stop()
  }
  expect(forgotten).toEqual([id])
})

test('a store that is away is asked again, and told of when it stays away', async () => {
  await put('teams', 'a')
  const id = idOf('teams', 'a')
  const owners = open()
  await owners.look()
  isAway = true
  await remove('teams', 'a')
  await owners.look()
  expect(notices).toEqual([])
  clock.advance(30_000)
  await expect.poll(() => notices).toEqual([{ type: 'warning', message: expect.stringContaining('it is away') }])
  isAway = false
  clock.advance(30_000)
  await expect.poll(() => forgotten).toEqual([id])
})

test('an owner that was restored under its id, or moved to another name with it, loses nothing', async () => {
  await put('teams', 'a')
  await apply({ teams: { b: {} } })
  const [a, b] = [idOf('teams', 'a'), idOf('teams', 'b')]
  const owners = open()
  await owners.look()
  await remove('teams', 'a')
  await put('teams', 'a', { id: a })
  await apply({ teams: { c: { id: b } } })
  await owners.look()
  expect([idOf('teams', 'a'), idOf('teams', 'c'), forgotten]).toEqual([a, b, []])
})

test('nothing is erased while the log is damaged, and a long log is read in pages', async () => {
  const owners = open()
  await put('teams', 'a')
  await owners.look()
  const ids: unknown[] = []
  for (let n = 0; n < 300; n++) {
    await put('teams', `t${n}`)
    ids.push(idOf('teams', `t${n}`))
    await remove('teams', `t${n}`)
  }
  storage.now.refusal = { type: 'damaged', revision: 2, message: 'a test says so' }
  await owners.look()
  expect(forgotten).toEqual([])
  storage.now.refusal = undefined
  await owners.look()
  expect(forgotten).toEqual(ids)
})
