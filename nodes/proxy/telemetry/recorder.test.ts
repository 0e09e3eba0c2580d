// What a recorder does before an answer ends: its records are written, whatever becomes of the disk.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { noFlush, TestProxy } from './test-recorder.ts'

let proxy: TestProxy
beforeEach(() => {
  proxy = new TestProxy()
})
afterEach(() => proxy.remove())

describe('before an answer ends', () => {
  test('its records are in the spool, written once for the whole turn', () => {
    const recorder = proxy.boot()
    const seen: number[] = []
    for (const id of ['a', 'b', 'c']) {
      recorder.finish(sampleRequest({ requestId: id }), [sampleAttempt({ requestId: id })], () =>
        seen.push(proxy.spooledRecords()),
      )
    }
    expect(seen).toEqual([])
    proxy.endTurn()
    expect(seen).toEqual([3, 3, 3])
  })

  test('its records are taken down, so that the caller may reuse the objects', async () => {
    const recorder = proxy.boot()
    const request = sampleRequest({ requestId: 'mine', attempts: 2 })
    const attempts = [sampleAttempt({ requestId: 'mine', outcome: 'timeout' }), sampleAttempt({ requestId: 'mine' })]
    recorder.finish(request, attempts, noFlush)
    request.requestId = 'reused'
    attempts[1]!.requestId = 'reused'
    proxy.endTurn()
    await proxy.pass(bounds.telemetryFlushMs)
    expect(proxy.records().map((entry) => entry?.record.requestId)).toEqual(['mine', 'mine', 'mine'])
  })

  test('a flush that throws keeps no other answer back', () => {
    const recorder = proxy.boot()
    let flushed = 0
    recorder.finish(sampleRequest(), [], () => {
      throw new Error('gone')
    })
    recorder.finish(sampleRequest(), [], () => flushed++)
    proxy.endTurn()
    expect(flushed).toBe(1)
    expect(proxy.notices).toEqual([{ type: 'handler-threw', where: 'recorder flush', message: 'gone' }])
  })

  test('a full disk is told once, and answers go on', async () => {
    const epoch = 'fixed-epoch'
    mkdirSync(proxy.spoolFolder)
    symlinkSync('/dev/full', join(proxy.spoolFolder, `${epoch}.00000001.spool`))
    const recorder = proxy.boot({}, epoch)
    for (let i = 0; i < 3; i++) {
      let flushed = false
      recorder.finish(sampleRequest(), [], () => {
        flushed = true
      })
      proxy.endTurn()
      await proxy.pass(bounds.telemetryFlushMs)
      expect(flushed).toBe(true)
    }
    expect(proxy.notices.map(({ type }) => type)).toEqual(['spool-failed'])
    expect(recorder.troubles()).toMatchObject([{ reason: expect.stringMatching(/^usage records wait in memory/) }])
    expect(proxy.records()).toHaveLength(3)
  })

  test('a spool folder that cannot be made is told, and answers go on', () => {
    writeFileSync(proxy.spoolFolder, 'a file where the folder should be')
    const recorder = proxy.boot()
    let flushed = false
    recorder.finish(sampleRequest(), [], () => {
      flushed = true
    })
    proxy.endTurn()
    expect(flushed).toBe(true)
    expect(proxy.notices.map(({ type }) => type)).toEqual(['spool-failed'])
  })
})
