// A disk that fails writes, emulated by a limit on the size of files: every write beyond it is an I/O error (EFBIG).
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { bootDiskRig } from './disk-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-failing-'))
afterAll(() => rmSync(root, { recursive: true }))

function canLimit(): boolean {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('while writes fail nothing is acknowledged; afterwards the log is opened anew and goes on', async (context) => {
  if (!canLimit()) context.skip('limiting the size of files needs prlimit (util-linux)')
  const fixture = join(import.meta.dirname, 'crash-writer.fixture.ts')
  const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
  const limited = ['--fsize=120000:unlimited', process.execPath, ...flags, fixture, root, '0']
  const child = spawn('prlimit', limited, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const closed = once(child, 'close')

  await once(child.stdout, 'data')
  for (let before = -1; before !== printed.length; ) {
    before = printed.length
    await sleep(500)
  }
  expect(child.exitCode).toBeNull()
  const whileFailing = printed.length

  execFileSync('prlimit', ['--fsize=unlimited', '--pid', String(child.pid)])
  while (printed.length === whileFailing && child.exitCode === null) await sleep(20)
  await sleep(50)
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await closed

  const acknowledged = printed.split('\n').slice(0, -1)
  const rig = await bootDiskRig(root)
  expect(rig.verdict).toMatchObject({ type: 'serve', source: 'log' })
  const { teams } = rig.follower.state!.resources
  expect(acknowledged.filter((name) => !teams.has(name))).toEqual([])
  // A command whose outcome was unknown for a while is stored once.
  expect(rig.follower.state!.revision).toBe(teams.size)
  await rig.stop()
})
