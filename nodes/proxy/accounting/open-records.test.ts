import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { Settings } from '../../../shared/settings.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { decodeBatch } from '../../../shared/telemetry/batch.ts'
import { testIntent } from './intents/test-intents.ts'
import { openRecords } from './open-records.ts'

let dataDir: string
let lives = 0

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'records-'))
  lives = 0
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

function life(intents: Settings['intents'] = 'on') {
  const clock = new ManualClock()
  const bus = new LocalBus()
  const notices: Notice[] = []
  const told: [string, string | undefined][] = []
  bus.subscribe(subjects.telemetryBatch, (bytes) => {
    const batch = decodeBatch(bytes)
    const records = batch.ok ? batch.value.records : []
    for (const decoded of records) {
      const attempt = decoded?.type === 'attempt' ? decoded.record : decoded?.attempt
      if (attempt !== undefined) told.push([attempt.requestId, attempt.settlement])
    }
  })
  const records = openRecords({
    node: { name: 'n' },
    settings: { intents },
    epoch: `e${++lives}`,
    dataDir,
    bus,
    clock,
    notify: (notice) => void notices.push(notice),
    spooling: { bounds: { batchBytesMax: 1, segmentBytesMax: 1 } },
  })
  records.start()
  return { ...records, bus, clock, notices, told }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 10))
const filesIn = (folder: string) => (existsSync(join(dataDir, folder)) ? readdirSync(join(dataDir, folder)) : [])

describe.each(['on', 'strict'] as const)('with a journal that is %s', (mode) => {
  test('what was open when the process was killed is settled by the next start, once', async () => {
    const first = life(mode)
    for (const id of ['r1', 'r2', 'r3']) first.journal?.open(testIntent({ id }))
    const r4 = { requestId: 'r4', atMs: 1_000 }
    const answered = testIntent({ id: 'r4', atMs: r4.atMs })
    first.journal?.open(answered)
    first.clock.advance(2)
    first.sink.finish(sampleRequest(r4), [sampleAttempt(r4)], () => {}, [answered])
    await turn()
    const second = life(mode)
    second.clock.advance(200)
    await turn()
    expect(second.told.filter(([, settlement]) => settlement === 'interrupted').map(([id]) => id)).toEqual([
      'r1',
      'r2',
      'r3',
    ])
    expect(second.notices).toMatchObject([{ type: 'intents-settled', attempts: 3 }])
    expect(filesIn('intents')).toEqual([])
    expect(life(mode).notices).toEqual([])
  })
})

test('what an earlier life journaled is settled where the journal is off by now', async () => {
  const first = life()
  first.journal?.open(testIntent({ id: 'r1' }))
  first.clock.advance(2)
  const second = life('off')
  expect(second.journal).toBeUndefined()
  expect(second.notices).toMatchObject([{ type: 'intents-settled', attempts: 1 }])
  expect(filesIn('intents')).toEqual([])
})

test('a stop after the last record leaves no journal', async () => {
  const { journal, sink, close } = life()
  const intent = testIntent({ id: 'r1' })
  journal?.open(intent)
  journal?.write()
  expect(filesIn('intents')).toHaveLength(1)
  sink.finish(sampleRequest({ requestId: 'r1' }), [sampleAttempt({ requestId: 'r1' })], () => {}, [intent])
  await close(0)
  expect(filesIn('intents')).toEqual([])
})

test('records leave the spool after the ends of their intents are in the journal', async () => {
  const first = life()
  for (const id of ['r1', 'r2']) {
    const intent = testIntent({ id })
    first.journal?.open(intent)
    first.journal?.write()
    const of = { requestId: id, atMs: 1_000 }
    first.sink.finish(sampleRequest(of), [sampleAttempt(of)], () => {}, [intent])
  }
  await turn()
  const stored = { node: 'n', epoch: 'e1', sequence: 2, gap: false }
  first.bus.publish(subjects.telemetryStored, encodeJson(stored))
  await turn()
  expect(filesIn('spool')).toHaveLength(1)
  const second = life()
  expect(second.notices).toEqual([])
})

test('a folder that cannot be made is told, and the node goes on', () => {
  writeFileSync(join(dataDir, 'intents'), 'a file')
  const { notices, journal, clock, troubles, queues } = life()
  expect(notices).toMatchObject([{ type: 'intents-failed' }, { type: 'intents-failed' }])
  journal?.open(testIntent())
  clock.advance(2)
  expect(troubles()).toMatchObject([{ level: 'degraded' }])
  expect(queues()).toMatchObject({ intents: { length: 1, dropped: 1 }, telemetryMemory: { length: 0 } })
})
