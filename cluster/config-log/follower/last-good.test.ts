import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { stateToJson } from '../../../shared/config/snapshot.ts'
import { macOf } from '../log/event-codec.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { bootRig, rigMacKey, setTeam } from '../writer/log-rig.ts'
import type { Follower } from './follower.ts'
import { LastGood } from './last-good.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-copy-'))
afterAll(() => rmSync(root, { recursive: true }))

const newFolder = () => mkdtempSync(join(root, 'copy-'))
const reading = (folder: string) => {
  const { state, damage } = new LastGood({ folder, macKey: rigMacKey, notify: () => {} }).read()
  return { state: state && stateToJson(state), damage }
}
const stateOf = ({ state }: Follower) => stateToJson(state!)

/** Makes a copy as a kill after `teams` changes leaves it; the rig starts a new snapshot every 20 events. */
async function given(teams: number) {
  const folder = newFolder()
  const storage = new MemoryLogStorage()
  const rig = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  for (let i = 1; i <= teams; i++) {
    await rig.writer.write(setTeam(`team-${i}`))
    await rig.kept()
  }
  return { folder, storage, ...rig }
}

function flip(path: string, at: number): void {
  const content = readFileSync(path)
  content[at]! ^= 1
  writeFileSync(path, content)
}

test('the copy is at the head after every change, whether a snapshot was just made or not', async () => {
  for (const teams of [1, 2, 20, 21, 22, 23, 65]) {
    const { folder, follower } = await given(teams)
    expect(reading(folder)).toEqual({ state: stateOf(follower), damage: undefined })
  }
})

test('two snapshots stay, each with the tail that leads on from it; the older ones are checkpoints', async () => {
  const { folder } = await given(65)
  expect(readdirSync(folder).sort()).toEqual([
    'checkpoint-1.json',
    'checkpoint-21.json',
    'last-good-41.json',
    'last-good-41.tail',
    'last-good-61.json',
    'last-good-61.tail',
  ])
})

test('with the newest snapshot damaged the older one leads to the same state, and the damage is told', async () => {
  const { folder, follower } = await given(65)
  flip(join(folder, 'last-good-61.json'), 300)
  expect(reading(folder)).toEqual({ state: stateOf(follower), damage: 'last-good-61.json does not verify' })
})

test('a record that does not verify ends the copy before it, and the damage is told', async () => {
  const { folder } = await given(15)
  const tail = join(folder, 'last-good-1.tail')
  const middle = readFileSync(tail).indexOf('team-9')
  flip(tail, middle)
  expect(reading(folder)).toMatchObject({ state: { revision: 8 }, damage: expect.stringContaining('revision 9') })
})

test('every truncation of the tail is told, unless it ends with a whole record', async () => {
  const { folder } = await given(3)
  const tail = join(folder, 'last-good-1.tail')
  const content = readFileSync(tail)
  let whole = 0
  for (let length = 0; length < content.byteLength; length++) {
    writeFileSync(tail, content.subarray(0, length))
    const { state, damage } = reading(folder)
    if (damage === undefined) whole++
    else expect(damage).toContain('cut short')
    expect(state!.revision).toBeLessThan(3)
  }
  expect(whole).toBe(2)
})

test('a flipped byte of a snapshot is noticed', async () => {
  const { folder } = await given(1)
  const path = join(folder, 'last-good-1.json')
  const content = readFileSync(path)
  for (let at = 0; at < content.byteLength; at += 2) {
    flip(path, at)
    expect(reading(folder)).toMatchObject({ state: undefined, damage: 'last-good-1.json does not verify' })
    writeFileSync(path, content)
  }
})

test('a snapshot under another name is not believed', async () => {
  const { folder } = await given(1)
  writeFileSync(join(folder, 'last-good-7.json'), readFileSync(join(folder, 'last-good-1.json')))
  expect(reading(folder)).toMatchObject({ state: { revision: 1 }, damage: 'last-good-7.json does not verify' })
})

test('with the log away the copy is served, degraded; when it is back, the follower goes on', async () => {
  const { folder, storage } = await given(5)
  storage.refusal = { type: 'unavailable', message: 'gone' }
  const again = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  expect(again.verdict).toMatchObject({ type: 'serve', source: 'last-good', state: { revision: 5 } })
  expect(again.follower.status.degraded).toContain('unavailable')
  storage.refusal = undefined
  expect(await again.writer.write(setTeam('x'))).toMatchObject({ ok: true, value: { revision: 6 } })
  expect(again.follower.status.degraded).toBeUndefined()
  expect(reading(folder)).toEqual({ state: stateOf(again.follower), damage: undefined })
})

