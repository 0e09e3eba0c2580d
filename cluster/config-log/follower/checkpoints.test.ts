import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { stateToJson } from '../../../shared/config/snapshot.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Result } from '../../../shared/result.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { bootRig, rigMacKey, setTeam } from '../writer/log-rig.ts'
import { Checkpoints, superfluous } from './checkpoints.ts'
import { stateAt } from './state-at.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-checkpoints-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Makes a log of `teams` teams, with a checkpoint every twenty events. */
async function given(teams: number) {
  const folder = mkdtempSync(join(root, 'node-'))
  const storage = new MemoryLogStorage()
  const rig = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  for (let i = 1; i <= teams; i++) {
    await rig.writer.write(setTeam(`team-${i}`))
    await rig.kept()
  }
  let read = 0
  const counting = {
    head: () => rig.log.head(),
    read: (after: number, limit: number) => {
      read += Math.min(limit, storage.events.length - after)
      return rig.log.read(after, limit)
    },
  }
  const checkpoints = new Checkpoints({ folder, macKey: rigMacKey })
  const at = (revision: number) => stateAt({ log: counting, macKey: rigMacKey, checkpoints }, revision)
  const truth = (revision: number) => stateAt({ log: rig.log, macKey: rigMacKey }, revision)
  return { folder, storage, ...rig, checkpoints, at, truth, eventsRead: () => read }
}

async function jsonOf(state: Promise<Result<ConfigState, unknown>>) {
  const found = await state
  return found.ok ? stateToJson(found.value) : found.error
}

test('any revision is what folding from the beginning gives, and is reached from the nearest that is kept', async () => {
  const { at, truth, eventsRead, follower } = await given(130)
  for (const revision of [0, 1, 19, 20, 21, 22, 60, 61, 99, 127, 130]) {
    const before = eventsRead()
    expect(await jsonOf(at(revision))).toEqual(await jsonOf(truth(revision)))
    expect(eventsRead() - before).toBeLessThanOrEqual(21)
  }
  expect(await jsonOf(follower.stateAt(77))).toEqual(await jsonOf(truth(77)))
})

test('a checkpoint that does not verify, or is of another history, is as good as none', async () => {
  const { folder, at, truth } = await given(70)
  const other = await given(30)
  const damaged = join(folder, 'checkpoint-21.json')
  const content = readFileSync(damaged)
  content[200]! ^= 1
  writeFileSync(damaged, content)
  expect(await jsonOf(at(30))).toEqual(await jsonOf(truth(30)))
  writeFileSync(damaged, readFileSync(join(other.folder, 'last-good-21.json')))
  expect(await jsonOf(at(30))).toEqual(await jsonOf(truth(30)))
})

test('an event between a checkpoint and the revision that was changed is damage, not a state', async () => {
  const { storage, at } = await given(50)
  storage.events[29] = { ...storage.events[29]!, bytes: Buffer.from('{}') }
  expect(await jsonOf(at(35))).toMatchObject({ type: 'damaged', revision: 30 })
  expect(await jsonOf(at(45))).toMatchObject({ revision: 45 })
})

test('there are never more than are allowed, in number and in bytes', async () => {
  const { folder } = await given(90)
  const size = readFileSync(join(folder, 'checkpoint-41.json')).byteLength
  const kept = (options: object) => {
    const copy = mkdtempSync(join(root, 'copy-'))
    for (const name of readdirSync(folder)) writeFileSync(join(copy, name), readFileSync(join(folder, name)))
    new Checkpoints({ folder: copy, macKey: rigMacKey, ...options }).keep(61)
    return readdirSync(copy)
      .filter((name) => name.startsWith('checkpoint-'))
      .sort()
  }
  expect(kept({})).toEqual([1, 21, 41, 61].map((revision) => `checkpoint-${revision}.json`))
  expect(kept({ most: 2 })).toEqual(['checkpoint-21.json', 'checkpoint-61.json'])
  expect(kept({ bytesMax: size * 3 })).toHaveLength(2)
})

test('however long a history grows, what is kept stays spread over it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 4, max: 40 }),
      fc.integer({ min: 1, max: 400 }),
      fc.nat(50),
      (most, count, jitter) => {
        const kept = new Set<number>()
        let newest = 0
        for (let i = 1; i <= count; i++) {
          newest = i * 100 + ((i * 7919) % (jitter + 1))
          kept.add(newest)
          for (const one of superfluous([...kept], most)) kept.delete(one)
          expect(kept.size).toBeLessThanOrEqual(most)
          expect(kept.has(newest)).toBe(true)
        }
        const revisions = [0, ...[...kept].sort((a, b) => a - b)]
        const gaps = revisions.slice(1).map((revision, at) => revision - revisions[at]!)
        expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(150, (4 * newest) / kept.size))
      },
    ),
    { numRuns: 60 },
  )
})
