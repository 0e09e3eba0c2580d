import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { bootDiskRig } from './disk-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-crash-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Runs a writer until it has acknowledged something, and kills it some milliseconds later. */
async function killedWriter(folder: string, round: number, killAfterMs: number): Promise<string[]> {
  const fixture = join(import.meta.dirname, 'crash-writer.fixture.ts')
  const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const child = spawn(process.execPath, [...flags, fixture, folder, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  await sleep(killAfterMs)
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await closed
  return printed.split('\n').slice(0, -1)
}

test('killed at any moment, a writer loses nothing that it acknowledged', async () => {
  const folder = join(root, 'log')
  const acknowledged: string[] = []
  for (let round = 0; round < 6 || acknowledged.length < 200; round++) {
    acknowledged.push(...(await killedWriter(folder, round, 1 + ((round * 37) % 60))))
    expect(round).toBeLessThan(40)
  }
  const rig = await bootDiskRig(folder)
  expect(rig.verdict).toMatchObject({ type: 'serve', source: 'log' })
  expect(rig.follower.status.degraded).toBeUndefined()
  const teams = rig.follower.state!.resources.teams
  expect(acknowledged.filter((name) => !teams.has(name))).toEqual([])
  await rig.stop()
})