test('a log that was exchanged for a shorter one is told from a new one by the copy', async () => {
  const { folder, follower } = await given(5)
  const other = new MemoryLogStorage()
  const rig = await bootRig({ log: new MemoryLog(other) })
  await rig.writer.write(setTeam('another history'))
  for (const storage of [other, new MemoryLogStorage()]) {
    const again = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
    expect(again.verdict).toMatchObject({
      type: 'serve',
      state: follower.state,
      degraded: expect.stringContaining('rewound'),
    })
    expect(await again.writer.write(setTeam('x'))).toMatchObject({ ok: false, error: { type: 'rewound' } })
  }
})

test('a log of another history is damage; longer than the copy, it leaves nothing that is known to be the newest', async () => {
  const { folder, follower } = await given(2)
  const { writer, log } = await bootRig({ log: new MemoryLog() })
  for (const name of ['b', 'c']) await writer.write(setTeam(name))
  const same = await bootRig({ log, lastGoodFolder: folder })
  expect(same.verdict).toMatchObject({ state: follower.state, degraded: expect.stringContaining('damaged') })
  await writer.write(setTeam('d'))
  const longer = await bootRig({ log, lastGoodFolder: folder })
  expect(longer.verdict).toMatchObject({ type: 'damaged', reason: expect.stringContaining('revision 2 of 3') })
})

test('a damaged copy beside a whole log is told and written anew', async () => {
  const { folder, storage } = await given(5)
  for (const name of readdirSync(folder)) flip(join(folder, name), 100)
  const again = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  expect(again.verdict).toMatchObject({ type: 'serve', source: 'log', state: { revision: 5 } })
  expect(again.follower.status.degraded).toBeUndefined()
  expect(again.notices).toContainEqual(expect.objectContaining({ type: 'warning' }))
  await again.kept()
  expect(reading(folder)).toEqual({ state: stateOf(again.follower), damage: undefined })
})

test('a start goes on with the tail that it finds, and writes no snapshot for it', async () => {
  const { folder, storage, follower, stop } = await given(5)
  await stop()
  const before = readdirSync(folder).sort()
  const again = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  await again.writer.write(setTeam('team-6'))
  await again.stop()
  expect(readdirSync(folder).sort()).toEqual(before)
  expect(reading(folder)).toEqual({ state: stateOf(again.follower), damage: undefined })
  expect(follower.state?.revision).toBe(5)
})

test('events that the copy lacks are kept at the start, when the log is there again', async () => {
  const { folder, storage, stop } = await given(5)
  await stop()
  const elsewhere = await bootRig({ log: new MemoryLog(storage) })
  await elsewhere.writer.write(setTeam('team-6'))
  const again = await bootRig({ log: new MemoryLog(storage), lastGoodFolder: folder })
  expect(reading(folder)).toEqual({ state: stateOf(again.follower), damage: undefined })
})

test('killed while a snapshot is being written, the copy is at the head all the same', async () => {
  const { folder, writer, follower } = await given(20)
  for (let i = 21; i <= 25; i++) {
    await writer.write(setTeam(`team-${i}`))
    // However much of the new snapshot was written: the old one leads through both tails.
    const copy = mkdtempSync(join(root, 'killed-'))
    for (const name of readdirSync(folder)) {
      if (name !== 'last-good-21.json') writeFileSync(join(copy, name), readFileSync(join(folder, name)))
    }
    expect(reading(copy)).toEqual({ state: stateOf(follower), damage: undefined })
  }
})

test('a copy of the first release is read', async () => {
  const { follower } = await given(3)
  const state = follower.state!
  const text = JSON.stringify(stateToJson(state))
  const { revision, hash } = state
  const head = JSON.stringify({ version: 1, revision, hash, mac: macOf(`last-good ${text}`, rigMacKey) })
  const older = newFolder()
  writeFileSync(join(older, 'last-good-3.json'), `${head}\n${text}\n`)
  expect(reading(older)).toEqual({ state: stateOf(follower), damage: undefined })
})
