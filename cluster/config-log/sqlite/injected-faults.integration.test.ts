// System calls of a running writer fail, injected by strace: a sync that reports an error, a disk that has become
// read-only. Nothing is acknowledged meanwhile, and once the disk is healthy the log is opened anew and goes on.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { bootDiskRig } from './disk-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-injected-'))
afterAll(() => rmSync(root, { recursive: true }))

const fixture = join(import.meta.dirname, 'crash-writer.fixture.ts')
const flags = ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']

function canInject(): boolean {
  try {
    execFileSync('strace', ['-o', '/dev/null', '-e', 'inject=fsync:error=EIO', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const needed = canInject() ? '' : ' (skipped: needs strace, and leave to use it)'

test.skipIf(needed !== '').each([
  ['a sync fails', 'fsync,fdatasync:error=EIO'],
  ['the disk has become read-only', 'pwrite64,ftruncate,unlink:error=EROFS'],
])(
  `while %s nothing is acknowledged; afterwards writing goes on, and nothing is lost${needed}`,
  async (what, fault) => {
    const folder = join(root, what.replaceAll(' ', '-'))
    const child = spawn(process.execPath, [...flags, fixture, folder, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    await once(child.stdout, 'data')
    const strace = ['-f', '-qq', '-o', '/dev/null', '-e', `inject=${fault}`, '-p', String(child.pid)]
    const injecting = spawn('strace', strace, { stdio: 'ignore' })
    for (let before = -1; before !== printed.length; ) {
      before = printed.length
      await sleep(1_000)
    }
    expect(child.exitCode).toBeNull()
    const whileFailing = printed.length
    injecting.kill('SIGINT')
    await once(injecting, 'close')

    while (printed.length === whileFailing && child.exitCode === null) await sleep(20)
    await sleep(50)
    expect(child.exitCode).toBeNull()
    child.kill('SIGKILL')
    await closed

    const acknowledged = printed.split('\n').slice(0, -1)
    const rig = await bootDiskRig(folder)
    expect(rig.verdict).toMatchObject({ type: 'serve', source: 'log' })
    const { teams } = rig.follower.state!.resources
    expect(acknowledged.filter((name) => !teams.has(name))).toEqual([])
    expect(rig.follower.state!.revision).toBe(teams.size)
    await rig.stop()
  },
)
