import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { setTeam } from '../writer/log-rig.ts'
import { bootDiskRig } from './disk-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-threads-'))
afterAll(() => rmSync(root, { recursive: true }))

interface Said {
  booted?: string
  revision?: number
  hash?: string
}

/** Starts a reader and listens from the first moment: two messages may come at once, and a late listener would miss
 *  one. */
function startReader(folder: string, until: number): { said: Said[] } {
  const said: Said[] = []
  const worker = new Worker(join(import.meta.dirname, 'thread-reader.fixture.ts'), {
    workerData: { folder, until },
    execArgv: ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'],
  })
  worker.on('message', (message: Said) => said.push(message))
  return { said }
}

test('threads that boot before, with and after the writer reach its state and leave its WAL alone', async () => {
  const folder = join(root, 'log')
  mkdirSync(folder)
  const until = 900
  const early = startReader(folder, until)
  await expect.poll(() => early.said[0], { timeout: 60_000 }).toEqual({ booted: 'none' })

  const rig = await bootDiskRig(folder)
  const readers = [early]
  for (let round = 0; round < 9; round++) {
    if (round === 4) readers.push(startReader(folder, until))
    await Promise.all(Array.from({ length: 100 }, (_one, index) => rig.writer.write(setTeam(`t-${round}-${index}`))))
  }
  readers.push(startReader(folder, until))
  const { hash } = rig.follower.status
  for (const { said } of readers) {
    await expect.poll(() => said.at(-1)?.revision, { timeout: 60_000 }).toBe(until)
    expect(said.at(-1)).toMatchObject({ revision: until, hash, unknownSkipped: 0 })
  }
  expect(statSync(join(folder, 'log.sqlite-wal')).size).toBeGreaterThan(0)
  await rig.stop()
  expect(existsSync(join(folder, 'log.sqlite-wal'))).toBe(false)
})
