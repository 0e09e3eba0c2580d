import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { done } from '../../../shared/result.ts'
import { setTeam, teamSet } from '../writer/log-rig.ts'
import { bootDiskRig } from './disk-rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-full-'))
const mounted = mountSmall(folder)
afterAll(() => {
  if (mounted) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true })
})

function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function bulky(name: string) {
  const changes = Array.from({ length: 200 }, (_one, index) => teamSet(`${name}-${index}-${'x'.repeat(60)}`))
  return { ...setTeam(name), decide: () => done({ type: 'change-set' as const, changes }) }
}

test('a full disk refuses writes and nothing else, and writing goes on once there is room', async (context) => {
  if (!mounted) context.skip('mounting a small file system needs root')
  const rig = await bootDiskRig(folder)
  let revision = 0
  for (let i = 0; ; i++) {
    const written = await rig.writer.write(bulky(`bulk-${i}`))
    if (!written.ok) {
      expect(written.error).toMatchObject({ type: 'full' })
      break
    }
    revision = written.value.revision
    expect(i).toBeLessThan(100)
  }
  expect(revision).toBeGreaterThan(1)
  expect(await rig.log.read(0, 1)).toMatchObject({ ok: true, value: [{ revision: 1 }] })
  expect(rig.follower.state?.revision).toBe(revision)

  execFileSync('mount', ['-o', 'remount,size=16m', folder])
  expect(await rig.writer.write(setTeam('after'))).toMatchObject({ ok: true, value: { revision: revision + 1 } })
  await rig.stop()
  const again = await bootDiskRig(folder)
  expect(again.verdict).toMatchObject({ type: 'serve', source: 'log', state: { revision: revision + 1 } })
  await again.stop()
})
