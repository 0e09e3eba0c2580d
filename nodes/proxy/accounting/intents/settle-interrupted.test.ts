import { describe, expect, test } from 'vitest'
import type { Notice } from '../../../../shared/notice.ts'
import type { AttemptRecord, RequestRecord } from '../../../../shared/telemetry/records.ts'
import { settleInterrupted } from './settle-interrupted.ts'
import { MemoryDisk, testIntent, testJournal } from './test-intents.ts'

function world() {
  const disk = new MemoryDisk()
  const notices: Notice[] = []
  const settled: { request: RequestRecord; attempts: readonly AttemptRecord[] }[] = []
  const spool = { isDown: false, isFull: false }
  const recorder = {
    finish: (request: RequestRecord, attempts: readonly AttemptRecord[]) => void settled.push({ request, attempts }),
    spool: () => !spool.isFull,
    troubles: () => (spool.isDown ? [{ level: 'degraded' as const, reason: 'down' }] : []),
  }
  const { journal, clock } = testJournal({ disk })
  return {
    disk,
    notices,
    settled,
    spool,
    journal,
    kill: () => clock.advance(2),
    start: () =>
      settleInterrupted({
        folder: '/intents',
        segments: [],
        recorder,
        disk,
        notify: (notice) => void notices.push(notice),
      }),
  }
}

describe('the next start', () => {
  test('settles each request that was under way on the most that it can have cost', () => {
    const { journal, kill, start, settled, disk, notices } = world()
    journal.open(testIntent({ id: 'r1', bound: 900 }))
    journal.open(testIntent({ id: 'r2', bound: undefined }))
    kill()
    start()
    expect(settled).toMatchObject([
      {
        request: { requestId: 'r1', status: 'failed', errorCode: 'interrupted', costNanoUsd: 900, unpriced: false },
        attempts: [{ index: 0, settlement: 'interrupted', costNanoUsd: 900 }],
      },
      { request: { requestId: 'r2', costNanoUsd: 0, unpriced: true }, attempts: [{ settlement: 'unpriced' }] },
    ])
    expect(disk.files.size).toBe(0)
    expect(notices).toEqual([{ type: 'intents-settled', attempts: 2, unpriced: 1, costUsd: 9e-7 }])
  })

  test('settles the attempts of one request together, and those that had ended as they ended', () => {
    const { journal, kill, start, settled } = world()
    const [first, second] = [testIntent({ id: 'r1' }), testIntent({ id: 'r1', index: 1, bound: 700 })]
    journal.open(first)
    kill()
    const failed = { index: 0, outcome: 'http-error', costNanoUsd: 0, settlement: undefined } as const
    first.ended = { ...attemptOf('r1'), ...failed }
    journal.update(first)
    journal.open(second)
    kill()
    start()
    expect(settled).toMatchObject([
      {
        request: { requestId: 'r1', attempts: 2, costNanoUsd: 700 },
        attempts: [
          { index: 0, outcome: 'http-error', costNanoUsd: 0 },
          { index: 1, costNanoUsd: 700, settlement: 'interrupted' },
        ],
      },
    ])
  })

  test('keeps two requests apart that have the same id', () => {
    const { journal, kill, start, settled } = world()
    journal.open(testIntent({ id: 'r1', atMs: 1 }))
    journal.open(testIntent({ id: 'r1', atMs: 2 }))
    kill()
    start()
    expect(settled.map(({ request }) => request.atMs)).toEqual([1, 2])
  })

  test('says nothing where nothing was left', () => {
    const { journal, kill, start, settled, disk, notices } = world()
    const intent = testIntent()
    journal.open(intent)
    intent.close()
    kill()
    start()
    expect([settled, notices, disk.files.size]).toEqual([[], [], 0])
  })
})

describe('the journal stays for another start', () => {
  test.each([
    ['isDown', 0],
    ['isFull', 1],
  ] as const)('while the spool %s', (how, records) => {
    const { journal, kill, start, settled, disk, notices, spool } = world()
    journal.open(testIntent())
    kill()
    spool[how] = true
    start()
    expect([settled.length, disk.files.size]).toEqual([records, 1])
    expect(notices).toMatchObject([{ type: 'intents-failed' }])
  })
})

function attemptOf(requestId: string): AttemptRecord {
  const { journal, kill, start, settled } = world()
  journal.open(testIntent({ id: requestId }))
  kill()
  start()
  return settled[0]!.attempts[0]!
}
