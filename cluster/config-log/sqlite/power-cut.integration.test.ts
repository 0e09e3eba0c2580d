// Cuts the power of both stores, set up as in the guide: nothing that was acknowledged is lost. `npm run test:long` cuts it
// 200 times.
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { findNatsServer, startNatsRig } from '../../nats/nats-rig.ts'
import { appendNext, newFolder, startNode } from '../replication/jetstream-rig.ts'
import { setTeam } from '../writer/log-rig.ts'
import { bootDiskRig } from './disk-rig.ts'
import { type LoopDisk, mountLoopDisk } from './loop-disk-rig.ts'

const cuts = Number(process.env['CUTS'] ?? 3)
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

function cutPower(disk: LoopDisk): LoopDisk {
  const after = disk.cutPower()
  cleanups.push(() => after.dispose())
  return after
}

test('SQLite on a disk that loses its power', async (context) => {
  const disk = mountLoopDisk(64)
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  cleanups.push(() => disk.dispose())
  const node = await bootDiskRig(join(disk.folder, 'config'))
  cleanups.push(() => node.stop())
  let acknowledged = 0
  for (let cut = 0; cut < cuts; cut++) {
    const until = performance.now() + 50 + ((cut * 37) % 200)
    while (performance.now() < until) {
      const written = await Promise.all(
        [1, 2, 3].map((lane) => node.writer.write(setTeam(`t-${acknowledged}-${lane}`))),
      )
      expect(written.every(({ ok }) => ok)).toBe(true)
      acknowledged += written.length
    }
    const again = await bootDiskRig(join(cutPower(disk).folder, 'config'))
    expect(again.verdict).toMatchObject({ type: 'serve', source: 'log' })
    expect(again.follower.state?.revision).toBeGreaterThanOrEqual(acknowledged)
    await again.stop()
    await cleanups.pop()?.()
  }
  await context.annotate(`${acknowledged} acknowledged, ${cuts} cuts, none lost`)
})

test('JetStream on one server, its store on a file system that is mounted sync,dirsync', async (context) => {
  if (findNatsServer() === undefined) return context.skip('nats-server is not installed')
  const disk = mountLoopDisk(64, 'sync,dirsync')
  if (disk === undefined) return context.skip('mounting a disk image needs root and mkfs.ext4')
  cleanups.push(() => disk.dispose())
  const rig = await startNatsRig({ storeRoot: disk.folder })
  cleanups.push(() => rig.dispose())
  const node = await startNode({ url: rig.url })
  cleanups.push(() => node.close())
  let acknowledged = 0
  for (let cut = 0; cut < cuts; cut++) {
    const until = performance.now() + 100 + ((cut * 37) % 200)
    while (performance.now() < until) {
      expect(await appendNext(node.log, `command-${acknowledged}`)).toMatchObject({ ok: true })
      acknowledged++
    }
    rig.server.pause()
    const after = cutPower(disk)
    rig.server.resume()
    expect(await lastSequenceOn(after.folder)).toBeGreaterThanOrEqual(acknowledged)
    await cleanups.pop()?.()
  }
  await context.annotate(`${acknowledged} acknowledged, ${cuts} cuts, none lost`)
})

/** Returns the last sequence of the stream that a server finds there, with every message verified. */
async function lastSequenceOn(storeRoot: string): Promise<number> {
  const rig = await startNatsRig({ storeRoot })
  const node = await startNode({ url: rig.url, folder: newFolder(), readOnly: true })
  const { type, streamRevision, copyRevision } = node.log.state
  await node.close()
  await rig.dispose()
  expect({ type, copyRevision }).toEqual({ type: 'following', copyRevision: streamRevision })
  return streamRevision ?? 0
}
