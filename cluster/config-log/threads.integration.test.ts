import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { bootDiskRig } from './disk-rig.ts'
import { setTeam } from './log-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-threads-'))
afterAll(() => rmSync(root, { recursive: true }))

function startReader(folder: string, until: number): Worker {
  return new Worker(join(import.meta.dirname, 'thread-reader.fixture.ts'), {
    workerData: { folder, until },
    execArgv: ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'],
  })
}

test('threads that boot before, with and after the writer reach its state and leave its WAL alone', async () => {
  const folder = join(root, 'log')
  mkdirSync(folder)
  const until = 900
  const early = startReader(folder, until)
  expect((await once(early, 'message'))[0]).toEqual({ booted: 'none' })

  const rig = await bootDiskRig(folder)
  const readers = [early]
  for (let round = 0; round < 9; round++) {
    if (round === 4) readers.push(startReader(folder, until))
    await Promise.all(Array.from({ length: 100 }, (_one, index) => rig.writer.write(setTeam(`t-${round}-${index}`))))
  }
  readers.push(startReader(folder, until))
  const ends = readers.map(async (reader) => {
    for (;;) {
      const [message] = (await once(reader, 'message')) as [{ booted?: string; revision?: number; hash?: string }]
      if (message.revision === until) return message
    }
  })
  const { hash } = rig.follower.status
  for (const end of await Promise.all(ends)) expect(end).toMatchObject({ revision: until, hash, unknownSkipped: 0 })
  expect(statSync(join(folder, 'log.sqlite-wal')).size).toBeGreaterThan(0)
  await rig.stop()
  expect(existsSync(join(folder, 'log.sqlite-wal'))).toBe(false)
})
