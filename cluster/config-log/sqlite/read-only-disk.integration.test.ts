// The kernel turns a file system read-only when its disk fails: nothing that was acknowledged is lost, the known state
// is still served, and every write answers that it was not stored.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setTeam } from '../writer/log-rig.ts'
import { bootDiskRig } from './disk-rig.ts'
import { mountLoopDisk } from './loop-disk-rig.ts'

test('a disk that turns read-only refuses writes and nothing else; mounted again, it holds all that was acknowledged', async (context) => {
  const disk = mountLoopDisk(32, 'errors=remount-ro')
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  const folder = join(disk.folder, 'config')
  const rig = await bootDiskRig(folder)
  try {
    for (let i = 1; i <= 30; i++) expect((await rig.writer.write(setTeam(`team-${i}`))).ok).toBe(true)
    if (!disk.turnReadOnly()) return context.skip('this kernel has no way to bring about a file system error')
    for (let i = 0; i < 3; i++) {
      const refused = await rig.writer.write(setTeam('refused'))
      // The outcome of the write that was being committed is unknown.
      const type = expect.stringMatching(/^(unavailable|outcome-unknown)$/)
      expect(refused).toMatchObject({ ok: false, error: { type } })
    }
    expect(rig.follower.state?.revision).toBe(30)
    expect(rig.follower.status.damaged).toBeUndefined()
    expect(await rig.log.read(29, 5)).toMatchObject({ ok: true, value: [{ revision: 30 }] })

    const mounted = disk.cutPower()
    const again = await bootDiskRig(join(mounted.folder, 'config'))
    expect(again.verdict).toMatchObject({ type: 'serve', source: 'log' })
    const { teams } = again.follower.state!.resources
    for (let i = 1; i <= 30; i++) expect(teams.has(`team-${i}`)).toBe(true)
    expect((await again.writer.write(setTeam('after'))).ok).toBe(true)
    await again.stop()
    mounted.dispose()
  } finally {
    await rig.stop()
    disk.dispose()
  }
})

test('a node that starts on a disk that is read-only serves what is there', async (context) => {
  const disk = mountLoopDisk(32, 'errors=remount-ro')
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  const folder = join(disk.folder, 'config')
  try {
    const before = await bootDiskRig(folder)
    for (let i = 1; i <= 5; i++) await before.writer.write(setTeam(`team-${i}`))
    await before.stop()
    if (!disk.turnReadOnly()) return context.skip('this kernel has no way to bring about a file system error')
    const rig = await bootDiskRig(folder)
    expect(rig.verdict).toMatchObject({ type: 'serve', state: { revision: 5 } })
    expect((await rig.writer.write(setTeam('refused'))).ok).toBe(false)
    await rig.stop()
  } finally {
    disk.dispose()
  }
})
